"""Gives up the tasks of nodes that are gone for good: removed, or down for a day.

Theory of operation. A node that is down may still run its tasks. They are replaced elsewhere at once (orchestrators),
but stay in the store as what they were last known to be, with their addresses. After `ORPHAN_AFTER_NS` of being down,
as counted by leaders on their own monotonic clocks, they become ORPHANED; with the removal of the node at once.
So that the count survives a change of leader, it is stored with the node every hour (`NodeStatus.down_ns`; a status
with another state begins with 0 again).

A task with a fence (`core.objects.fence`) becomes ORPHANED as soon as its agent must have stopped it: that long after
this leader first knew the node to be down or gone. Its place is not filled before (`restart.starter`). Nothing of that
time is stored: an agent may have been encouraged by a leader before this one until this one began.
"""

from msgspec.structs import replace

from core.ids import NodeId, TaskId
from core.manager.alarms import Alarms
from core.manager.draft import Draft
from core.manager.orchestrator.tasks import is_unreachable
from core.manager.task_moves import Writer
from core.objects.fence import fence_wait_ns
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
    writer = Writer.LIFECYCLE

    def __init__(self, head: Store) -> None:
        self._head = head
        self._down_since: dict[NodeId, int] = {}
        self._alarms: Alarms[NodeId] = Alarms()
        """When to store the count of a node that is down, or to give its tasks up."""
        self._given_up: dict[NodeId, None] = {}
        self._fenced_at: Alarms[TaskId] = Alarms()
        """When the agents of nodes out of reach must have stopped their fenced tasks."""

    def rebuild(self, now: int) -> Parts:
        for node in self._head.nodes.values():
            self._watch(now, node)
        gone = (node_id for node_id in self._head.nodes_with_tasks() if node_id not in self._head.nodes)
        self._given_up = {node_id: None for node_id in gone if node_id}
        yield
        for node_id in self._head.nodes_with_tasks():
            if node_id and is_unreachable(self._head.nodes.get(node_id)):
                self._begin_fence(now, node_id)
                yield

    @property
    def dirty(self) -> bool:
        return bool(self._given_up)

    def deadline(self) -> int | None:
        return min((at for at in (self._alarms.next(), self._fenced_at.next()) if at is not None), default=None)

    def on_change(self, now: int, change: Changed) -> None:
        self._follow_fence(now, change)
        if change.new is not None:
            self._watch(now, change.new)
        else:
            self._forget(change.old.id)
            self._given_up[change.old.id] = None

    def reconcile(self, now: int, draft: Draft) -> None:
        while not draft.full and (node_id := self._alarms.pop_due(now)) is not None:
            self._count(now, draft, self._head.nodes[node_id])
        while not draft.full and (task_id := self._fenced_at.pop_due(now)) is not None:
            fenced = self._head.tasks.get(task_id)
            if fenced is not None:
                _orphan(draft, fenced, "fenced")
        for node_id in list(self._given_up):
            for task in self._head.tasks_on_node(node_id):
                if draft.full:
                    return
                if task.id not in self._fenced_at:
                    _orphan(draft, task)
            del self._given_up[node_id]

    def _follow_fence(self, now: int, change: Changed) -> None:
        before, after = is_unreachable(change.old), is_unreachable(change.new)
        if after and not before:
            self._begin_fence(now, NodeId(change.id))
        elif before and not after:
            for task in self._head.tasks_on_node(NodeId(change.id)):
                self._fenced_at.drop(task.id)

    def _begin_fence(self, now: int, node_id: NodeId) -> None:
        for task in self._head.tasks_on_node(node_id):
            if task.fence_ns is not None and _may_run(task):
                self._fenced_at.set(task.id, now + fence_wait_ns(task))

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


def _may_run(task: Task) -> bool:
    """Whether its agent may have a container for it."""
    return TaskState.ASSIGNED <= task.status.state <= TaskState.RUNNING


def _orphan(draft: Draft, task: Task, message: str = "orphaned") -> None:
    if _may_run(task):
        status = replace(task.status, state=TaskState.ORPHANED, timestamp=draft.wall_ns, message=message)
        draft.update(replace(task, status=status))
