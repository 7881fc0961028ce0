"""One task per slot, as decided: the tasks that fill a slot follow one another.

A *slot* is a number of a replicated service, or a global service's place on one node. Judged index by index on the
check's own copy of the store, made of the transactions that managers apply: whoever applies an index first shows what
it says. Three promises:

- A task is made for a slot only when no other task there is wanted (has a desired state up to RUNNING). Where updates
  start first, one of an earlier spec may be, and it need not be waited for.
- A task comes to be wanted running only once every earlier task of its slot has stopped, or is on a node that is down
  or gone, or has been waited for a minute; one with a fence is always waited for, until it is stopped or given up.
- A task leaves the store only once its container has ended, or its node is gone: else nobody would wait for it, nor
  keep its addresses. The container is looked at, since a stop may be stored and the task removed at one index.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from core.ids import TaskId
from core.objects.node import NodeState
from core.objects.service import UpdateOrder
from core.objects.task import Task, TaskState, is_wanted
from core.operations import Kind
from core.store import Changed, SlotKey, slot_of
from core.timing import SECOND
from swarmsim.checks.decisions import DecisionCheck
from swarmsim.counting import counted
from swarmsim.world import World

LONGEST_WAIT_NS: Final = 54 * SECOND
"""A replacement that is as old as this may start whatever is before it: a minute on a clock that runs a tenth fast."""


class OneTaskPerSlot(DecisionCheck):
    """Judged on every transaction, whether or not anybody looks at a store in between."""

    name = "one-task-per-slot"

    def __init__(self, runs: Callable[[Task], bool]) -> None:
        """`runs` says whether a container of this task runs now on the task's node."""
        super().__init__()
        self._runs = runs
        self._seen_at: dict[TaskId, int] = {}
        self._waited_count = 0

    def judge_changes(self, at_ns: int, changes: Sequence[Changed]) -> None:
        tasks = [change for change in changes if change.kind is Kind.TASK]
        for change in tasks:
            self._note_age(at_ns, change)
        for change in tasks:
            if change.new is None:
                self._judge_end(at_ns, change.old)
            elif is_wanted(change.new):
                if change.old is None:
                    self._judge_slot(at_ns, change.new)
                if _may_run(change.new) and not _may_run(change.old):
                    self._judge_start(at_ns, change.new)

    def remark(self) -> str:
        count = self._waited_count
        before = "it" if count == 1 else "them"
        return f"{counted(count, 'replacement')} waited for the task before {before}" if count else ""

    def _note_age(self, at_ns: int, change: Changed) -> None:
        if change.new is None:
            self._seen_at.pop(change.old.id, None)
        elif change.old is None:
            self._seen_at[change.new.id] = at_ns

    def _judge_slot(self, at_ns: int, made: Task) -> None:
        slot = slot_of(made)
        wanted = [
            task.id
            for task in self.store.tasks_in_slot(slot)
            if is_wanted(task) and (task.id == made.id or not self._may_stay(task, made))
        ]
        detail = f"at index {self.store.index} {_named(slot)} has {len(wanted)} tasks that are wanted: {wanted}"
        self.expect(len(wanted) <= 1, at_ns, detail)

    def _may_stay(self, task: Task, later: Task) -> bool:
        """Whether this one is kept until the later one runs."""
        service = self.store.services.get(task.service_id)
        if service is None or not is_wanted(task) or task.spec_version >= later.spec_version:
            return False
        return UpdateOrder.START_FIRST in (service.spec.update.order, service.spec.rollback.order)

    def _judge_start(self, at_ns: int, task: Task) -> None:
        before = list(self._before(task))
        self._waited_count += bool(before)
        patient = at_ns - self._seen_at.get(task.id, at_ns) < LONGEST_WAIT_NS
        awaited = [
            other.id
            for other in before
            if _may_have_container(other)
            and not self._may_stay(other, task)
            and (other.fence_ns is not None or (patient and not self._is_out_of_reach(other)))
        ]
        detail = f"at index {self.store.index} {task.id} is to run in {_named(slot_of(task))} beside {awaited}"
        self.expect(not awaited, at_ns, detail)

    def _judge_end(self, at_ns: int, task: Task) -> None:
        detail = f"at index {self.store.index} {task.id} leaves the store while its container runs on {task.node_id}"
        self.expect(task.node_id not in self.store.nodes or not self._runs(task), at_ns, detail)

    def _before(self, task: Task) -> Iterable[Task]:
        for other in self.store.tasks_in_slot(slot_of(task)):
            if other.id == task.id:
                return
            yield other

    def _is_out_of_reach(self, task: Task) -> bool:
        """Whether nobody can say if anything of it runs."""
        node = self.store.nodes.get(task.node_id)
        return node is None or node.status.state is NodeState.DOWN


def really_runs(world: World, task: Task) -> bool:
    """Whether a container of this task runs on the host that is the task's node."""
    return any(
        container.task_id == task.id and container.running
        for host in world.hosts()
        if world.node_id(host) == task.node_id
        for container in world.containers(host)
    )


def _may_have_container(task: Task) -> bool:
    return TaskState.ASSIGNED <= task.status.state <= TaskState.RUNNING


def _may_run(task: Task | None) -> bool:
    return task is not None and TaskState.RUNNING <= task.desired_state <= TaskState.COMPLETE


def _named(slot: SlotKey) -> str:
    service_id, number, node_id = slot
    return f"slot {number} of {service_id}" if number else f"the place of {service_id} on {node_id}"
