"""Routing tables of all hosts, kept incrementally from a store's change feed.

Theory of operation. What hosts on one network have in common (service routes, backends, neighbours) is one `Section`;
a host's table is the sections of the networks it takes part in and, for each, its own `NetworkRoute` (`Places`). A
change of an object touches it; `settle` works out a bounded number of touched objects from the store as it is then,
and the tables are those of the store when nothing is touched any more. Each object is worked out after its last
change, whatever the order, and takes back nothing that another has taken over since: so the order does not matter.
What a task adds is remembered as its `Share`.

A version is a log index at which all was settled. A transfer is read off the sections' history; where that is too
short, it is the whole table.
"""

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.mesh.afresh import ingress_id
from core.mesh.places import Place, Places
from core.mesh.routes import Backend, Neighbour, RouteKey, RouteRecord
from core.mesh.rules import (
    is_placed,
    node_neighbours,
    service_networks,
    service_route,
    task_backends,
    task_neighbours,
)
from core.mesh.sections import Sections
from core.mesh.seen import matters, seen_by_tasks
from core.mesh.touched import Touched
from core.mesh.transfer import Transfer
from core.parts import Parts
from core.store import Changed, Store


class Share(Struct, frozen=True, gc=False):
    """What one task adds to the tables."""

    node_id: NodeId = NodeId("")
    networks: tuple[NetworkId, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    backends: tuple[Backend, ...] = ()


_NOTHING: Final = Share()
SETTLED_PER_STEP: Final = 300
"""Objects that are worked out again in one step, at ten microseconds each."""


class MeshTables:
    """Follows one store; `version` is the index of the last entry that all tables show."""

    def __init__(self, store: Store) -> None:
        """To be rebuilt, unless the store is empty."""
        self.version = store.index
        self._index = store.index
        """The last entry that was followed."""
        self._store = store
        self._places = Places(store)
        self._sections = Sections()
        self._shares: dict[TaskId, Share] = {}
        self._node_neighbours: dict[NodeId, tuple[Neighbour, ...]] = {}
        self._nodes_seen: dict[NodeId, tuple[Any, ...]] = {}
        """What tasks show of the node they are on."""
        self._service_networks: dict[ServiceId, tuple[NetworkId, ...]] = {}
        self._services_on: dict[NetworkId, dict[ServiceId, None]] = {}
        self._touched = Touched()
        self._stirred_nodes: dict[NodeId, None] = {}
        self._gone: dict[NetworkId, int] = {}
        """Networks that the store has no more, and since which version no table has anything of them; in its order."""

    # Following

    def rebuild(self) -> Parts:
        """Learn the store as it is, part by part: once, before anything else, and while the store does not change."""
        assert self.version == self._store.index
        self._places.ingress_id = ingress_id(self._store)
        self._touched.everything(self._store)
        while not self.settle():
            yield
        self.take_stirred()

    def follow(self, index: int, changes: Iterable[Changed]) -> None:
        """The store has applied `index`. `settle` is to be called until all is settled."""
        assert index > self._index
        self._index = index
        for change in changes:
            if matters(change):
                self._touched.touch(change.kind, change.id)
        if self.settled:
            self.version = index

    @property
    def settled(self) -> bool:
        """Whether tables can be read: they are those of the store as it is."""
        return not self._touched

    def settle(self) -> bool:
        """Work out again a bounded part of what was touched; whether that was all."""
        for _ in range(SETTLED_PER_STEP):
            if not self._settle_one():
                break
        if self.settled:
            self.version = self._index
        return self.settled

    def take_stirred(self) -> dict[NodeId, None]:
        """The nodes whose tables may have changed since this was last asked."""
        stirred, self._stirred_nodes = self._stirred_nodes, {}
        for network_id in self._sections.stirred:
            stirred.update(self._places.members(network_id))
            self._note_if_gone(network_id)
        self._sections.stirred.clear()
        return stirred

    def forget_gone(self, version: int) -> None:
        """Every host that asks is at this version, or needs nothing of what went before it: forget a network's past.

        One network that is gone, at most, since all hosts are looked through for it: the one that went first.
        """
        network_id = next(iter(self._gone), None)
        if network_id is None or self._gone[network_id] > version:
            return
        del self._gone[network_id]
        self._sections.forget(network_id)
        self._places.forget(network_id)

    def _note_if_gone(self, network_id: NetworkId) -> None:
        """To be called after any change of a network, its section or its members."""
        self._gone.pop(network_id, None)
        is_left = self._sections.of(network_id).records or self._places.members(network_id)
        if not is_left and network_id not in self._store.networks:
            self._gone[network_id] = self._index

    def _settle_one(self) -> bool:
        """Each kind may touch the ones after it."""
        touched = self._touched
        if touched.networks:
            self._settle_network(touched.networks.popitem()[0])
        elif touched.nodes:
            self._settle_node(touched.nodes.popitem()[0])
        elif touched.tasks:
            self._settle_task(touched.tasks.popitem()[0])
        elif touched.services:
            self._settle_service(touched.services.popitem()[0])
        elif touched.places:
            node_id, network_id = touched.places.popitem()[0]
            if self._places.settle(self._index, node_id, network_id):
                self._stirred_nodes[node_id] = None
                self._note_if_gone(network_id)
        else:
            return False
        return True

    def _settle_network(self, network_id: NetworkId) -> None:
        self._note_if_gone(network_id)
        was, now = self._places.ingress_id, ingress_id(self._store)
        self._touched.places_on(network_id, self._places.nodes_concerned(network_id))
        self._touched.services.update(self._services_on.get(network_id, {}))
        if was != now:
            self._places.ingress_id = now
            self._touched.services.update(dict.fromkeys(self._store.services))
            for ingress in filter(None, (was, now)):
                self._touched.places_on(ingress, self._store.nodes)

    def _settle_node(self, node_id: NodeId) -> None:
        node = self._store.nodes.get(node_id)
        if self._nodes_seen.get(node_id, ()) != seen_by_tasks(node):
            self._touched.tasks.update(dict.fromkeys(task.id for task in self._store.tasks_on_node(node_id)))
        neighbours = tuple(node_neighbours(node)) if node is not None else ()
        self._sections.hold(self._index, node_id, self._node_neighbours.pop(node_id, ()), neighbours)
        self._nodes_seen.pop(node_id, None)
        if node is not None:
            self._node_neighbours[node_id] = neighbours
            self._nodes_seen[node_id] = seen_by_tasks(node)
        self._touched.places_of(node_id, self._places.networks_concerned(node_id))
        self._places.drop_if_gone(node_id)

    def _settle_task(self, task_id: TaskId) -> None:
        old, new = self._shares.pop(task_id, _NOTHING), self._share_of(task_id)
        if new is not _NOTHING:
            self._shares[task_id] = new
        for backend in old.backends:
            if backend not in new.backends:
                self._sections.drop(self._index, backend.network_id, backend.key)
        self._sections.hold(self._index, task_id, old.neighbours, new.neighbours)
        for backend in new.backends:
            self._sections.put(self._index, backend)
        self._count(old, -1)
        self._count(new, 1)

    def _share_of(self, task_id: TaskId) -> Share:
        task = self._store.tasks.get(task_id)
        if task is None or not is_placed(task):
            return _NOTHING
        node = self._store.nodes.get(task.node_id)
        return Share(
            node_id=task.node_id,
            networks=tuple(place.network_id for place in task.attachments),
            neighbours=tuple(task_neighbours(task, node)) if node is not None else (),
            backends=tuple(task_backends(task, node)),
        )

    def _count(self, share: Share, by: int) -> None:
        for network_id in share.networks:
            if self._places.count(share.node_id, network_id, by):
                self._touched.places[share.node_id, network_id] = None

    def _settle_service(self, service_id: ServiceId) -> None:
        service = self._store.services.get(service_id)
        networks = service_networks(service, self._places.ingress_id) if service is not None else ()
        for network_id in self._service_networks.pop(service_id, ()):
            del self._services_on[network_id][service_id]
            if not self._services_on[network_id]:
                del self._services_on[network_id]
            if network_id not in networks or network_id not in self._store.networks:
                self._sections.drop(self._index, network_id, ("service", network_id, service_id))
        if service is None:
            return
        self._service_networks[service_id] = networks
        for network_id in networks:
            self._services_on.setdefault(network_id, {})[service_id] = None
            if network_id in self._store.networks:
                self._sections.put(self._index, service_route(service, self._store.networks[network_id]))

    # Reading

    def changed_at(self, node_id: NodeId) -> int:
        """The version in which this host's table last changed; 0 for a node that is not a member."""
        place = self._places.get(node_id)
        if place is None:
            return 0
        sections = (self._sections.of(network_id).changed_at for network_id in place.own)
        return max((place.horizon, *place.changed_at.values(), *place.left_at.values(), *sections))

    def transfer(self, node_id: NodeId, from_version: int) -> Transfer:
        """What brings a host's table from an earlier version to this one; the whole table if history is too short."""
        assert self.settled
        place = self._places.get(node_id) if node_id in self._store.nodes else None
        if place is None:
            return Transfer(0, self.version, ())
        if not self._remembers(place, from_version):
            return Transfer(0, self.version, self._whole(place))
        changed: list[tuple[RouteRecord, ...]] = []
        removed: list[tuple[RouteKey, ...]] = []
        for network_id in {**place.left_at, **place.own}:
            self._difference(place, network_id, from_version, changed, removed)
        return Transfer(from_version, self.version, changed, removed)

    def _remembers(self, place: Place, version: int) -> bool:
        if not max(place.horizon, 1) <= version <= self.version:
            return False
        return all(self._sections.of(network_id).horizon <= version for network_id in {**place.own, **place.left_at})

    def _whole(self, place: Place) -> list[tuple[RouteRecord, ...]]:
        pieces: list[tuple[RouteRecord, ...]] = []
        for network_id, own in place.own.items():
            pieces += (own,), self._sections.of(network_id).whole()
        return pieces

    def _difference(
        self,
        place: Place,
        network_id: NetworkId,
        version: int,
        changed: list[tuple[RouteRecord, ...]],
        removed: list[tuple[RouteKey, ...]],
    ) -> None:
        """Append what changed for this host on one network after `version`."""
        section = self._sections.of(network_id)
        now_in, joined = network_id in place.own, place.joined_at.get(network_id, 0) > version
        if place.left_at.get(network_id, 0) > version:
            removed.append(section.since(version)[1])
            if not now_in:
                removed += section.keys(), (("network", network_id),)
        if now_in and place.changed_at[network_id] > version:
            changed.append((place.own[network_id],))
        if now_in and joined:
            changed.append(section.whole())
        elif now_in:
            difference = section.since(version)
            changed.append(difference[0])
            removed.append(difference[1])
