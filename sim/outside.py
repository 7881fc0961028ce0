"""The network of one machine, as programs in its containers use it: by that machine's own tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.container import Container
from sim.exchange import Visit
from sim.fabric import Fabric
from sim.loop import Loop
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

    def visit(
        self, container: Container, host: str, port: int, path: str, timeout_ns: int, visited: Callable[[Visited], None]
    ) -> None:
        """Send one request from a container to a name or an address, and tell what came of it, once."""
        self._fabric.ask(Visit(self._loop, timeout_ns, visited, path), self._machine, container, host, port)
