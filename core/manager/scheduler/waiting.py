"""Tasks that wait for a node: in groups that share a template, or each with the node that it came with."""

from collections import OrderedDict
from collections.abc import Iterable

from core.ids import NodeId, TaskId
from core.manager.scheduler.node_info import ServiceVersion
from core.objects.task import Task


class Group:
    """The tasks of one service version, in the order in which they came."""

    __slots__ = ("_reason", "tasks", "untold")

    def __init__(self) -> None:
        self._reason = ""
        self.tasks: OrderedDict[TaskId, None] = OrderedDict()
        """Linked, so that the first is found however many have left."""
        self.untold: OrderedDict[TaskId, None] = OrderedDict()
        """Those whose status does not say yet why they wait."""

    @property
    def first(self) -> TaskId:
        """Of a group that has tasks, as all in `Waiting` have."""
        return next(iter(self.tasks))

    @property
    def reason(self) -> str:
        """Why they wait."""
        return self._reason

    @reason.setter
    def reason(self, reason: str) -> None:
        if reason != self._reason:
            self._reason = reason
            self.untold = self.tasks.copy()


class Waiting:
    """What waits, and what of it is to be tried now."""

    __slots__ = ("_due_groups", "_due_tasks", "_groups", "_preassigned")

    def __init__(self) -> None:
        self._groups: dict[ServiceVersion, Group] = {}
        self._due_groups: OrderedDict[ServiceVersion, None] = OrderedDict()
        self._preassigned: dict[NodeId, dict[TaskId, None]] = {}
        self._due_tasks: OrderedDict[TaskId, None] = OrderedDict()

    @property
    def anything(self) -> bool:
        """Whether any task waits."""
        return bool(self._groups or self._preassigned)

    @property
    def anything_due(self) -> bool:
        """Whether any is to be tried now."""
        return bool(self._due_groups or self._due_tasks)

    @property
    def next_task(self) -> TaskId | None:
        """The next task to try that came with its node."""
        return next(iter(self._due_tasks), None)

    @property
    def next_group(self) -> tuple[ServiceVersion, Group] | None:
        """The next group to try."""
        key = next(iter(self._due_groups), None)
        return None if key is None else (key, self._groups[key])

    def tried_task(self, task_id: TaskId) -> None:
        """It waits on until its node changes, if it waits."""
        self._due_tasks.pop(task_id, None)

    def tried_group(self, key: ServiceVersion) -> None:
        """What is left of it waits on until some node changes."""
        self._due_groups.pop(key, None)

    def retry(self, node_ids: Iterable[NodeId]) -> None:
        """These nodes have changed: all groups are due, and the tasks that came with these nodes; the oldest first."""
        self._due_groups = OrderedDict.fromkeys(self._groups)
        for node_id in node_ids:
            for task_id in self._preassigned.get(node_id, ()):
                self._due_tasks[task_id] = None
                self._due_tasks.move_to_end(task_id)

    def add(self, task: Task) -> None:
        """A task waits, and is due unless it did already."""
        if task.node_id:
            there = self._preassigned.setdefault(task.node_id, {})
            if task.id not in there:
                there[task.id] = self._due_tasks[task.id] = None
            return
        key = (task.service_id, task.spec_version)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group()
        if task.id not in group.tasks:
            group.tasks[task.id] = group.untold[task.id] = self._due_groups[key] = None

    def remove(self, task: Task) -> None:
        """A task waits no longer, if it did."""
        there = self._preassigned.get(task.node_id)
        if there is not None and task.id in there:
            del there[task.id]
            self._due_tasks.pop(task.id, None)
            if not there:
                del self._preassigned[task.node_id]
        key = (task.service_id, task.spec_version)
        group = self._groups.get(key)
        if group is None:
            return
        group.tasks.pop(task.id, None)
        group.untold.pop(task.id, None)
        if not group.tasks:
            del self._groups[key]
            self._due_groups.pop(key, None)
