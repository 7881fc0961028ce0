"""A host's programmed tables, indexed for forwarding: what a kernel looks up for each new connection.

The rules are `core.mesh.forwarding`'s and `core.mesh.names`'; here their answers are kept ready. The indexes are made
anew at the first look-up after a change, over services only, of which there are few.
"""

from collections.abc import Iterable

from core.ids import NetworkId
from core.mesh.balance import RoundRobin
from core.mesh.names import Resolution
from core.mesh.routes import Backend, Neighbour, NetworkRoute, RouteChanges, RouteKey, RouteTable, ServiceRoute
from core.objects.port import Protocol

_TASKS = "tasks."


class ForwardingTables:
    """Begins empty; `apply` brings it from one version to the next. Which backend's turn it is belongs to this host."""

    def __init__(self) -> None:
        self.version = 0
        self.records: RouteTable = {}
        self._services: dict[RouteKey, ServiceRoute] = {}
        self._turns = RoundRobin()
        self._index: _Index | None = None

    def apply(self, changes: RouteChanges) -> None:
        """Take the changes in; they must begin at this version, or at 0 to replace everything."""
        if changes.from_version == 0:
            self.records = {}
            self._services = {}
        for key in changes.removed:
            self.records.pop(key, None)
            self._services.pop(key, None)
            self._turns.forget(key)
        for record in changes.changed:
            self.records[record.key] = record
            if isinstance(record, ServiceRoute):
                self._services[record.key] = record
        self.version = changes.to_version
        self._index = None

    def published(self, port: int, protocol: Protocol) -> tuple[ServiceRoute, int] | None:
        """The service behind a port of every host, and its own port behind that."""
        return self._indexed().by_port.get((port, protocol))

    def virtual(self, network_id: NetworkId, address: str) -> ServiceRoute | None:
        """The service behind a virtual address of a network."""
        return self._indexed().by_virtual_ip.get((network_id, address))

    def neighbour(self, network_id: NetworkId, address: str) -> Neighbour | None:
        """Where an address of a network lives."""
        record = self.records.get(("neighbour", network_id, address))
        return record if isinstance(record, Neighbour) else None

    def own_address(self, network_id: NetworkId) -> str | None:
        """This host's load balancer's address on a network; None if the host takes no part in it."""
        record = self.records.get(("network", network_id))
        return record.load_balancer_address if isinstance(record, NetworkRoute) else None

    def choose(self, route: ServiceRoute) -> Backend | None:
        """The backend whose turn it is; None if there is none."""
        return self._turns.choose(route)

    def resolve(self, networks: Iterable[NetworkId], name: str) -> Resolution | None:
        """What a name means to a container on these networks; None for one that no service there has."""
        service_name = name.removeprefix(_TASKS)
        by_name = self._indexed().by_name
        for network_id in networks:
            route = by_name.get((network_id, service_name))
            if route is not None:
                if route.virtual_ip and service_name == name:
                    return Resolution(network_id, (route.virtual_ip,))
                return Resolution(network_id, tuple(backend.address for backend in route.backends))
        return None

    def _indexed(self) -> "_Index":
        if self._index is None:
            self._index = _Index(self._services.values())
        return self._index


class _Index:
    """Services by what they are looked up by. Where several claim the same, the specification says which has it."""

    __slots__ = ("by_name", "by_port", "by_virtual_ip")

    def __init__(self, services: Iterable[ServiceRoute]) -> None:
        self.by_port: dict[tuple[int, Protocol], tuple[ServiceRoute, int]] = {}
        self.by_virtual_ip: dict[tuple[NetworkId, str], ServiceRoute] = {}
        self.by_name: dict[tuple[NetworkId, str], ServiceRoute] = {}
        for route in services:
            self.by_virtual_ip.setdefault((route.network_id, route.virtual_ip), route)
            for port in route.ports:
                self.by_port.setdefault((port.published_port, port.protocol), (route, port.target_port))
            for name in route.names:
                self._name(name, route)

    def _name(self, name: str, route: ServiceRoute) -> None:
        holder = self.by_name.get((route.network_id, name))
        if holder is None or _claim(name, route) < _claim(name, holder):
            self.by_name[route.network_id, name] = route


def _claim(name: str, route: ServiceRoute) -> tuple[bool, str]:
    return route.names[0] != name, route.service_id
