"""Lets replacements run: those whose desired state is READY, once their delay is over and the old task is gone.

Theory of operation. A replacement is allocated, scheduled and prepared while it waits. It may run when

- its restart delay, counted from its creation, is over, and
- every earlier task of its slot that was told to stop has stopped, or is on a node that is down or gone, or one minute
  has passed since then. An earlier one that is still wanted (an update that starts first) is not waited for. One with
  a fence is always waited for, until it has stopped or its fence is over (`core.manager.lifecycle`).

The delay is fixed when the replacement is first seen. All else is read off the head. A new leader counts the delay from
the replacement's creation time, as far as wall clocks can be believed (`Wall.started_at`), but the minute anew on its
monotonic clock: no clock that jumped makes two containers run in one slot. What may end a wait (the old task, its node)
marks the waiting tasks of the slots concerned; time marks a task by its alarm.
"""

from collections.abc import Iterator

from core.ids import TaskId
from core.manager.alarms import Alarms
from core.manager.draft import Draft
from core.manager.orchestrator.tasks import has_stopped, is_unreachable, started, want
from core.manager.restart.policy import restart_delay_ns
from core.manager.task_moves import Writer
from core.manager.wall import Wall
from core.objects.task import Task, TaskState, is_wanted
from core.operations import Kind
from core.parts import Parts, parts_of
from core.store import Changed, Store, slot_of
from core.timing import SECOND, Timing

STOP_TIMEOUT_NS = 60 * SECOND
"""A replacement does not wait longer than this for the task before it to stop (swarmkit `DefaultOldTaskTimeout`).

A drain stays well below it (`core.objects.drain_grace`); a stop grace of a minute does not, here as in Docker."""


def must_await_fence(store: Store, task: Task) -> bool:
    """Whether a task that waits cannot run for as long as an earlier one, which has a fence, takes to stop."""
    waits = task.desired_state is TaskState.READY
    return waits and any(other.fence_ns is not None for other in _still_stopping(store, task))


def _still_stopping(store: Store, task: Task) -> Iterator[Task]:
    """The earlier tasks of its slot that were told to stop and may not have."""
    for other in store.tasks_in_slot(slot_of(task)):
        if other.id == task.id:
            return
        if not is_wanted(other) and not has_stopped(other):
            yield other


class Starter:
    """A reconciler: desired READY -> RUNNING, or for a job COMPLETE."""

    kinds = (Kind.TASK, Kind.NODE)
    writer = Writer.ORCHESTRATOR

    def __init__(self, head: Store, timing: Timing, wall: Wall) -> None:
        self._head = head
        self._timing = timing
        self._wall = wall
        self._due_at: dict[TaskId, int] = {}
        """When the restart delay of each waiting task is over: not before it was first seen."""
        self._alarms: Alarms[TaskId] = Alarms()
        self._marked: dict[TaskId, None] = {}

    def rebuild(self, now: int) -> Parts:
        for tasks in parts_of(self._head.tasks.values()):
            for task in tasks:
                self._consider(now, task)
            yield

    @property
    def dirty(self) -> bool:
        return bool(self._marked)

    def deadline(self) -> int | None:
        return self._alarms.next()

    def on_change(self, now: int, change: Changed) -> None:
        if change.kind is Kind.NODE:
            if change.old is not None and is_unreachable(change.new) != is_unreachable(change.old):
                for task in self._head.tasks_on_node(change.old.id):
                    self._mark_slot(task)
        elif change.new is None:
            self._forget(change.old.id)
            self._mark_slot(change.old)
        else:
            self._consider(now, change.new)
            if change.old is not None and has_stopped(change.new) != has_stopped(change.old):
                self._mark_slot(change.new)

    def reconcile(self, now: int, draft: Draft) -> None:
        while (task_id := self._alarms.pop_due(now)) is not None:
            self._marked[task_id] = None
        for task_id in list(self._marked):
            if not draft.has_room_for(Kind.TASK, task_id):
                return
            del self._marked[task_id]
            if self._may_run(now, task_id):
                self._forget(task_id)
                task = self._head.tasks[task_id]
                want(draft, task, started(task.job_iteration))
            else:
                self._wait_on(now, task_id)

    def _consider(self, now: int, task: Task) -> None:
        """Start to wait, or stop waiting, as the task's desired state says."""
        if task.desired_state is not TaskState.READY:
            self._forget(task.id)
        elif task.id not in self._due_at:
            delay_ns = restart_delay_ns(self._head, task, self._timing)
            self._due_at[task.id] = self._wall.started_at(now, task.created_at, delay_ns) + delay_ns
            self._marked[task.id] = None

    def _forget(self, task_id: TaskId) -> None:
        self._due_at.pop(task_id, None)
        self._marked.pop(task_id, None)
        self._alarms.drop(task_id)

    def _mark_slot(self, task: Task) -> None:
        for other in self._head.tasks_in_slot(slot_of(task)):
            if other.id in self._due_at:
                self._marked[other.id] = None

    def _may_run(self, now: int, task_id: TaskId) -> bool:
        due_at = self._due_at[task_id]
        if now < due_at:
            return False
        return not self._is_awaited(self._head.tasks[task_id], patient=now < due_at + STOP_TIMEOUT_NS)

    def _is_awaited(self, task: Task, patient: bool) -> bool:
        """Whether an earlier task of the slot may still run: with a fence, or if `patient` where it can be heard of."""
        if must_await_fence(self._head, task):
            return True
        return patient and any(
            not is_unreachable(self._head.nodes.get(other.node_id)) for other in _still_stopping(self._head, task)
        )

    def _wait_on(self, now: int, task_id: TaskId) -> None:
        due_at = self._due_at[task_id]
        if now < due_at + STOP_TIMEOUT_NS:  # later, only what happens to earlier tasks can end the wait
            self._alarms.set(task_id, due_at if now < due_at else due_at + STOP_TIMEOUT_NS)
