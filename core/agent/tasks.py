"""The tasks of one host and their containers.

Theory of operation. Each assigned task is a `TaskRun` that goes through `core.agent.lifecycle`'s phases, moved by
what is wanted of it and by what the engine reports. The engine is believed: whatever it says of a container is what
happened. Orders are given only while it answers and has told its inventory; every inventory is compared with the
runs: a container of no run is removed, a run that should have a container and has none has failed, and an order whose
outcome is still open is given again (it has the effect of one). Nothing is done to a container that is as it should
be, so this agent's own restart leaves it alone.

Of what is wanted, the later state wins: a task told to stop is never started again by an older word.

A task with a fence runs only while its host is proven to be known of (`core.agent.fence`). It is not started before
that, and it is stopped, as if that were wanted, when that is over. It did not end by itself: its status says why.
"""

from collections.abc import Callable, Iterable
from typing import Final

from msgspec.structs import replace

from core.agent.lifecycle import (
    ENDED,
    FAILURES,
    FENCED,
    LAST_ORDER,
    MESSAGES,
    ORDERS,
    RETRIED,
    SHOWN,
    TRANSITIONS,
    Order,
    Phase,
    Stimulus,
    resumed,
)
from core.effects import Effect, PrepareTask, RemoveTask, StartTask, StopTask
from core.events import ContainerPhase, EngineReport
from core.ids import OperationId, TaskId
from core.objects.config import Config
from core.objects.secret import Secret
from core.objects.task import ContainerStatus, Task, TaskState, TaskStatus
from core.timing import NEVER, SECOND

RETRY_NS: Final = 1 * SECOND
"""How long after a failed stop or removal it is ordered again."""

Materials = Callable[[Task], tuple[tuple[Secret, ...], tuple[Config, ...]] | None]
"""The secrets and configs a task is entitled to; None while some have not arrived."""

_STIMULI: Final = {
    ContainerPhase.PREPARED: Stimulus.PREPARED,
    ContainerPhase.STARTED: Stimulus.STARTED,
    ContainerPhase.HEALTHY: Stimulus.HEALTHY,
    ContainerPhase.UNHEALTHY: Stimulus.UNHEALTHY,
    ContainerPhase.FAILED: Stimulus.ORDER_FAILED,
    ContainerPhase.REMOVED: Stimulus.MISSING,
}
_RUNNING: Final = (ContainerPhase.STARTED, ContainerPhase.HEALTHY, ContainerPhase.UNHEALTHY)
_MISSING: Final = EngineReport(ContainerPhase.REMOVED, err="the container is gone")


class TaskRun:
    """One task on this host. `task` as assigned, `status` as observed here."""

    __slots__ = ("container", "err", "fenced", "phase", "status", "task")

    def __init__(self, task: Task, phase: Phase) -> None:
        self.task = task
        self.status = task.status
        self.phase = phase
        self.container: ContainerStatus | None = task.status.container
        self.err = ""
        self.fenced = False
        """It was stopped since its host was not proven for as long as its fence says."""

    def as_task(self) -> Task:
        """The task as assigned, with the status observed here."""
        return replace(self.task, status=self.status)


class Tasks:
    """All runs of a host; `changed` collects statuses until the agent takes them."""

    def __init__(self, materials: Materials, proven_at: int) -> None:
        self.runs: dict[TaskId, TaskRun] = {}
        self.changed: dict[TaskId, TaskStatus] = {}
        self.wall_offset_ns = 0
        self._materials = materials
        self._engine_ready = False
        self._retry_at: dict[TaskId, int] = {}
        self._fenced: dict[TaskId, TaskRun] = {}
        """The runs of tasks with a fence."""
        self._proven_at = proven_at

    # What is wanted

    def recover(self, tasks: Iterable[Task]) -> None:
        """Take up tasks found on disk; nothing happens to them before the engine's inventory."""
        for task in tasks:
            self._add(task)

    def assign(self, now: int, task: Task, out: list[Effect]) -> None:
        """A task is this host's, or something of it has changed."""
        run = self.runs.get(task.id)
        if run is None:
            self._begin(now, task, out)
        elif run.phase not in (Phase.EVICTING, Phase.REMOVING):
            desired = max(task.desired_state, run.task.desired_state)
            run.task = replace(task, desired_state=desired)
            self._pursue(now, run, out)

    def unassign(self, now: int, task_id: TaskId, out: list[Effect]) -> None:
        """A task is no longer this host's: stop and remove it."""
        run = self.runs.get(task_id)
        if run is not None:
            self.changed.pop(task_id, None)
            self._stimulate(now, run, Stimulus.UNASSIGNED, out)

    # Fences

    def fence(self, now: int, proven_at: int, out: list[Effect]) -> None:
        """The host is proven as of then: stop what has a fence that is over, start what waited for it to be raised."""
        self._proven_at = proven_at
        for run in self._fenced.values():
            if run.phase in FENCED and self._is_fenced_off(now, run):
                run.fenced = True
                self._pursue(now, run, out)
            elif run.phase is Phase.READY and self._engine_ready:
                self._pursue(now, run, out)

    def fence_deadline(self) -> int | None:
        """When `fence` has something to do, if the host is not proven again before."""
        over_at = [self._over_at(run) for run in self._fenced.values() if run.phase in FENCED]
        return min(over_at, default=None)

    def shortest_fence_ns(self) -> int | None:
        """None if no task has one."""
        return min((run.task.fence_ns for run in self._fenced.values() if run.task.fence_ns is not None), default=None)

    def _over_at(self, run: TaskRun) -> int:
        return NEVER if run.task.fence_ns is None else self._proven_at + run.task.fence_ns

    def _is_fenced_off(self, now: int, run: TaskRun) -> bool:
        return now >= self._over_at(run)

    def pursue_all(self, now: int, out: list[Effect]) -> None:
        """Secrets or configs have arrived: tasks may have waited for them."""
        for run in list(self.runs.values()):
            self._pursue(now, run, out)

    # What the engine says

    def engine_down(self) -> None:
        """The engine does not answer: orders wait for its next inventory."""
        self._engine_ready = False
        self._retry_at.clear()

    def inventory(self, now: int, containers: tuple[tuple[TaskId, EngineReport], ...], out: list[Effect]) -> None:
        """Compare what the engine has with what there should be."""
        self._engine_ready = True
        found = dict(containers)
        for task_id, run in list(self.runs.items()):
            phase, report = run.phase, found.pop(task_id, _MISSING)
            self._show(now, run)
            if phase is not Phase.REMOVING:  # an earlier order may be under way: only the removal's own report ends it
                self._take(now, run, report, out)
            if run.phase is phase:
                self._order(run, out)
            if run.phase in ENDED and report.phase in _RUNNING:
                out.append(RemoveTask(OperationId(Order.REMOVE), task_id))
            self._pursue(now, run, out)
        out.extend(RemoveTask(OperationId(Order.REMOVE), task_id) for task_id in found)

    def reported(self, now: int, task_id: TaskId, operation_id: int, report: EngineReport, out: list[Effect]) -> None:
        """The engine has news of one container."""
        run = self.runs.get(task_id)
        if run is None:
            self._stray(now, task_id, report, out)
        elif run.phase in ENDED and report.phase in _RUNNING:
            out.append(RemoveTask(OperationId(Order.REMOVE), task_id))
        elif operation_id == Order.NONE or operation_id >= LAST_ORDER[run.phase]:
            self._take(now, run, report, out)
            self._pursue(now, run, out)

    def _stray(self, now: int, task_id: TaskId, report: EngineReport, out: list[Effect]) -> None:
        """A container of no task: it could not be removed, or was made by an order that was still under way."""
        if report.phase is ContainerPhase.FAILED:
            self._retry_at[task_id] = now + RETRY_NS
        elif report.phase is not ContainerPhase.REMOVED:
            out.append(RemoveTask(OperationId(Order.REMOVE), task_id))

    def tick(self, now: int, out: list[Effect]) -> None:
        """Repeat orders that failed a while ago."""
        for task_id in [task_id for task_id, at in self._retry_at.items() if at <= now]:
            del self._retry_at[task_id]
            run = self.runs.get(task_id)
            if run is None:
                out.append(RemoveTask(OperationId(Order.REMOVE), task_id))
            elif run.phase in RETRIED:
                self._order(run, out)

    def deadline(self) -> int | None:
        """When an order is to be repeated."""
        return min(self._retry_at.values(), default=None)

    def check_invariants(self) -> None:
        """Assert what always holds."""
        for task_id, run in self.runs.items():
            assert run.task.id == task_id
            assert run.phase is not Phase.GONE
            shown = SHOWN.get(run.phase)
            unseen = run.phase is Phase.ACCEPTED  # taken from disk, and the engine has not answered since
            assert shown is None or unseen or run.status.state >= shown, (run.phase, run.status)

    def take_changed(self) -> tuple[tuple[TaskId, TaskStatus], ...]:
        """The statuses that changed since this was last called, the newest of each task."""
        changed = tuple(self.changed.items())
        self.changed.clear()
        return changed

    # Moving a run

    def _add(self, task: Task) -> TaskRun:
        run = self.runs[task.id] = TaskRun(task, resumed(task.status.state))
        if task.fence_ns is not None:
            self._fenced[task.id] = run
        return run

    def _begin(self, now: int, task: Task, out: list[Effect]) -> None:
        run = self._add(task)
        if run.phase is Phase.ACCEPTED:
            self._show(now, run)
        elif self._engine_ready:  # it ran here, and the inventory did not show it
            self._take(now, run, _MISSING, out)
        self._pursue(now, run, out)

    def _take(self, now: int, run: TaskRun, report: EngineReport, out: list[Effect]) -> None:
        """Let a report move the run."""
        if report.container is not None:
            run.container = report.container
        if report.phase is ContainerPhase.EXITED:
            stimulus, run.err = _exit(run, report)
        else:
            stimulus = _STIMULI[report.phase]
            run.err = run.err or report.err
        if stimulus is Stimulus.UNHEALTHY:
            run.err = run.err or "unhealthy container"
        if stimulus is Stimulus.ORDER_FAILED and run.phase in RETRIED:
            self._retry_at[run.task.id] = now + RETRY_NS
        self._stimulate(now, run, stimulus, out)

    def _pursue(self, now: int, run: TaskRun, out: list[Effect]) -> None:
        """Let what is wanted move the run, as far as it goes."""
        if run.fenced or run.task.desired_state >= TaskState.SHUTDOWN:
            self._stimulate(now, run, Stimulus.WANTED_STOPPED, out)
        elif run.phase is Phase.ACCEPTED and self._engine_ready and self._materials(run.task) is not None:
            self._stimulate(now, run, Stimulus.PREPARABLE, out)
        elif (
            run.phase is Phase.READY
            and run.task.desired_state >= TaskState.RUNNING
            and not self._is_fenced_off(now, run)
        ):
            self._stimulate(now, run, Stimulus.WANTED_RUNNING, out)

    def _stimulate(self, now: int, run: TaskRun, stimulus: Stimulus, out: list[Effect]) -> None:
        phase = TRANSITIONS[run.phase].get(stimulus)
        if phase is None:
            return
        run.phase = phase
        if phase is Phase.GONE:
            del self.runs[run.task.id]
            self._fenced.pop(run.task.id, None)
            self._retry_at.pop(run.task.id, None)
            return
        self._show(now, run)
        self._order(run, out)

    def _show(self, now: int, run: TaskRun) -> None:
        """Make the phase visible in the status, which never goes back."""
        state = SHOWN.get(run.phase)
        if state is None or state <= run.status.state:
            return
        wall_ns = now + self.wall_offset_ns
        run.status = TaskStatus(
            state=state,
            timestamp=wall_ns,
            message=MESSAGES[run.phase],
            err=_why(run),
            container=run.container,
            ran_at=wall_ns if state is TaskState.RUNNING else run.status.ran_at,
        )
        self.changed[run.task.id] = run.status

    def _order(self, run: TaskRun, out: list[Effect]) -> None:
        order = ORDERS.get(run.phase)
        if order is None or not self._engine_ready:
            return
        task, operation_id = run.task, OperationId(order)
        if order is Order.PREPARE:
            materials = self._materials(task)
            if materials is not None:
                out.append(PrepareTask(operation_id, task, *materials))
        elif order is Order.START:
            out.append(StartTask(operation_id, task.id))
        elif order is Order.STOP:
            out.append(StopTask(operation_id, task.id, task.spec.container.stop_grace_period_ns))
        else:
            out.append(RemoveTask(operation_id, task.id))


def _why(run: TaskRun) -> str:
    if run.phase is Phase.SHUTDOWN and run.fenced and run.task.fence_ns is not None:
        return f"fenced: for {run.task.fence_ns / SECOND:g}s no leader was known to know of its host"
    return run.err if run.phase in FAILURES else ""


def _exit(run: TaskRun, report: EngineReport) -> tuple[Stimulus, str]:
    """What an exit means, and why it is one if it is a failure."""
    code = report.container.exit_code if report.container is not None else None
    if code == 0:
        return Stimulus.EXITED_CLEANLY, run.err
    return Stimulus.EXITED_BADLY, run.err or report.err or f"task: non-zero exit ({code})"
