"""Which nodes take part in which networks, and what each host's table has for itself alone.

A node takes part in a network while it has a placed task on it, and in ingress always.
"""

from collections.abc import Iterable
from typing import Final

from core.ids import NetworkId, NodeId
from core.mesh.routes import NetworkRoute
from core.mesh.rules import network_route
from core.store import Store

MAX_LEFT: Final = 32
"""Networks that are remembered to have been left; a host that is further behind is given its whole table."""


class Place:
    """One host's part in the networks: what differs from host to host."""

    __slots__ = ("changed_at", "horizon", "joined_at", "left_at", "own")

    def __init__(self) -> None:
        self.horizon = 0
        """Before this version, what it has left is forgotten."""
        self.own: dict[NetworkId, NetworkRoute] = {}
        self.changed_at: dict[NetworkId, int] = {}
        """When each of `own` last changed."""
        self.joined_at: dict[NetworkId, int] = {}
        self.left_at: dict[NetworkId, int] = {}
        """In the order of leaving."""

    def leave(self, version: int, network_id: NetworkId) -> None:
        """It takes part in this network no more."""
        del self.own[network_id], self.joined_at[network_id], self.changed_at[network_id]
        self.left_at.pop(network_id, None)
        self.left_at[network_id] = version
        if len(self.left_at) > MAX_LEFT:
            self.horizon = self.left_at.pop(next(iter(self.left_at)))


class Places:
    """`ingress_id` is the network that every node is on. Follows the store when it is told what to settle."""

    def __init__(self, store: Store) -> None:
        self.ingress_id: NetworkId | None = None
        self._store = store
        self._places: dict[NodeId, Place] = {}
        self._task_counts: dict[NetworkId, dict[NodeId, int]] = {}
        self._members: dict[NetworkId, dict[NodeId, None]] = {}
        self._networks_of: dict[NodeId, dict[NetworkId, None]] = {}
        """Networks on which a node has placed tasks."""

    def get(self, node_id: NodeId) -> Place | None:
        """The part of a node; None if it never had any."""
        return self._places.get(node_id)

    def members(self, network_id: NetworkId) -> dict[NodeId, None]:
        """The nodes that take part in a network."""
        return self._members.get(network_id, {})

    def nodes_concerned(self, network_id: NetworkId) -> Iterable[NodeId]:
        """The nodes that take part in a network, or would if it existed."""
        if network_id == self.ingress_id:
            return self._store.nodes
        return {**self._members.get(network_id, {}), **self._task_counts.get(network_id, {})}

    def networks_concerned(self, node_id: NodeId) -> Iterable[NetworkId]:
        """The networks that a node takes part in, or would if they existed."""
        place = self._places.get(node_id)
        networks: dict[NetworkId, object] = {**self._networks_of.get(node_id, {}), **(place.own if place else {})}
        if self.ingress_id is not None:
            networks[self.ingress_id] = None
        return networks

    def count(self, node_id: NodeId, network_id: NetworkId, by: int) -> bool:
        """So many more tasks of this node are on this network; whether the first came or the last went."""
        counts = self._task_counts.setdefault(network_id, {})
        before = counts.get(node_id, 0)
        counts[node_id] = before + by
        if before and before + by:
            return False
        if not before:
            self._networks_of.setdefault(node_id, {})[network_id] = None
            return True
        del counts[node_id], self._networks_of[node_id][network_id]
        if not counts:
            del self._task_counts[network_id]
        if not self._networks_of[node_id]:
            del self._networks_of[node_id]
        return True

    def settle(self, version: int, node_id: NodeId, network_id: NetworkId) -> bool:
        """Whether a node takes part in a network, and how; whether that is news."""
        node, network = self._store.nodes.get(node_id), self._store.networks.get(network_id)
        wanted = network_id == self.ingress_id or node_id in self._task_counts.get(network_id, {})
        if node is None or network is None or not wanted:
            return self._leave(version, node_id, network_id)
        place = self._places.setdefault(node_id, Place())
        own = network_route(network, node)
        if place.own.get(network_id) == own:
            return False
        if network_id not in place.own:
            place.joined_at[network_id] = version
            self._members.setdefault(network_id, {})[node_id] = None
        place.own[network_id] = own
        place.changed_at[network_id] = version
        return True

    def forget(self, network_id: NetworkId) -> None:
        """Nobody asks who left this network; a host that did all the same is given its whole table."""
        for place in self._places.values():
            place.horizon = max(place.horizon, place.left_at.pop(network_id, 0))

    def drop_if_gone(self, node_id: NodeId) -> None:
        """Keep nothing of a node that was removed and takes part in nothing any more: ids of nodes do not return."""
        place = self._places.get(node_id)
        if place is not None and not place.own and node_id not in self._store.nodes:
            del self._places[node_id]

    def _leave(self, version: int, node_id: NodeId, network_id: NetworkId) -> bool:
        place = self._places.get(node_id)
        if place is None or network_id not in place.own:
            return False
        place.leave(version, network_id)
        members = self._members[network_id]
        del members[node_id]
        if not members:
            del self._members[network_id]
        self.drop_if_gone(node_id)
        return True
