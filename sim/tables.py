"""A host's programmed tables, indexed for forwarding: what a kernel looks up for each new connection.

The rules are those of `core.mesh`; here their answers are kept ready. Each record that comes or goes changes the
indexes by itself, so that neither a change nor a look-up costs more in a large table than in a small one.
"""

from bisect import bisect_left
from collections.abc import Iterable

from core.ids import NetworkId, TaskId
from core.mesh.balance import RoundRobin, point_key
from core.mesh.names import TASKS, Resolution, in_order, is_called, look_ups, task_id_in, task_name
from core.mesh.outside import has_way_out
from core.mesh.publishing import serves
from core.mesh.routes import (
    Backend,
    Neighbour,
    NetworkRoute,
    RouteChanges,
    RouteKey,
    RouteRecord,
    RouteTable,
    ServiceRoute,
)
from core.objects.port import PortConfig, Protocol
from sim.service_index import ServiceIndex
from sim.task_index import TaskIndex


class ForwardingTables:
    """Begins empty. `version` is what the table is of, 0 = none: nothing yet, or it is between two versions.

    Which backend's turn it is belongs to this host.
    """

    def __init__(self) -> None:
        self.version = 0
        self.records: RouteTable = {}
        self._under_way: tuple[int, int, int] | None = None
        """Versions and position of a transfer of which the parts before are programmed."""
        self._stale: dict[RouteKey, None] = {}
        """What the whole table that is under way has not brought yet."""
        self._services = ServiceIndex()
        self._backends: dict[RouteKey, list[Backend]] = {}
        """By their service's key, in order of task id."""
        self._tasks = TaskIndex()
        self._turns = RoundRobin()
        self._given: dict[RouteKey, dict[PortConfig | None, dict[TaskId, int]]] = {}
        """By service and published port: the new connections of each backend, since it or its backends last changed."""

    # Programming

    def refusal(self, part: RouteChanges) -> str:
        """Why this part does not follow on what is programmed; "" if it does. A whole table may begin at any time."""
        if part.position:
            fits = (part.from_version, part.to_version, part.position) == self._under_way
        else:
            fits = part.from_version == 0 or (self._under_way is None and part.from_version == self.version)
        return "" if fits else f"the tables are at version {self.version}, in transfer {self._under_way}"

    def apply(self, part: RouteChanges) -> None:
        """Take in a part that follows on what is programmed."""
        assert not self.refusal(part)
        if part.from_version == 0 and part.position == 0:
            self._stale = dict.fromkeys(self.records)
        for record in part.changed:
            key = record.key
            self._stale.pop(key, None)
            known = self.records.get(key)
            if known != record:
                if known is not None:
                    self._take_out(key)
                self._put_in(key, record)
        for key in part.removed:
            self._remove(key)
        if part.last:
            self._sweep()
            self.version, self._under_way = part.to_version, None
        else:
            self.version, self._under_way = 0, (part.from_version, part.to_version, part.end_position)

    def _sweep(self) -> None:
        """Remove what the whole table did not bring; nothing after other transfers."""
        for key in self._stale:
            self._remove(key)
        self._stale = {}

    def _remove(self, key: RouteKey) -> None:
        self._take_out(key)
        self._turns.forget(key)

    def _put_in(self, key: RouteKey, record: RouteRecord) -> None:
        self.records[key] = record
        if isinstance(record, ServiceRoute):
            self._services.add(record)
            self._given.pop(key, None)
        elif isinstance(record, Backend):
            service = record.service_key
            backends = self._backends.setdefault(service, [])
            backends.insert(bisect_left(backends, record.task_id, key=_task_id), record)
            self._given.pop(service, None)
            self._tasks.add(record)

    def _take_out(self, key: RouteKey) -> None:
        record = self.records.pop(key, None)
        if isinstance(record, ServiceRoute):
            self._services.drop(record)
        elif isinstance(record, Backend):
            service = record.service_key
            backends = self._backends[service]
            del backends[bisect_left(backends, record.task_id, key=_task_id)]
            self._given.pop(service, None)
            if not backends:
                del self._backends[service]
            self._tasks.drop(record)

    # Looking up

    def published(self, port: int, protocol: Protocol) -> tuple[ServiceRoute, PortConfig] | None:
        """The service behind a port of every host, and what it says of that port."""
        return self._services.published(port, protocol)

    def published_ports(self) -> list[tuple[int, Protocol]]:
        """All ports that are open on every host."""
        return self._services.ports()

    def virtual(self, network_id: NetworkId, address: str) -> ServiceRoute | None:
        """The service behind a virtual address of a network."""
        return self._services.virtual(network_id, address)

    def neighbour(self, network_id: NetworkId, address: str) -> Neighbour | None:
        """Where an address of a network lives."""
        record = self.records.get(("neighbour", network_id, address))
        return record if isinstance(record, Neighbour) else None

    def own_address(self, network_id: NetworkId) -> str | None:
        """This host's load balancer's address on a network; None if the host takes no part in it, or has none."""
        record = self.records.get(("network", network_id))
        return record.load_balancer_address or None if isinstance(record, NetworkRoute) else None

    def has_way_out(self, networks: Iterable[NetworkId]) -> bool:
        """Whether a container on these networks reaches and is reached from outside."""
        records = (self.records.get(("network", network_id)) for network_id in networks)
        return has_way_out(record for record in records if isinstance(record, NetworkRoute))

    def choose(self, route: ServiceRoute, published: PortConfig | None = None) -> Backend | None:
        """The backend whose turn it is, at a published port if one is given; None if there is none.

        In the midst of an update, many that do not publish the port may have to be passed over.
        """
        backend = self._turns.choose(route.key, self._backends.get(route.key, ()), published)
        if backend is not None:
            given = self._given.setdefault(route.key, {}).setdefault(published, {})
            given[backend.task_id] = given.get(backend.task_id, 0) + 1
        return backend

    def given(self) -> dict[RouteKey, dict[TaskId, int]]:
        """By balancing point: how many new connections each of its backends had since one of them last came or went.

        A balancing point is called like its service's route and, where it has one, its port.
        """
        return {
            point_key(key, published): {
                backend.task_id: given.get(backend.task_id, 0)
                for backend in self._backends[key]
                if serves(backend, published)
            }
            for key, by_port in self._given.items()
            for published, given in by_port.items()
        }

    def resolve(self, networks: Iterable[NetworkId], name: str) -> Resolution | None:
        """What a name means to a container on these networks; None for one that nothing there has."""
        called = {network_id: self._called(network_id) for network_id in networks}
        for network_id, wanted in look_ups(name, called):
            found = self._resolve_on(network_id, wanted)
            if found is not None:
                return found
        return None

    def reverse(self, networks: Iterable[NetworkId], address: str) -> str | None:
        """The name of a task that takes connections, by its address on one of these networks.

        Goes through all records: hardly anybody asks this, and an index would make every change dearer.
        """
        for network_id in networks:
            backend, called = self._backend_at(network_id, address), self._called(network_id)
            route = self.records.get(backend.service_key) if backend is not None else None
            if called and backend is not None and isinstance(route, ServiceRoute) and route.names:
                return f"{task_name(route, backend)}.{called}"
        return None

    def _backend_at(self, network_id: NetworkId, address: str) -> Backend | None:
        backends = (record for record in self.records.values() if isinstance(record, Backend))
        found = (each for each in backends if (each.network_id, each.address) == (network_id, address))
        return min(found, key=in_order, default=None)

    def _called(self, network_id: NetworkId) -> str:
        record = self.records.get(("network", network_id))
        return record.name if isinstance(record, NetworkRoute) else ""

    def _resolve_on(self, network_id: NetworkId, name: str) -> Resolution | None:
        service_name = name.removeprefix(TASKS)
        route = self._services.named(network_id, service_name)
        if route is None:
            return self._resolve_task(network_id, name)
        if route.virtual_ip and service_name == name:
            return Resolution(network_id, (route.virtual_ip,))
        return Resolution(network_id, tuple(each.address for each in self._backends.get(route.key, ())))

    def _resolve_task(self, network_id: NetworkId, name: str) -> Resolution | None:
        backend = self._tasks.with_id(network_id, task_id_in(name))
        route = self.records.get(backend.service_key) if backend is not None else None
        if backend is None or not isinstance(route, ServiceRoute) or not is_called(name, route, backend):
            return None
        return Resolution(network_id, (backend.address,))


def _task_id(backend: Backend) -> TaskId:
    return backend.task_id
