"""What an agent keeps on disk: who the managers are, which tasks it has and how far they have come.

Data of secrets and configs is never among it: a host that restarts asks for it again.
"""

from collections.abc import Iterable

from msgspec import Struct

from core.ids import TaskId
from core.messages import Manager
from core.objects.task import Task, TaskStatus


class ManagersKnown(Struct, frozen=True, gc=False, tag="managers-known"):
    """The managers an agent may register with after a restart."""

    managers: tuple[Manager, ...]


class TasksAssigned(Struct, frozen=True, gc=False, tag="tasks-assigned"):
    """Tasks that are new or changed, and tasks that are no longer this host's."""

    tasks: tuple[Task, ...]
    removed: tuple[TaskId, ...] = ()


class TasksObserved(Struct, frozen=True, gc=False, tag="tasks-observed"):
    """The newest statuses of some tasks."""

    statuses: tuple[tuple[TaskId, TaskStatus], ...]


AgentRecord = ManagersKnown | TasksAssigned | TasksObserved


class AgentDurable(Struct, frozen=True, gc=False):
    """An agent as its disk has it. `tasks` carry their newest status."""

    managers: tuple[Manager, ...] = ()
    tasks: tuple[Task, ...] = ()
