"""Load balancers' addresses on networks that a node has left: its own until its data plane has left them as well.

Theory of operation. The allocator gives a node its addresses and takes none away, since a host forwards by them for as
long as its data plane has not been told otherwise, or does not carry it out. That it has is an agent's word, like the
end of a task: its table is of a version since the node's last task left a network, or as good as that. Then the
addresses of networks on which the node has no task any more are written off. Of a node that is not heard they stay. A
new leader knows of no departure, so it takes every node for one that has left something just now.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from core.ids import NodeId
from core.manager.allocator.holdings import networks_of_node, occupies_node
from core.manager.draft import Draft
from core.objects.node import Node
from core.objects.task import Task
from core.operations import Kind
from core.store import Changed, Store


class Departures:
    """Nodes that have left networks, and those of them whose data planes have followed, still to be written."""

    __slots__ = ("_due", "_left_at")

    def __init__(self) -> None:
        self._left_at: dict[NodeId, int] = {}
        """The log index of each node's latest departure."""
        self._due: dict[NodeId, None] = {}

    def __bool__(self) -> bool:
        """Whether there is something to write."""
        return bool(self._due)

    def begin(self, index: int, node_ids: Iterable[NodeId]) -> None:
        """Leadership begins at this index, with these nodes."""
        self._left_at = dict.fromkeys(node_ids, index)

    def follow(self, index: int, changes: tuple[Changed, ...]) -> None:
        """The committed store has applied `index`."""
        for change in changes:
            if change.kind is Kind.TASK and _occupied(change.old) and not _occupied(change.new):
                self._left_at[change.old.node_id] = index
            elif change.kind is Kind.NODE and change.new is None:
                self._left_at.pop(NodeId(change.id), None)

    def programmed(self, node_id: NodeId, version: int) -> None:
        """The node's data plane forwards by a table of this version, or by one that is as good."""
        left_at = self._left_at.get(node_id)
        if left_at is not None and left_at <= version:
            del self._left_at[node_id]
            self._due[node_id] = None

    def write(self, draft: Draft) -> None:
        """Draft what is due, as far as there is room. A node that has been removed is left alone."""
        for node_id in list(self._due):
            if draft.spent:
                return
            del self._due[node_id]
            draft.look(draft.head.task_count_on_node(node_id))
            node = draft.head.nodes.get(node_id)
            rest = without_departed(draft.head, node) if node is not None else None
            if rest is not None and rest != node:
                draft.update(rest)


def without_departed(store: Store, node: Node) -> Node:
    """The node with addresses on those networks only that it takes part in."""
    networks = networks_of_node(store, node)
    return replace(node, attachments=tuple(place for place in node.attachments if place.network_id in networks))


def _occupied(task: Task | None) -> bool:
    return task is not None and occupies_node(task)
