"""Draining before stopping: when a task's agent may be told to stop it.

Theory of operation. A task that is wanted no more has left the routing tables in the very version that said so. Its
agent is not told yet: the stop is withheld until every live agent has acknowledged a table of that version or later,
or for `drain_ack_timeout_ns`, and then for `drain_grace_ns` more, in which connections that were made before may
finish. A task that takes no connections, or whose agent is not there to be told, has nothing to wait for.

Nothing of this is stored. A new leader finds such tasks by what the store says of them (running, but not to run) and
waits once more. Leaving out: a grace per service (the profile's is used), and asking the data plane whether
connections are left.
"""

from msgspec import Struct

from core.ids import TaskId
from core.objects.task import Task, TaskState


class Drain(Struct, frozen=True, gc=False):
    """A withheld stop. `version` is the first table without the task."""

    version: int
    give_up_at: int


class Drains:
    """All withheld stops of a swarm. Those that began first are acknowledged, given up and released first."""

    def __init__(self, ack_timeout_ns: int, grace_ns: int) -> None:
        self._ack_timeout_ns = ack_timeout_ns
        self._grace_ns = grace_ns
        self._unacknowledged: dict[TaskId, Drain] = {}
        self._release_at: dict[TaskId, int] = {}
        """Of the tasks that no table has any more, or should have."""

    def __contains__(self, task_id: TaskId) -> bool:
        return task_id in self._unacknowledged or task_id in self._release_at

    def __bool__(self) -> bool:
        return bool(self._unacknowledged) or bool(self._release_at)

    def begin(self, now: int, task_id: TaskId, version: int) -> None:
        """The task has left the tables in `version`, which is no earlier than any before."""
        if task_id not in self:
            self._unacknowledged[task_id] = Drain(version, now + self._ack_timeout_ns)

    def drop(self, task_id: TaskId) -> None:
        """The task has ended by itself, or nobody is there to be told."""
        self._unacknowledged.pop(task_id, None)
        self._release_at.pop(task_id, None)

    def acknowledged(self, now: int, version: int) -> None:
        """Every live agent's table is of `version`, or as good as that."""
        while (first := next(iter(self._unacknowledged), None)) is not None:
            if self._unacknowledged[first].version > version:
                return
            del self._unacknowledged[first]
            self._release_at[first] = now + self._grace_ns

    def released(self, now: int) -> list[TaskId]:
        """The tasks whose stop may be told now; they are no longer withheld."""
        while (first := next(iter(self._unacknowledged), None)) is not None:
            if self._unacknowledged[first].give_up_at > now:
                break
            self._release_at[first] = self._unacknowledged.pop(first).give_up_at + self._grace_ns
        due: list[TaskId] = []
        while (first := next(iter(self._release_at), None)) is not None and self._release_at[first] <= now:
            del self._release_at[first]
            due.append(first)
        return due

    def wanted(self, task: Task) -> TaskState:
        """What the task's agent is to be told is wanted of it."""
        return TaskState.RUNNING if task.id in self else task.desired_state

    def deadline(self) -> int | None:
        """When `released` has something to do."""
        if not self:
            return None
        first = next(iter(self._release_at.values()), None)
        if first is not None:
            return first
        return next((drain.give_up_at for drain in self._unacknowledged.values()), None)


def is_draining(task: Task) -> bool:
    """Whether a task may still have connections but is not to get new ones."""
    return task.status.state == TaskState.RUNNING and task.desired_state >= TaskState.SHUTDOWN
