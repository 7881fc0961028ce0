"""Gives up the tasks of nodes that are gone for good: removed, or down for a day.

Theory of operation. A node that is down may still run its tasks. They are replaced elsewhere at once (orchestrators),
but stay in the store as what they were last known to be, with their addresses. After `ORPHAN_AFTER_NS` of being down,
as counted by leaders on their own monotonic clocks, they become ORPHANED; with the removal of the node at once.
So that the count survives a change of leader, it is stored with the node every hour (`NodeStatus.down_ns`; a status
with another state begins with 0 again).
"""

from msgspec.structs import replace

from core.ids import NodeId
from core.manager.alarms import Alarms
from core.manager.draft import Draft
from core.objects.node import Node, NodeState
from core.objects.task import Task, TaskState
from core.operations import Kind
from core.parts import Parts
from core.store import Changed, Store
from core.timing import SECOND

ORPHAN_AFTER_NS = 24 * 3600 * SECOND
"""How long a node is down before its tasks are given up (swarmkit `defaultNodeDownPeriod`)."""
STORE_EVERY_NS = 3600 * SECOND


class NodeLifecycle:
    """A reconciler: nodes -> orphaned tasks."""

    kinds = (Kind.NODE,)

    def __init__(self, head: Store) -> None:
        self._head = head
        self._down_since: dict[NodeId, int] = {}
        self._alarms: Alarms[NodeId] = Alarms()
        """When to store the count of a node that is down, or to give its tasks up."""
        self._given_up: dict[NodeId, None] = {}

    def rebuild(self, now: int) -> Parts:
        for node in self._head.nodes.values():
            self._watch(now, node)
        gone = (node_id for node_id in self._head.nodes_with_tasks() if node_id not in self._head.nodes)
        self._given_up = {node_id: None for node_id in gone if node_id}
        yield

    @property
    def dirty(self) -> bool:
        return bool(self._given_up)

    def deadline(self) -> int | None:
        return self._alarms.next()

    def on_change(self, now: int, change: Changed) -> None:
        if change.new is not None:
            self._watch(now, change.new)
        else:
            self._forget(change.old.id)
            self._given_up[change.old.id] = None

    def reconcile(self, now: int, draft: Draft) -> None:
        while not draft.full and (node_id := self._alarms.pop_due(now)) is not None:
            self._count(now, draft, self._head.nodes[node_id])
        for node_id in list(self._given_up):
            for task in self._head.tasks_on_node(node_id):
                if draft.full:
                    return
                _orphan(draft, task)
            del self._given_up[node_id]

    def _watch(self, now: int, node: Node) -> None:
        if node.status.state is not NodeState.DOWN:
            self._forget(node.id)
        elif node.id not in self._down_since:
            self._down_since[node.id] = now - node.status.down_ns
            self._set_alarm(now, node.id)

    def _forget(self, node_id: NodeId) -> None:
        self._down_since.pop(node_id, None)
        self._alarms.drop(node_id)
        self._given_up.pop(node_id, None)

    def _set_alarm(self, now: int, node_id: NodeId) -> None:
        self._alarms.set(node_id, min(now + STORE_EVERY_NS, self._down_since[node_id] + ORPHAN_AFTER_NS))

    def _count(self, now: int, draft: Draft, node: Node) -> None:
        down_ns = now - self._down_since[node.id]
        if down_ns >= ORPHAN_AFTER_NS:
            self._given_up[node.id] = None
        else:
            draft.update(replace(node, status=replace(node.status, down_ns=down_ns)))
            self._set_alarm(now, node.id)


def _orphan(draft: Draft, task: Task) -> None:
    if TaskState.ASSIGNED <= task.status.state <= TaskState.RUNNING:
        status = replace(task.status, state=TaskState.ORPHANED, timestamp=draft.wall_ns, message="orphaned")
        draft.update(replace(task, status=status))
