"""Which networks have to be on which nodes: counts of tasks, kept from the change feed."""

from core.ids import NetworkId, NodeId
from core.manager.allocator.holdings import occupies_node
from core.objects import Task

_Place = tuple[NodeId, tuple[NetworkId, ...]]


class Presence:
    """How many tasks each node has on each network. Its naive twin is `holdings.networks_of_node`."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[NodeId, dict[NetworkId, int]] = {}

    def networks(self, node_id: NodeId) -> list[NetworkId]:
        """The networks on which the node has tasks, in order of id."""
        return sorted(self._counts.get(node_id, ()))

    def follow(self, old: Task | None, new: Task | None) -> NodeId | None:
        """A task came, changed or went; the node that is on one network more by that, if any."""
        before, after = _place_of(old), _place_of(new)
        if before == after:
            return None
        if before is not None:
            self._add(before, -1)
        return after[0] if after is not None and self._add(after, 1) else None

    def _add(self, place: _Place, by: int) -> bool:
        """Whether the node is on one network more now."""
        node_id, network_ids = place
        counts = self._counts.setdefault(node_id, {})
        came = False
        for network_id in network_ids:
            count = counts.get(network_id, 0) + by
            came = came or count == by
            if count:
                counts[network_id] = count
            else:
                del counts[network_id]
        if not counts:
            del self._counts[node_id]
        return came


def _place_of(task: Task | None) -> _Place | None:
    if task is None or not occupies_node(task):
        return None
    return task.node_id, tuple(attachment.network_id for attachment in task.attachments)
