"""The network of one machine, as programs in its containers use it: by that machine's own tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.container import Container
from sim.exchange import Visit
from sim.fabric import Fabric
from sim.loop import Loop
from sim.programs.waits import Ask
from sim.visits import Visited

if TYPE_CHECKING:
    from sim.machine import Machine


class MeshOutside:
    """Implements `sim.programs.inside.Outside` by the world's fabric."""

    def __init__(self, loop: Loop, machine: Machine, fabric: Fabric) -> None:
        self._loop = loop
        self._machine = machine
        self._fabric = fabric

    def resolve(self, container: Container, name: str) -> tuple[str, ...]:
        """What a name stands for on the container's networks, by the machine's tables; empty if it is unknown."""
        found = self._machine.data_plane.tables.resolve(container.networks, name)
        return found.addresses if found is not None else ()

    def visit(self, container: Container, ask: Ask, visited: Callable[[Visited], None]) -> None:
        """Send one request from a container, and tell what came of it, once."""
        exchange = Visit(self._loop, ask.timeout_ns, visited, ask.path)
        self._fabric.ask(exchange, self._machine, container, ask.host, ask.port)
