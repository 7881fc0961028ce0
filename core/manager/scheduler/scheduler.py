"""The scheduler: pending tasks -> assigned tasks.

Theory of operation. A `Fleet` of nodes follows the change feed (and this scheduler's own placements at once, before
the feed brings them back: a load is set per task, so that twice is once). Pending tasks wait in groups: the tasks of
one service version share their template, so one `Placer` serves them all, and is kept for those that will come. Tasks
that come with a node (global services) only have that node put to the filters.

A group is tried when a task joins it; what finds no node waits, with the reason in its status, and is tried again when
room may have come free: a node changed or is gone, or a task is stopping or has stopped. Such retries are gathered for
`RETRY_NS`. The result for each task is that of filtering and ranking all nodes anew, and so is its reason at each try
(`tests/core/manager/scheduler` has that twin). One draft's worth of looking at nodes is done in a step.
"""

from typing import Final

from msgspec.structs import replace

from core.ids import NodeId, ServiceId, TaskId
from core.manager.draft import Draft
from core.manager.scheduler.filters import Pipeline
from core.manager.scheduler.fleet import Fleet
from core.manager.scheduler.node_info import ServiceVersion, load_of, occupies
from core.manager.scheduler.placer import Placer
from core.manager.scheduler.waiting import Group, Waiting
from core.manager.task_moves import Writer
from core.objects.node import Node
from core.objects.task import Task, TaskState, TaskStatus, is_wanted
from core.operations import Kind
from core.parts import Parts, parts_of
from core.store import Changed, Store
from core.timing import MS

RETRY_NS: Final = 50 * MS
"""How long news of freed room are gathered before unplaced tasks are tried again (swarmkit `commitDebounceGap`)."""
MAX_PLACERS: Final = 256
"""Kept at once; the one used longest ago is dropped, and made anew when its service has a task to place again."""


class Scheduler:
    """A reconciler: state PENDING -> ASSIGNED, or a reason why not."""

    kinds = (Kind.TASK, Kind.NODE, Kind.SERVICE)
    writer = Writer.SCHEDULER

    def __init__(self, head: Store) -> None:
        self._head = head
        self._fleet = Fleet()
        self._waiting = Waiting()
        self._placers: dict[ServiceVersion, Placer] = {}
        self._retry_at: int | None = None
        self._changed_nodes: dict[NodeId, None] = {}
        """Where room may have come free since tasks were last tried again."""

    def rebuild(self, now: int) -> Parts:
        tasks = self._head.tasks.values()
        loads = ((task.id, task.node_id, load_of(task)) for task in tasks if occupies(task))
        yield from self._fleet.fill(self._head.nodes.values(), loads)
        for part in parts_of(tasks):
            for task in part:
                if task.status.state is TaskState.PENDING and is_wanted(task):
                    self._waiting.add(task)
            yield

    @property
    def dirty(self) -> bool:
        return self._waiting.anything_due

    def deadline(self) -> int | None:
        return self._retry_at

    # Following the head

    def on_change(self, now: int, change: Changed) -> None:
        if change.kind is Kind.NODE:
            self._on_node(now, change.old, change.new)
            return
        if change.kind is Kind.SERVICE:
            if change.new is None:
                self._forget_service(change.old.id)
            return
        old, new = change.old, change.new
        if new is None:
            self._forget(old)
        else:
            self._follow(new)
            if old is not None:
                self._note_failure(now, old, new)
        if old is not None and occupies(old) and (new is None or not occupies(new) or is_wanted(new) != is_wanted(old)):
            self._retry_soon(now, old.node_id)

    def _on_node(self, now: int, old: Node | None, new: Node | None) -> None:
        if new is None:
            assert old is not None
            self._fleet.remove_node(old.id)
            self._retry_soon(now, old.id)  # the reasons count one node less
            return
        if self._fleet.set_node(new):
            for task in self._head.tasks_on_node(new.id):
                self._follow(task)
        self._retry_soon(now, new.id)

    def _follow(self, task: Task) -> None:
        """Account for a task as it is now: its load if it is somewhere, its place in the queue if it waits."""
        if task.status.state is TaskState.PENDING and is_wanted(task):
            self._waiting.add(task)
            return
        self._waiting.remove(task)
        if occupies(task):
            self._fleet.set_load(task.id, task.node_id, load_of(task))
        elif self._fleet.is_located(task.id):
            self._fleet.set_load(task.id, task.node_id, None)

    def _forget(self, task: Task) -> None:
        self._waiting.remove(task)
        if self._fleet.is_located(task.id):
            self._fleet.set_load(task.id, task.node_id, None)

    def _forget_service(self, service_id: ServiceId) -> None:
        self._fleet.forget_failures((service_id,))
        self._placers = {key: placer for key, placer in self._placers.items() if key[0] != service_id}

    def _note_failure(self, now: int, old: Task, new: Task) -> None:
        """Remember failures where the scheduler had chosen the node."""
        failed = new.status.state in (TaskState.FAILED, TaskState.REJECTED)
        if failed and old.status.state is not new.status.state and new.slot:
            self._fleet.add_failure(now, new.node_id, (new.service_id, new.spec_version))

    def _retry_soon(self, now: int, node_id: NodeId) -> None:
        if self._waiting.anything:
            self._changed_nodes[node_id] = None
            if self._retry_at is None:
                self._retry_at = now + RETRY_NS

    # Placing

    def reconcile(self, now: int, draft: Draft) -> None:
        if self._retry_at is not None and self._retry_at <= now:
            self._retry_at = None
            self._waiting.retry(self._changed_nodes)
            self._changed_nodes = {}
        pipeline: Pipeline | None = None
        while (task_id := self._waiting.next_task) is not None:
            if not _may_go_on(draft, task_id):
                return
            task = self._head.tasks[task_id]
            if pipeline is None or not pipeline.is_for(task):
                pipeline = Pipeline(task)
            self._waiting.tried_task(task_id)
            self._confirm(draft, task, pipeline)
        while (due := self._waiting.next_group) is not None:
            key, group = due
            if not self._place(now, draft, key, group):
                return
            self._waiting.tried_group(key)

    def _confirm(self, draft: Draft, task: Task, pipeline: Pipeline) -> None:
        """Put a task's given node to the filters."""
        draft.look()
        info = self._fleet.info(task.node_id)
        if info is None:
            return  # the global orchestrator is about to remove it
        failure = pipeline.failure(info)
        if failure is None:
            self._assign(draft, task, task.node_id, "scheduler confirmed task can run on preassigned node")
        else:
            _explain(draft, task, pipeline.explain({failure: 1}))

    def _place(self, now: int, draft: Draft, key: ServiceVersion, group: Group) -> bool:
        """Try all tasks of a group; False if the draft was spent before the end."""
        if not _may_go_on(draft, group.first):
            return False
        placer = self._placer(now, key, self._head.tasks[group.first])
        looked_count = placer.look_count
        while group.tasks:
            if not _may_go_on(draft, group.first):
                return False
            info = placer.best()
            draft.look(placer.look_count - looked_count)
            looked_count = placer.look_count
            if info is None:
                return self._tell(draft, group, placer)
            self._assign(draft, self._head.tasks[group.first], info.node.id, "scheduler assigned task to node")
        return True

    def _placer(self, now: int, key: ServiceVersion, task: Task) -> Placer:
        """The one for this service version, told the time."""
        placer = self._placers.pop(key, None)
        if placer is None:
            placer = Placer(self._fleet, task, now)
        else:
            placer.resume(now)
        self._placers[key] = placer
        if len(self._placers) > MAX_PLACERS:
            del self._placers[next(iter(self._placers))]
        return placer

    def _tell(self, draft: Draft, group: Group, placer: Placer) -> bool:
        """Tell those that do not know it why they wait; False if the draft was spent before the end."""
        if draft.looked_enough:
            return False
        looked_count = placer.look_count
        group.reason = placer.reason()
        draft.look(placer.look_count - looked_count)
        while group.untold:
            task_id = next(iter(group.untold))
            if not _may_go_on(draft, task_id):
                return False
            del group.untold[task_id]
            draft.look()
            _explain(draft, self._head.tasks[task_id], group.reason)
        return True

    def check_invariants(self) -> None:
        """The fleet is in order."""
        self._fleet.check_invariants()

    def _assign(self, draft: Draft, task: Task, node_id: NodeId, message: str) -> None:
        status = TaskStatus(state=TaskState.ASSIGNED, timestamp=draft.wall_ns, message=message)
        self._follow(draft.update(replace(task, node_id=node_id, status=status)))


def _may_go_on(draft: Draft, task_id: TaskId) -> bool:
    """Whether this task may be looked at, and written, for this draft."""
    return not draft.looked_enough and draft.has_room_for(Kind.TASK, task_id)


def _explain(draft: Draft, task: Task, reason: str) -> None:
    """Write why a task is pending, unless that is what it says already."""
    if task.status.err != reason:
        status = replace(task.status, timestamp=draft.wall_ns, message="pending task scheduling", err=reason)
        draft.update(replace(task, status=status))
