"""Draining before stopping: when a task's agent may be told to stop it.

Theory of operation. A task that is wanted no more has left the routing tables in the very version that said so. Its
agent is not told yet: the stop is withheld until every live agent has acknowledged a table of that version or later,
or for `ack_timeout_ns`, and then for the task's grace, in which connections that were made before may finish.
A task that takes no connections, or whose node is down, has nothing to wait for. That its agent has no session is no
reason: right after an election nobody has one, and the stop would be the first thing that the agent hears.

Nothing of this but the grace is stored. A new leader finds such tasks by what the store says of them (running, but not
to run) and waits once more. Leaving out: asking the data plane whether connections are left.
"""

from itertools import islice, takewhile
from typing import Final

from msgspec import Struct

from core.ids import TaskId
from core.manager.alarms import Alarms
from core.objects.task import Task, TaskState

MAX_PER_STEP: Final = 500
"""Most stops that go from one stage to the next in one step."""


class Drain(Struct, frozen=True, gc=False):
    """A withheld stop. `version` is the first table without the task."""

    version: int
    give_up_at: int
    grace_ns: int


class Drains:
    """All withheld stops of a swarm. Those that began first are acknowledged, or given up, first."""

    def __init__(self, ack_timeout_ns: int) -> None:
        self._ack_timeout_ns = ack_timeout_ns
        self._unacknowledged: dict[TaskId, Drain] = {}
        self._release_at: Alarms[TaskId] = Alarms()
        """Of the tasks that no table has any more, or should have."""

    def __contains__(self, task_id: TaskId) -> bool:
        return task_id in self._unacknowledged or task_id in self._release_at

    def __bool__(self) -> bool:
        return bool(self._unacknowledged)

    def begin(self, now: int, task_id: TaskId, version: int, grace_ns: int) -> None:
        """The task has left the tables in `version`, which is no earlier than any before."""
        if task_id not in self:
            self._unacknowledged[task_id] = Drain(version, now + self._ack_timeout_ns, grace_ns)

    def drop(self, task_id: TaskId) -> None:
        """The task has ended by itself, or nobody is there to be told."""
        self._unacknowledged.pop(task_id, None)
        self._release_at.drop(task_id)

    def acknowledged(self, now: int, version: int) -> None:
        """Every live agent's table is of `version`, or as good as that; to be told so again and again."""
        stops = takewhile(lambda item: item[1].version <= version, self._unacknowledged.items())
        for task_id in [task_id for task_id, _ in islice(stops, MAX_PER_STEP)]:
            self._give_grace(task_id, now)

    def released(self, now: int) -> list[TaskId]:
        """The tasks whose stop may be told now, or as many as fit a step; they are no longer withheld."""
        stops = takewhile(lambda item: item[1].give_up_at <= now, self._unacknowledged.items())
        for task_id, drain in list(islice(stops, MAX_PER_STEP)):
            self._give_grace(task_id, drain.give_up_at)
        due: list[TaskId] = []
        while len(due) < MAX_PER_STEP and (released := self._release_at.pop_due(now)) is not None:
            due.append(released)
        return due

    def wanted(self, task: Task) -> TaskState:
        """What the task's agent is to be told is wanted of it."""
        return TaskState.RUNNING if task.id in self else task.desired_state

    def deadline(self) -> int | None:
        """When `released` has something to do."""
        release_at = self._release_at.next()
        give_up_at = next((drain.give_up_at for drain in self._unacknowledged.values()), None)
        if release_at is None or give_up_at is None:
            return give_up_at if release_at is None else release_at
        return min(release_at, give_up_at)

    def _give_grace(self, task_id: TaskId, since: int) -> None:
        self._release_at.set(task_id, since + self._unacknowledged.pop(task_id).grace_ns)


def is_draining(task: Task) -> bool:
    """Whether a task may still have connections but is not to get new ones."""
    return task.status.state == TaskState.RUNNING and task.desired_state >= TaskState.SHUTDOWN
