"""Every data plane behind one face, so that one contract suite runs over all of them."""

from collections.abc import Iterable
from random import Random
from typing import Protocol

from route_specification import Hop

from core.durability import Tickets
from core.effects import ProgramRoutes
from core.events import Event
from core.ids import NetworkId, Ticket
from core.mesh.names import Resolution
from core.mesh.publishing import target_port
from core.mesh.routes import Backend, RouteChanges, ServiceRoute
from core.objects.port import Protocol as TransportProtocol
from core.timing import SECOND
from sim.dataplane import DataPlane, DataPlaneProfile
from sim.loop import Loop


class DataPlaneBench(Protocol):
    """A data plane, and what a packet and a name would meet there."""

    heard: list[Event]

    def program(self, part: RouteChanges) -> Ticket:
        """Give a part to the port, under a ticket that is returned, and let no time pass."""

    def repeat(self) -> None:
        """Give the newest order again, under the same ticket."""

    def settle(self) -> None:
        """Wait until every part given so far is answered."""

    def break_down(self) -> None:
        """From here on nothing can be programmed."""

    def repair(self) -> None:
        """It can again."""

    def from_outside(self, port: int, protocol: TransportProtocol) -> tuple[Hop, int] | None:
        """Where a new connection to a port of this host is sent, and to which port there."""

    def from_container(self, network_id: NetworkId, own_address: str, to: str) -> Hop | None:
        """Where a new connection of a container on this host is sent."""

    def resolve(self, networks: Iterable[NetworkId], name: str) -> Resolution | None:
        """What a container on these networks is told about a name."""

    def to_own_ports(self, networks: Iterable[NetworkId]) -> bool:
        """Whether ports that a container on these networks has opened on this host lead to it."""

    def reverse(self, networks: Iterable[NetworkId], address: str) -> str | None:
        """What a container on these networks is told about an address."""


class SimulatedDataPlane:
    """`sim.dataplane.DataPlane`; looked up as `sim.fabric` does."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self._tickets = Tickets()
        self._loop = Loop(1)
        self._plane = DataPlane(self._loop, DataPlaneProfile(), Random(1), lambda fact: None)

    def program(self, part: RouteChanges) -> Ticket:
        self._newest = ProgramRoutes(self._tickets.draw(), part)
        self.repeat()
        return self._newest.ticket

    def repeat(self) -> None:
        self._plane.program(self._newest, self.heard.append)

    def settle(self) -> None:
        self._loop.run_until(self._loop.now + SECOND)

    def break_down(self) -> None:
        self._plane.fails = True

    def repair(self) -> None:
        self._plane.fails = False

    def from_outside(self, port: int, protocol: TransportProtocol) -> tuple[Hop, int] | None:
        found = self._plane.tables.published(port, protocol)
        if found is None:
            return None
        backend = self._plane.tables.choose(*found)
        hop = self._from_load_balancer(found[0], backend)
        target = target_port(backend, found[1]) if backend is not None else None
        return None if hop is None or target is None else (hop, target)

    def from_container(self, network_id: NetworkId, own_address: str, to: str) -> Hop | None:
        route = self._plane.tables.virtual(network_id, to)
        if route is None:
            return self._hop(network_id, own_address, to)
        return self._from_load_balancer(route, self._plane.tables.choose(route))

    def resolve(self, networks: Iterable[NetworkId], name: str) -> Resolution | None:
        return self._plane.tables.resolve(networks, name)

    def reverse(self, networks: Iterable[NetworkId], address: str) -> str | None:
        return self._plane.tables.reverse(networks, address)

    def to_own_ports(self, networks: Iterable[NetworkId]) -> bool:
        return self._plane.tables.has_way_out(networks)

    def _from_load_balancer(self, route: ServiceRoute, backend: Backend | None) -> Hop | None:
        own_address = self._plane.tables.own_address(route.network_id)
        if backend is None or own_address is None:
            return None
        return self._hop(route.network_id, own_address, backend.address)

    def _hop(self, network_id: NetworkId, source: str, address: str) -> Hop | None:
        neighbour = self._plane.tables.neighbour(network_id, address)
        return None if neighbour is None else Hop(network_id, source, address, neighbour)
