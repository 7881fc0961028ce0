"""Deletes tasks that are of no more use: removed ones, and history beyond the limit.

Theory of operation. A task can be deleted once nothing of it is left: it is unassigned and not wanted, or it has
stopped. An *orphan* (its node was down for so long that it was given up) may still be running there: it is kept,
and its addresses with it, until its node is removed, or has been back for `RETURN_NS`, time enough for the
agent to have been told and to have stopped it. Then it goes at once, since its record alone keeps its addresses from
others.

Work is found per slot: a deletable task that is to be removed goes at once as well; of a slot that holds more tasks
than the limit the oldest deletable ones go. The limit is the cluster's, or one more than the restart policy's
`max_attempts` where that is set, since attempts are counted in the history (`restart.policy`): so
many of those that count stay. Negative means no limit.
"""

from core.ids import NodeId, TaskId
from core.manager.alarms import Alarms
from core.manager.draft import Draft
from core.manager.orchestrator.tasks import ended_by_itself, has_stopped
from core.manager.task_moves import Writer
from core.objects.node import Node, NodeState
from core.objects.task import Task, TaskState, is_wanted
from core.operations import Kind
from core.parts import Parts, parts_of
from core.store import Changed, SlotKey, Store, slot_of
from core.timing import SECOND

RETURN_NS = 60 * SECOND
"""How long after the return of a node its orphans are kept."""


class Reaper:
    """A reconciler: tasks -> fewer tasks."""

    kinds = (Kind.TASK, Kind.NODE)
    writer = Writer.ORCHESTRATOR

    def __init__(self, head: Store) -> None:
        self._head = head
        self._slots: dict[SlotKey, None] = {}
        self._returned: Alarms[NodeId] = Alarms()
        """When a node with orphans will have been back for long enough."""

    def rebuild(self, now: int) -> Parts:
        for tasks in parts_of(self._head.tasks.values()):
            self._slots.update((slot_of(task), None) for task in tasks if not is_wanted(task))
            yield
        for nodes in parts_of(self._head.nodes.values()):
            for node in nodes:
                self._watch(now, node)
            yield

    @property
    def dirty(self) -> bool:
        return bool(self._slots)

    def deadline(self) -> int | None:
        return self._returned.next()

    def on_change(self, now: int, change: Changed) -> None:
        if change.kind is Kind.TASK:
            if change.new is not None and (change.old is None or not is_wanted(change.new)):
                self._slots[slot_of(change.new)] = None
        elif change.new is None:
            self._returned.drop(change.old.id)
            self._mark_orphans(change.old.id)
        elif change.old is None or change.old.status.state is not change.new.status.state:
            self._watch(now, change.new)

    def reconcile(self, now: int, draft: Draft) -> None:
        while (node_id := self._returned.pop_due(now)) is not None:
            self._mark_orphans(node_id)
        for slot in list(self._slots):
            if draft.spent:
                return
            draft.look()
            for task in self._deletable(slot):
                if draft.full:
                    return
                draft.delete(Kind.TASK, task.id)
            del self._slots[slot]

    def _watch(self, now: int, node: Node) -> None:
        if node.status.state is not NodeState.READY:
            self._returned.drop(node.id)
        elif any(_is_orphan(task) for task in self._head.tasks_on_node(node.id)):
            self._returned.set(node.id, now + RETURN_NS)

    def _mark_orphans(self, node_id: NodeId) -> None:
        for task in self._head.tasks_on_node(node_id):
            if _is_orphan(task):
                self._slots[slot_of(task)] = None

    def _deletable(self, slot: SlotKey) -> list[Task]:
        """The removed ones and the orphans, and of the rest the oldest beyond the limit.

        Never the newest one that has ended: it may be resting.
        """
        tasks = self._head.tasks_in_slot(slot)
        surplus = self._surplus(tasks)
        return [
            task
            for task in tasks
            if (task.id in surplus or task.desired_state is TaskState.REMOVE or _is_orphan(task))
            and self._is_deletable(task)
        ]

    def _surplus(self, tasks: list[Task]) -> set[TaskId]:
        """Those beyond the limit. Attempts that count are beyond it only by their own number."""
        if not tasks:
            return set()
        most = tasks[-1].spec.restart.max_attempts
        attempts = [task.id for task in tasks[:-1] if most and ended_by_itself(task)]
        others = [task.id for task in tasks[:-1] if task.id not in attempts and self._is_deletable(task)]
        excess = len(tasks) - self._limit(most, len(tasks))
        return {*attempts[: max(len(attempts) - most, 0)], *others[: max(excess, 0)]}

    def _limit(self, max_attempts: int, count: int) -> int:
        cluster = self._head.cluster
        limit = max_attempts + 1 if max_attempts else cluster.spec.task_history_limit if cluster is not None else -1
        return limit if limit >= 0 else count

    def _is_deletable(self, task: Task) -> bool:
        """Whether nothing of it is left; a wanted task that has ended is about to be restarted, or rests."""
        if is_wanted(task) or not has_stopped(task):
            return False
        if not _is_orphan(task):
            return True
        node = self._head.nodes.get(task.node_id)
        return node is None or (node.status.state is NodeState.READY and node.id not in self._returned)


def _is_orphan(task: Task) -> bool:
    return task.status.state is TaskState.ORPHANED
