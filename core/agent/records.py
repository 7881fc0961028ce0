"""What an agent keeps on disk: who the managers are, which tasks it has and how far they have come.

Data of secrets and configs is never among it: a host that restarts asks for it again.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.ids import TaskId
from core.messages import Manager
from core.objects.task import Task, TaskStatus


class ManagersKnown(Struct, frozen=True, gc=False, tag="managers-known"):
    """The managers an agent may register with after a restart."""

    managers: tuple[Manager, ...]


class TasksAssigned(Struct, frozen=True, gc=False, tag="tasks-assigned"):
    """Tasks that are new or changed, and tasks that are no longer this host's, as of log `index`."""

    index: int
    tasks: tuple[Task, ...]
    removed: tuple[TaskId, ...] = ()


class TasksObserved(Struct, frozen=True, gc=False, tag="tasks-observed"):
    """The newest statuses of some tasks."""

    statuses: tuple[tuple[TaskId, TaskStatus], ...]


class AgentDurable(Struct, frozen=True, gc=False, tag="agent-durable"):
    """An agent as its disk has it;

    itself a record, which stands for all before it. `tasks` carry their newest status.
    """

    managers: tuple[Manager, ...] = ()
    index: int = 0
    """The latest log index its assignments came from."""
    tasks: tuple[Task, ...] = ()


AgentRecord = ManagersKnown | TasksAssigned | TasksObserved | AgentDurable
EMPTY: Final = AgentDurable()


def replay(records: Iterable[AgentRecord], start: AgentDurable = EMPTY) -> AgentDurable:
    """The agent that these records describe, in the order in which they were written."""
    managers, index = start.managers, start.index
    tasks = {task.id: task for task in start.tasks}
    for record in records:
        if isinstance(record, AgentDurable):
            managers, index = record.managers, record.index
            tasks = {task.id: task for task in record.tasks}
        elif isinstance(record, ManagersKnown):
            managers = record.managers
        elif isinstance(record, TasksAssigned):
            index = max(index, record.index)
            for task in record.tasks:
                tasks[task.id] = with_newest_status(task, tasks.get(task.id))
            for task_id in record.removed:
                tasks.pop(task_id, None)
        else:
            for task_id, status in record.statuses:
                if task_id in tasks:
                    tasks[task_id] = replace(tasks[task_id], status=status)
    return AgentDurable(managers, index, tuple(tasks.values()))


def with_newest_status(task: Task, known: Task | None) -> Task:
    """The task as assigned, but as far along as it is known to be; nor is it wanted less far than it was before."""
    if known is None:
        return task
    status = known.status if known.status.state >= task.status.state else task.status
    return replace(task, status=status, desired_state=max(task.desired_state, known.desired_state))
