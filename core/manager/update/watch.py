"""How the tasks that an update made are doing: which have failed, and how long each is still to be looked after."""

from typing import Final

from core.manager.orchestrator.tasks import ended_by_itself
from core.manager.update.rollout import Rollout
from core.manager.update.states import is_announced, settings_of
from core.manager.wall import Wall
from core.objects.service import Service, UpdateConfig
from core.objects.task import Task, TaskState, is_wanted, ran_for_ns
from core.store import Store
from core.timing import SECOND

START_TIMEOUT_NS: Final = 300 * SECOND
"""How long a leader waits for a task of an update to run, beside the start period of its health check.

It waits from when it first finds that the task may run: its restart delay is over, what was before it has stopped."""


class Watch:
    """Looks at tasks by what `service` says at `now`; what is to be remembered of them is put down in `rollout`."""

    def __init__(self, now: int, head: Store, wall: Wall, rollout: Rollout, service: Service) -> None:
        self._now = now
        self._head = head
        self._wall = wall
        self._rollout = rollout
        self._counts = is_announced(service)
        """Whether failures are counted."""
        config = settings_of(service)
        self._delay_ns = config.delay_ns
        self._monitor_ns = _monitor_ns(config)

    def failure_of(self, task: Task) -> str | None:
        """Why a task of this update counts as failed, if it does and has not been counted."""
        if not self._counts or not is_wanted(task):
            return None
        if task.status.state > TaskState.RUNNING:
            if not ended_by_itself(task):  # stopped behind its fence
                return None
            if self._ran_for_ns(task) > self._monitor_ns:
                return None
            return task.status.err or task.status.message
        if task.desired_state is TaskState.READY:
            return None
        timeout_ns = self._start_timeout_ns(task)
        if task.status.state < TaskState.RUNNING and self._now >= self._seen_at(task) + timeout_ns:
            return f"it did not run within {timeout_ns // SECOND} s: {task.status.err or task.status.message}"
        return None

    def keeps_busy(self, task: Task) -> bool:
        """Whether a task of this update keeps its slot under way; sets the time at which to look again."""
        if task.desired_state is TaskState.READY:
            self._rollout.alarms.drop(task.id)  # its slot is looked at once it may run
            return True
        until = self._busy_until(task)
        if until is not None and self._now < until:
            self._rollout.alarms.set(task.id, until)
            return True
        watched = is_wanted(task) and task.status.state is TaskState.RUNNING
        monitored_until = self._ran_at(task) + self._monitor_ns
        if watched and self._now < monitored_until:
            self._rollout.alarms.set(task.id, monitored_until)
        else:
            self._rollout.alarms.drop(task.id)
        return False

    def _busy_until(self, task: Task) -> int | None:
        """Until it has run, or ended, for the delay between slots; None: it was given up before."""
        if task.status.state >= TaskState.RUNNING:
            return self._ran_at(task) + self._delay_ns
        if is_wanted(task):
            return self._seen_at(task) + self._start_timeout_ns(task)
        return None

    def _ran_at(self, task: Task) -> int:
        """When it began to run, or ended if that was not seen by this leader."""
        known = self._rollout.ran_at.get(task.id)
        if known is None:
            runs = task.status.state is TaskState.RUNNING
            times = self._rollout.ran_at if runs else self._rollout.ended_at
            since = self._wall.started_at(self._now, task.status.timestamp, self._monitor_ns)
            known = times.setdefault(task.id, since)
        return known

    def _ran_for_ns(self, task: Task) -> int:
        """How long a task that has just ended had run; if this leader did not see it run, its host's word holds."""
        known = self._rollout.ran_at.get(task.id)
        return ran_for_ns(task.status) if known is None else self._now - known

    def _seen_at(self, task: Task) -> int:
        """Since when this leader waits for it: what was before, it could tell by wall clocks alone."""
        return self._rollout.seen_at.setdefault(task.id, self._now)

    def _start_timeout_ns(self, task: Task) -> int:
        health = task.spec.container.health
        return START_TIMEOUT_NS + (0 if health is None else health.start_period_ns)


def _monitor_ns(config: UpdateConfig) -> int:
    """A delay that outlasts the monitor extends it: what comes next is not begun unwatched (swarmkit)."""
    return config.monitor_ns if config.delay_ns < config.monitor_ns else config.delay_ns + SECOND
