"""Replaces tasks that are out of date, a few at a time, and watches how the new ones do.

Theory of operation. The state of an update is in the store: in the service's `update_status` how far it is and how much
has failed, in the tasks which of them are out of date and which an update made (`by_update`). A `Rollout` is what of
that has been found; a new leader finds it anew, a bounded part in each step.

Of each slot it is asked, whenever something in it has changed or a time has come:

- *failed?* A task of the update that ended while it was watched, or did not run within `START_TIMEOUT_NS`, is given up,
  counted and replaced as the restart policy says. These are one change: nothing is counted twice. Too many failures
  pause the update or roll it back.
- *in the way?* Out-of-date tasks beside a new one make way: at once, or (start-first) when the new one runs.
- *under way?* A slot counts against the parallelism until its new task runs and the delay after that is over.

Then slots are begun in order while there is room. An update is complete when no slot is out of date or under way and
every task that it made has run for the monitor time. Slots begun are finished also while it is paused. On a node whose
availability is PAUSE the tasks of global services stay as they are.
"""

from random import Random

from core.ids import ServiceId
from core.manager.alarms import Alarms
from core.manager.draft import Draft
from core.manager.placement.constraints import is_same_place
from core.manager.task_moves import Writer
from core.manager.update.rollout import Rollout
from core.manager.update.states import is_announced
from core.manager.update.turn import Turn
from core.manager.wall import Wall
from core.objects.node import Node
from core.objects.service import Global, Replicated, Service
from core.objects.task import Task, TaskState
from core.operations import Kind
from core.parts import Parts
from core.store import Changed, Store


class Updater:
    """A reconciler: services and tasks -> other tasks in their place."""

    kinds = (Kind.SERVICE, Kind.TASK, Kind.NODE)
    writer = Writer.ORCHESTRATOR

    def __init__(self, head: Store, rng: Random, wall: Wall) -> None:
        self._head = head
        self._rng = rng
        self._wall = wall
        self._rollouts: dict[ServiceId, Rollout] = {}
        self._marked: dict[ServiceId, None] = {}
        """What to look at."""
        self._alarms: Alarms[ServiceId] = Alarms()
        """The first alarm of each rollout."""

    def rebuild(self, now: int) -> Parts:
        for service_id in self._head.services:
            self._begin(service_id)
        yield

    @property
    def dirty(self) -> bool:
        return bool(self._marked)

    def deadline(self) -> int | None:
        return self._alarms.next()

    # Following the head

    def on_change(self, now: int, change: Changed) -> None:
        if change.kind is Kind.TASK:
            self._on_task(now, change.old, change.new)
        elif change.kind is Kind.NODE:
            self._on_node(change.old, change.new)
        elif change.new is None:
            self._drop(change.old.id)
        elif change.old is not None and change.old.spec_version != change.new.spec_version:
            self._begin(change.new.id, anew=not is_announced(change.new))
        elif change.new.id in self._rollouts:
            self._marked[change.new.id] = None

    def _on_task(self, now: int, old: Task | None, new: Task | None) -> None:
        task = new or old
        assert task is not None
        rollout = self._rollouts.get(task.service_id)
        if rollout is None:
            return
        if new is None:
            rollout.forget(task.id)
        elif new.by_update and new.status.state is TaskState.RUNNING:
            rollout.ran_at.setdefault(new.id, now)
        rollout.looks.touch(task)
        self._marked[task.service_id] = None

    def _on_node(self, old: Node | None, new: Node | None) -> None:
        """Global services may go on where they were held up; and other tasks than before may suit it."""
        if old is None or new is None:
            return
        resumes = old.spec.availability is not new.spec.availability
        for task in self._head.tasks_on_node(new.id):
            if resumes and not task.slot and task.service_id in self._head.services:
                self._begin(task.service_id)
            elif task.service_id in self._rollouts and not is_same_place(old, new):
                self._rollouts[task.service_id].looks.touch(task)
                self._marked[task.service_id] = None

    def _begin(self, service_id: ServiceId, anew: bool = False) -> None:
        """Find all anew, but for what is known of tasks; `anew`: also wait anew for those that are to start."""
        before, rollout = self._rollouts.get(service_id), Rollout(self._head, service_id)
        if before is not None:
            rollout.ran_at, rollout.ended_at = before.ran_at, before.ended_at
            rollout.seen_at = {} if anew else before.seen_at
        self._rollouts[service_id] = rollout
        self._marked[service_id] = None

    def _drop(self, service_id: ServiceId) -> None:
        self._rollouts.pop(service_id, None)
        self._marked.pop(service_id, None)
        self._alarms.drop(service_id)

    # Writing

    def reconcile(self, now: int, draft: Draft) -> None:
        while (due := self._alarms.pop_due(now)) is not None:
            self._marked[due] = None
        for service_id in list(self._marked):
            if draft.spent:
                return
            service = self._head.services.get(service_id)
            if service is None or not isinstance(service.spec.mode, Replicated | Global):
                self._drop(service_id)
            else:
                self._take_turn(now, draft, service)

    def _take_turn(self, now: int, draft: Draft, service: Service) -> None:
        """Do what there is to do now. What is left of it is for the next draft, and holds up no other service."""
        rollout = self._rollouts[service.id]
        if not Turn(now, draft, self._rng, self._wall, service, rollout).take():
            return
        if rollout.done and not rollout.doubled:
            self._drop(service.id)
            return
        del self._marked[service.id]
        at = rollout.alarms.next()
        if at is None:
            self._alarms.drop(service.id)
        else:
            self._alarms.set(service.id, at)
