"""The network of one machine, as programs in its containers use it: by that machine's own tables."""

from collections.abc import Callable

from sim.container import Container
from sim.exchange import Visit
from sim.fabric import Fabric
from sim.loop import Loop
from sim.machine import Machine
from sim.programs.waits import Ask
from sim.visits import Visited


class MeshOutside:
    """Implements `sim.programs.inside.Outside` by the world's fabric."""

    def __init__(self, loop: Loop, fabric: Fabric, machine: Machine) -> None:
        self._loop = loop
        self._fabric = fabric
        self._machine = machine

    def resolve(self, container: Container, name: str) -> tuple[str, ...]:
        """What a name stands for on the container's networks, by the machine's tables; empty if it is unknown."""
        found = self._machine.data_plane.tables.resolve(container.networks, name)
        return found.addresses if found is not None else ()

    def visit(self, container: Container, ask: Ask, visited: Callable[[Visited], None]) -> None:
        """Send one request from a container, and tell what came of it, once."""
        exchange = Visit(self._loop, ask.timeout_ns, visited, ask.path)
        self._fabric.ask(exchange, self._machine, container, ask.host, ask.port)
