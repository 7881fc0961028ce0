"""One turn of a service's update: look at the slots that have changed, then begin as many as there is room for."""

from random import Random

from msgspec.structs import replace

from core.manager.draft import Draft
from core.manager.orchestrator.tasks import is_lost, new_task, want
from core.manager.placement.constraints import meets, parse_constraints
from core.manager.restart.policy import should_restart
from core.manager.restart.restart import restart
from core.manager.update.failure_ratio import is_too_many
from core.manager.update.out_of_date import is_outdated
from core.manager.update.rollout import Rollout
from core.manager.update.states import PAUSED, UNDER_WAY, UpdateEvent, is_announced, moved, settings_of
from core.manager.update.watch import Watch
from core.manager.wall import Wall
from core.objects.node import Availability
from core.objects.service import (
    FailureAction,
    Replicated,
    Service,
    UpdateConfig,
    UpdateOrder,
    UpdateState,
    UpdateStatus,
)
from core.objects.task import Task, TaskState, is_wanted
from core.store import SlotKey


class Turn:
    """Works on `rollout`, which is all that outlasts it; writes into `draft`."""

    def __init__(self, now: int, draft: Draft, rng: Random, wall: Wall, service: Service, rollout: Rollout) -> None:
        self._now = now
        self._draft = draft
        self._head = draft.head
        self._rng = rng
        self._wall = wall
        self._service = service
        self._spec_version = service.spec_version
        self._rollout = rollout

    def take(self) -> bool:
        """Whether all that can be done now is done; if not, another turn is needed."""
        if not self._look():
            return False
        if self._state in PAUSED:
            return True
        if self._has_too_many:
            return False  # until those that are not to stay are given up: they are no part of the update
        if not self._announce() or not self._begin_slots():
            return False
        if self._rollout.done and self._state in UNDER_WAY:
            if self._draft.full or self._turns_round:
                return False
            self._write(moved(self._service.update_status, UpdateEvent.ALL_REPLACED, self._draft.wall_ns))
        return True

    # What the service says

    @property
    def _turns_round(self) -> bool:
        """Whether this draft rolls the update back: nobody would ever see why if it were over in the same one."""
        return self._service.spec_version == self._draft.index

    @property
    def _state(self) -> UpdateState | None:
        status = self._service.update_status
        return None if status is None else status.state

    @property
    def _config(self) -> UpdateConfig:
        return settings_of(self._service)

    @property
    def _since(self) -> int:
        """With which version of the spec the tasks began to be what is declared now."""
        status = self._service.update_status
        return (0 if status is None else status.spec_version) or self._service.spec_version

    @property
    def _has_too_many(self) -> bool:
        """Whether more slots are filled than are declared; which of them are to stay is the orchestrator's to say."""
        mode = self._service.spec.mode
        return isinstance(mode, Replicated) and len(self._rollout.filled) > mode.replicas

    # Looking

    def _look(self) -> bool:
        """Look at every slot that has to be looked at; False if that took all there is of the draft."""
        rollout = self._rollout
        while (task_id := rollout.alarms.pop_due(self._now)) is not None:
            rollout.looks.touch(self._head.tasks[task_id])
        while rollout.looks:
            if self._draft.spent or self._service.spec_version != self._spec_version:
                return False
            slot = rollout.looks.next()
            if slot is not None:
                self._draft.look()
                self._look_at(slot)
        return True

    def _look_at(self, slot: SlotKey) -> None:
        tasks = self._head.tasks_in_slot(slot)
        own = [task for task in tasks if task.by_update and not self._is_outdated(task)]
        watch = Watch(self._now, self._head, self._wall, self._rollout, self._service)
        for task in own:
            why = watch.failure_of(task)
            if why is not None:
                self._count_failure(task, why)
                self._rollout.looks.touch(task)  # to be looked at as it is now
                return
        wanted = [task for task in tasks if is_wanted(task)]
        filling = wanted or self._resting(tasks)
        outdated = [task for task in filling if self._is_outdated(task)]
        current = [task for task in wanted if task not in outdated]
        busy = [task for task in own if watch.keeps_busy(task)]
        make_way = _any_runs(current) or (current and busy and self._config.order is UpdateOrder.STOP_FIRST)
        superseded = outdated if make_way else _before_one_that_runs(outdated)
        for task in [*superseded, *_before_one_that_runs(current)]:
            want(self._draft, task, TaskState.SHUTDOWN)
        tried = any(task.spec_version >= self._since for task in tasks)
        self._rollout.file(
            slot,
            filled=bool(filling),
            outdated=bool(outdated) and all(map(self._is_left_over, current)) and not tried and self._is_open(slot),
            under_way=bool(busy),
            awaited=any(is_wanted(task) and task.status.state < TaskState.RUNNING for task in busy),
            doubled=len(wanted) > 1,
        )

    def _resting(self, tasks: list[Task]) -> list[Task]:
        """The last task of a slot, if it has ended for good: what is declared anew is for its slot too (swarmkit)."""
        rests = bool(tasks) and tasks[-1].desired_state is not TaskState.REMOVE
        return tasks[-1:] if rests and not should_restart(self._head, tasks[-1], self._draft.wall_ns) else []

    def _is_outdated(self, task: Task) -> bool:
        return is_outdated(self._head, self._service, task)

    def _is_left_over(self, task: Task) -> bool:
        """Whether what an earlier spec had begun, and nobody waits for, is still to start: it may never do so."""
        waited_for = task.by_update or task.spec_version >= self._since
        return task.status.state < TaskState.RUNNING and not waited_for

    def _is_open(self, slot: SlotKey) -> bool:
        """Whether a new task may be put there: that of a global service stays where nothing is to be changed."""
        _, number, node_id = slot
        if number:
            return True
        node = self._head.nodes.get(node_id)
        if node is None or is_lost(node) or node.spec.availability is Availability.PAUSE:
            return False
        return meets(node, parse_constraints(self._service.spec.task.placement.constraints))

    # Writing

    def _write(self, status: UpdateStatus | None) -> None:
        self._service = self._draft.update(replace(self._service, update_status=status))

    def _count_failure(self, task: Task, why: str) -> None:
        """Give the task up; pause the update or roll it back if that makes too many. All in one draft."""
        status = self._service.update_status
        assert status is not None, "only an update under way counts failures"
        status = replace(status, failure_count=status.failure_count + 1)
        config = self._config
        too_many = is_too_many(status.failure_count, status.slot_count, config.max_failure_ratio)
        reason = f"due to failure or early termination of task {task.id}: {why}"
        if not too_many or config.failure_action is FailureAction.CONTINUE:
            self._write(status)
            restart(self._draft, self._rng, self._service, task, by_update=False)
        elif self._goes_back():
            self._roll_back(f"update rolled back {reason}")
            restart(self._draft, self._rng, self._service, task, by_update=True)
        else:
            what = "update" if self._state is UpdateState.UPDATING else "rollback"
            event = UpdateEvent.PAUSED_BY_FAILURES
            self._write(moved(status, event, self._draft.wall_ns, f"{what} paused {reason}"))
            restart(self._draft, self._rng, self._service, task, by_update=False)

    def _goes_back(self) -> bool:
        """Whether too many failures lead to a rollback: not to one of a rollback, nor of what a rollback left to do."""
        wanted = self._state is UpdateState.UPDATING and self._config.failure_action is FailureAction.ROLLBACK
        return wanted and self._service.previous_spec is not None

    def _roll_back(self, message: str) -> None:
        """Declare what was declared before; there is nothing to go back to from that."""
        previous = self._service.previous_spec
        assert previous is not None, "whoever goes back knows what to"
        event = UpdateEvent.ROLLED_BACK_BY_FAILURES
        status = moved(self._service.update_status, event, self._draft.wall_ns, message)
        self._service = self._draft.update(
            replace(
                self._service,
                spec=previous,
                previous_spec=None,
                spec_version=self._draft.index,
                update_status=status,
            )
        )

    def _announce(self) -> bool:
        """Say in the store that there is an update, and of how many slots; False if there is no room to say so."""
        status, rollout = self._service.update_status, self._rollout
        if is_announced(self._service):
            return True
        left = rollout.outdated or (rollout.awaited if status is None else ())  # such as a paused update had begun
        if self._state not in UNDER_WAY and not left:
            return True  # also after an update, whose last slots may still be within their delay to a new leader
        count = sum(slot in rollout.outdated or slot in rollout.under_way for slot in rollout.filled)
        if not count:
            return True
        if self._draft.full:
            return False
        if self._state not in UNDER_WAY:
            status = moved(status, UpdateEvent.TASKS_OUT_OF_DATE, self._draft.wall_ns)
        assert status is not None
        self._write(replace(status, slot_count=count, spec_version=self._service.spec_version))
        return True

    def _begin_slots(self) -> bool:
        """Begin slots in order while there is room among those under way; False if there is none in the draft."""
        rollout, parallelism = self._rollout, self._config.parallelism
        while rollout.outdated and (not parallelism or len(rollout.under_way) < parallelism):
            if self._draft.full:
                return False
            slot = rollout.outdated.pop()
            rollout.under_way[slot] = None
            self._begin(slot)
        return True

    def _begin(self, slot: SlotKey) -> None:
        """Make the new task of a slot; it waits for the old one unless it is to start first."""
        _, number, node_id = slot
        before = self._head.tasks_in_slot(slot)
        self._draft.create(
            new_task(self._rng, self._service, number, self._draft.wall_ns, node_id, waits=True, by_update=True)
        )
        for task in before:
            stops_first = self._config.order is UpdateOrder.STOP_FIRST or self._is_left_over(task)
            if is_wanted(task) and stops_first:
                want(self._draft, task, TaskState.SHUTDOWN)


def _any_runs(tasks: list[Task]) -> bool:
    return any(task.status.state is TaskState.RUNNING for task in tasks)


def _before_one_that_runs(tasks: list[Task]) -> list[Task]:
    """Those of a slot's tasks that were kept until a later one ran, and one does now.

    So it is with an old one whose node has come to suit it since the new one was begun, and with two that are both out
    of date.
    """
    running = [position for position, task in enumerate(tasks) if task.status.state is TaskState.RUNNING]
    return tasks[: running[-1]] if running else []
