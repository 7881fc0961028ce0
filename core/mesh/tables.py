"""Routing tables of all hosts, kept incrementally from a store's change feed.

Theory of operation. What hosts on one network have in common (service routes, neighbours) is one `Section`; a host's
table is the sections of the networks it takes part in and, for each, its own `NetworkRoute`. A change of an object
touches it; once a whole transaction is in, what was touched is worked out again from the store as it is then, so that
the order of changes within a transaction does not matter. What a task adds to the tables is remembered as its
`Share`, and replaced as a whole.

A version is a log index. A delta is read off the sections' history; where that is too short, it is the whole table.
"""

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.mesh.afresh import ingress_id
from core.mesh.routes import Backend, Neighbour, NetworkRoute, RouteChanges, RouteKey, RouteRecord
from core.mesh.rules import (
    is_placed,
    network_route,
    node_neighbours,
    service_networks,
    service_route,
    takes_connections,
    task_backends,
    task_neighbours,
)
from core.mesh.section import Section
from core.objects.node import Node, NodeState
from core.operations import Kind
from core.parts import Parts, parts_of
from core.store import Changed, Store


class Share(Struct, frozen=True, gc=False):
    """What one task adds to the tables."""

    node_id: NodeId = NodeId("")
    service_id: ServiceId = ServiceId("")
    networks: tuple[NetworkId, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    backends: tuple[tuple[NetworkId, Backend], ...] = ()


_NOTHING: Final = Share()


class _Place:
    """A host's part in the networks: what differs from host to host."""

    __slots__ = ("changed_at", "joined_at", "left_at", "neighbours", "own", "task_counts")

    def __init__(self) -> None:
        self.task_counts: dict[NetworkId, int] = {}
        self.own: dict[NetworkId, NetworkRoute] = {}
        self.changed_at: dict[NetworkId, int] = {}
        """When each of `own` last changed."""
        self.joined_at: dict[NetworkId, int] = {}
        self.left_at: dict[NetworkId, int] = {}
        self.neighbours: tuple[Neighbour, ...] = ()


class MeshTables:
    """Follows one store; `version` is the index of the last entry it has taken in."""

    def __init__(self, store: Store) -> None:
        """To be rebuilt, unless the store is empty."""
        self.version = store.index
        self._store = store
        self._ingress_id: NetworkId | None = None
        self._sections: dict[NetworkId, Section] = {}
        self._places: dict[NodeId, _Place] = {}
        self._shares: dict[TaskId, Share] = {}
        self._backends: dict[tuple[ServiceId, NetworkId], dict[TaskId, Backend]] = {}
        self._service_networks: dict[ServiceId, tuple[NetworkId, ...]] = {}
        self._touched: dict[Kind, dict[str, None]] = {kind: {} for kind in Kind}

    # Following

    def rebuild(self) -> Parts:
        """Learn the store as it is, part by part: once, before anything else, and while the store does not change."""
        assert self.version == self._store.index
        self._ingress_id = ingress_id(self._store)
        for nodes in parts_of(self._store.nodes):
            for node_id in nodes:
                self._settle_node(node_id)
            yield
        for tasks in parts_of(self._store.tasks):
            for task_id in tasks:
                self._contribute(task_id, self._share_of(task_id))
            yield
        for services in parts_of(self._store.services):
            for service_id in services:
                self._settle_service(service_id)
            yield
        for touched in self._touched.values():
            touched.clear()  # each task and service has had its turn

    def follow(self, index: int, changes: Iterable[Changed]) -> bool:
        """The store has applied `index`; whether that may have changed any host's table."""
        assert index > self.version
        self.version = index
        for change in changes:
            if _matters(change):
                self._touched[change.kind][change.id] = None
        if not any(self._touched.values()):
            return False
        self._settle()
        return True

    def _settle(self) -> None:
        """Work out again what was touched: each kind may touch the ones after it."""
        for network_id in self._take(Kind.NETWORK):
            self._settle_network(NetworkId(network_id))
        for node_id in self._take(Kind.NODE):
            self._settle_node(NodeId(node_id))
        tasks = {TaskId(task_id): self._share_of(TaskId(task_id)) for task_id in self._take(Kind.TASK)}
        tasks = {task_id: share for task_id, share in tasks.items() if share != self._shares.get(task_id, _NOTHING)}
        for task_id, share in tasks.items():  # all addresses are given up before any is taken
            self._withdraw(task_id, self._shares.pop(task_id, _NOTHING), share)
        for task_id, share in tasks.items():
            self._contribute(task_id, share)
        for service_id in self._take(Kind.SERVICE):
            self._settle_service(ServiceId(service_id))

    def _take(self, kind: Kind) -> list[str]:
        touched = list(self._touched[kind])
        self._touched[kind].clear()
        return touched

    def _settle_network(self, network_id: NetworkId) -> None:
        self._ingress_id = ingress_id(self._store)
        self._touched[Kind.NODE].update(dict.fromkeys(self._store.nodes))
        self._touched[Kind.SERVICE].update(dict.fromkeys(self._service_networks))

    def _settle_node(self, node_id: NodeId) -> None:
        node = self._store.nodes.get(node_id)
        self._touched[Kind.TASK].update(dict.fromkeys(task.id for task in self._store.tasks_on_node(node_id)))
        place = self._places.setdefault(node_id, _Place())
        neighbours = tuple(node_neighbours(node)) if node is not None else ()
        self._drop_neighbours(place.neighbours, neighbours)
        place.neighbours = neighbours
        for neighbour in neighbours:
            self._section(neighbour.network_id).put(self.version, neighbour)
        for network_id in {**place.own, **place.task_counts, **self._always()}:
            self._settle_place(place, network_id, node)
        if node is None and not place.task_counts:
            del self._places[node_id]

    def _settle_place(self, place: _Place, network_id: NetworkId, node: Node | None) -> None:
        """Whether a node takes part in a network, and how."""
        network = self._store.networks.get(network_id)
        if node is None or network is None or not (network_id == self._ingress_id or network_id in place.task_counts):
            if place.own.pop(network_id, None) is not None:
                place.left_at[network_id] = self.version
                del place.joined_at[network_id], place.changed_at[network_id]
            return
        own = network_route(network, node)
        if network_id not in place.own:
            place.joined_at[network_id] = self.version
        if place.own.get(network_id) != own:
            place.own[network_id] = own
            place.changed_at[network_id] = self.version

    def _share_of(self, task_id: TaskId) -> Share:
        task = self._store.tasks.get(task_id)
        if task is None or not is_placed(task):
            return _NOTHING
        node = self._store.nodes.get(task.node_id)
        return Share(
            node_id=task.node_id,
            service_id=task.service_id,
            networks=tuple(place.network_id for place in task.attachments),
            neighbours=tuple(task_neighbours(task, node)) if node is not None else (),
            backends=tuple(task_backends(task)) if takes_connections(task, node) else (),
        )

    def _withdraw(self, task_id: TaskId, share: Share, successor: Share) -> None:
        self._drop_neighbours(share.neighbours, successor.neighbours)
        for network_id, _ in share.backends:
            self._backends[share.service_id, network_id].pop(task_id)
            self._touched[Kind.SERVICE][share.service_id] = None
        for network_id in share.networks:
            self._count(share.node_id, network_id, -1)

    def _contribute(self, task_id: TaskId, share: Share) -> None:
        if share == _NOTHING:
            return
        self._shares[task_id] = share
        for neighbour in share.neighbours:
            self._section(neighbour.network_id).put(self.version, neighbour)
        for network_id, backend in share.backends:
            self._backends.setdefault((share.service_id, network_id), {})[task_id] = backend
            self._touched[Kind.SERVICE][share.service_id] = None
        for network_id in share.networks:
            self._count(share.node_id, network_id, 1)

    def _drop_neighbours(self, neighbours: tuple[Neighbour, ...], but: tuple[Neighbour, ...]) -> None:
        for neighbour in neighbours:
            if neighbour not in but:
                self._section(neighbour.network_id).drop(self.version, neighbour.key)

    def _count(self, node_id: NodeId, network_id: NetworkId, by: int) -> None:
        """One task more or less of this node is on this network."""
        place = self._places.setdefault(node_id, _Place())
        before = place.task_counts.get(network_id, 0)
        place.task_counts[network_id] = before + by
        if before and before + by:
            return
        if not before + by:
            del place.task_counts[network_id]
        node = self._store.nodes.get(node_id)
        self._settle_place(place, network_id, node)
        if node is None and not place.task_counts:
            del self._places[node_id]

    def _settle_service(self, service_id: ServiceId) -> None:
        service = self._store.services.get(service_id)
        networks = service_networks(service, self._ingress_id) if service is not None else ()
        networks = tuple(network_id for network_id in networks if network_id in self._store.networks)
        for network_id in self._service_networks.pop(service_id, ()):
            if network_id not in networks:
                self._section(network_id).drop(self.version, ("service", network_id, service_id))
        if service is None:
            return
        self._service_networks[service_id] = networks
        for network_id in networks:
            backends = self._backends.get((service_id, network_id), {}).values()
            route = service_route(service, self._store.networks[network_id], backends)
            self._section(network_id).put(self.version, route)

    def _section(self, network_id: NetworkId) -> Section:
        section = self._sections.get(network_id)
        if section is None:
            section = self._sections[network_id] = Section()
        return section

    def _always(self) -> dict[NetworkId, None]:
        return {} if self._ingress_id is None else {self._ingress_id: None}

    # Reading

    def changed_at(self, node_id: NodeId) -> int:
        """The version in which this host's table last changed; 0 for a node that is not a member."""
        place = self._places.get(node_id)
        if place is None:
            return 0
        sections = (self._section(network_id).changed_at for network_id in place.own)
        return max((*place.changed_at.values(), *place.left_at.values(), *sections), default=0)

    def delta(self, node_id: NodeId, from_version: int) -> RouteChanges:
        """What brings a host's table from an earlier version to this one; the whole table if history is too short."""
        place = self._places.get(node_id) if node_id in self._store.nodes else None
        if place is None or not self._remembers(place, from_version):
            return RouteChanges(0, self.version, self._whole(place))
        changed: list[RouteRecord] = []
        removed: list[RouteKey] = []
        for network_id in {**place.left_at, **place.own}:
            self._difference(place, network_id, from_version, changed, removed)
        return RouteChanges(from_version, self.version, tuple(changed), tuple(removed))

    def _remembers(self, place: _Place, version: int) -> bool:
        if not 0 < version <= self.version:
            return False
        return all(self._section(network_id).horizon <= version for network_id in {**place.own, **place.left_at})

    def _whole(self, place: _Place | None) -> tuple[RouteRecord, ...]:
        records: list[RouteRecord] = []
        for network_id, own in place.own.items() if place is not None else ():
            records.append(own)
            records.extend(self._section(network_id).records.values())
        return tuple(records)

    def _difference(
        self, place: _Place, network_id: NetworkId, version: int, changed: list[RouteRecord], removed: list[RouteKey]
    ) -> None:
        """Append what changed for this host on one network after `version`."""
        section = self._section(network_id)
        now_in, joined = network_id in place.own, place.joined_at.get(network_id, 0) > version
        if place.left_at.get(network_id, 0) > version:
            removed.extend(section.since(version)[1])
            if not now_in:
                removed.append(("network", network_id))
                removed.extend(section.records)
        if now_in and place.changed_at[network_id] > version:
            changed.append(place.own[network_id])
        if now_in and joined:
            changed.extend(section.records.values())
        elif now_in:
            difference = section.since(version)
            changed.extend(difference[0])
            removed.extend(difference[1])


def _matters(change: Changed) -> bool:
    """Whether a change can be seen in any table; most writes of nodes and services cannot."""
    old, new = change.old, change.new
    if old is None or new is None:
        return change.kind in _SEEN
    seen = _SEEN.get(change.kind)
    return seen is not None and seen(old) != seen(new)


def _seen_of_task(task: Any) -> tuple[Any, ...]:
    return task.status.state, task.desired_state, task.node_id, task.attachments


def _seen_of_node(node: Any) -> tuple[Any, ...]:
    return node.status.state is NodeState.DOWN, node.status.address, node.attachments


def _seen_of_service(service: Any) -> tuple[Any, ...]:
    return service.spec.name, service.spec.task.networks, service.endpoint


def _seen_of_network(network: Any) -> tuple[Any, ...]:
    return network.spec, network.vni, network.subnets


_SEEN: Final = {
    Kind.TASK: _seen_of_task,
    Kind.NODE: _seen_of_node,
    Kind.SERVICE: _seen_of_service,
    Kind.NETWORK: _seen_of_network,
}
"""What the tables read of each kind of object."""
