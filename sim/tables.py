"""A host's programmed tables, indexed for forwarding: what a kernel looks up for each new connection.

Choosing a backend is round robin per service and network, as IPVS does, and belongs to the host that chooses.
"""

from collections.abc import Iterable

from core.ids import NetworkId
from core.mesh.routes import Backend, Neighbour, RouteChanges, RouteRecord, RouteTable, ServiceRoute
from core.objects.port import Protocol, PublishMode
from core.objects.service import EndpointMode


class ForwardingTables:
    """Begins empty; `apply` brings it from one version to the next."""

    def __init__(self) -> None:
        self.version = 0
        self.records: RouteTable = {}
        self._by_virtual_ip: dict[tuple[str, str], ServiceRoute] = {}
        self._by_port: dict[tuple[int, Protocol], ServiceRoute] = {}
        self._by_name: dict[tuple[str, str], ServiceRoute] = {}
        self._turns: dict[tuple[str, ...], int] = {}

    def apply(self, changes: RouteChanges) -> None:
        """Take the changes in; they must begin at this version, or at 0 to replace everything."""
        if changes.from_version == 0:
            for record in list(self.records.values()):
                self._forget(record)
            self.records = {}
        for key in changes.removed:
            if key in self.records:
                self._forget(self.records.pop(key))
        for record in changes.changed:
            if (old := self.records.get(record.key)) is not None:
                self._forget(old)
            self.records[record.key] = record
            self._learn(record)
        self.version = changes.to_version

    def _learn(self, record: RouteRecord) -> None:
        if isinstance(record, ServiceRoute):
            self._by_virtual_ip[record.network_id, record.virtual_ip] = record
            for name in _names(record):
                self._by_name[record.network_id, name] = record
            for port in _ingress_ports(record):
                self._by_port[port] = record

    def _forget(self, record: RouteRecord) -> None:
        if isinstance(record, ServiceRoute):
            self._by_virtual_ip.pop((record.network_id, record.virtual_ip), None)
            for name in _names(record):
                self._by_name.pop((record.network_id, name), None)
            for port in _ingress_ports(record):
                self._by_port.pop(port, None)

    def published(self, port: int, protocol: Protocol) -> ServiceRoute | None:
        """The service behind a port of every host."""
        return self._by_port.get((port, protocol))

    def virtual(self, network_id: NetworkId, address: str) -> ServiceRoute | None:
        """The service behind a virtual address of a network."""
        return self._by_virtual_ip.get((network_id, address))

    def neighbour(self, network_id: NetworkId, address: str) -> Neighbour | None:
        """Where an address of a network lives."""
        record = self.records.get(("neighbour", network_id, address))
        return record if isinstance(record, Neighbour) else None

    def choose(self, route: ServiceRoute) -> Backend | None:
        """The next backend in turn; None if there is none."""
        if not route.backends:
            return None
        turn = self._turns.get(route.key, 0)
        self._turns[route.key] = turn + 1
        return route.backends[turn % len(route.backends)]

    def resolve(self, networks: Iterable[NetworkId], name: str) -> tuple[NetworkId, str] | None:
        """A network and an address on it for a name, the container's networks in order; None for an unknown name.

        `tasks.NAME` and services without a virtual address resolve to their backends, in turn.
        """
        asked = name.removeprefix("tasks.")
        for network_id in networks:
            route = self._by_name.get((network_id, asked))
            if route is None:
                continue
            if asked == name and route.mode is EndpointMode.VIP:
                return network_id, route.virtual_ip
            backend = self.choose(route)
            return None if backend is None else (network_id, backend.address)
        return None


def _names(route: ServiceRoute) -> tuple[str, ...]:
    return route.names


def _ingress_ports(route: ServiceRoute) -> list[tuple[int, Protocol]]:
    return [
        (port.published_port, port.protocol)
        for port in route.ports
        if port.publish_mode is PublishMode.INGRESS and port.published_port
    ]
