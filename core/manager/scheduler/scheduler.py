"""The scheduler: pending tasks -> assigned tasks.

Theory of operation. A `Fleet` of nodes follows the change feed (and this scheduler's own placements at once, before
the feed brings them back: a load is set per task, so that twice is once). Pending tasks wait in groups: the tasks of
one service version share their template, so one pass over the nodes serves them all. Tasks that come with a node
(global services) only have that node put to the filters.

A group is tried when a task joins it; what finds no node waits, with the reason in its status, and is tried again when
room may have come free: a node or a stopping task changed. Such retries are gathered for `RETRY_NS`. The result for
each task is that of filtering and ranking all nodes anew (`tests/core/manager/scheduler` has that twin).
"""

from msgspec.structs import replace

from core.ids import NodeId, TaskId
from core.manager.draft import Draft
from core.manager.scheduler.filters import Pipeline
from core.manager.scheduler.fleet import Fleet
from core.manager.scheduler.node_info import ServiceVersion, load_of, occupies
from core.manager.scheduler.preferences import Branch, tree_of
from core.manager.scheduler.spread import Spread
from core.manager.task_moves import Writer
from core.objects.node import Node
from core.objects.task import Task, TaskState, TaskStatus, is_wanted
from core.operations import Kind
from core.parts import Parts, parts_of
from core.store import Changed, Store
from core.timing import MS, SECOND

RETRY_NS = 50 * MS
"""How long news of freed room are gathered before unplaced tasks are tried again (swarmkit `commitDebounceGap`)."""


RUN_NS = 1 * SECOND
"""How long a ranking is believed, since failures are forgotten in time."""


class _Run:
    """A group being placed, over as many drafts as it takes."""

    __slots__ = ("expires_at", "generation", "pipeline", "service", "spread")

    def __init__(self, service: ServiceVersion, pipeline: Pipeline, spread: Spread | Branch, expires_at: int) -> None:
        self.service = service
        self.pipeline = pipeline
        self.spread = spread
        self.expires_at = expires_at
        self.generation = 0


class Scheduler:
    """A reconciler: state PENDING -> ASSIGNED, or a reason why not."""

    kinds = (Kind.TASK, Kind.NODE, Kind.SERVICE)
    writer = Writer.SCHEDULER

    def __init__(self, head: Store) -> None:
        self._head = head
        self._fleet = Fleet()
        self._preassigned: dict[TaskId, None] = {}
        self._groups: dict[ServiceVersion, dict[TaskId, None]] = {}
        self._due_tasks: dict[TaskId, None] = {}
        """Preassigned tasks to try now."""
        self._due_groups: dict[ServiceVersion, None] = {}
        """Groups to try now."""
        self._retry_at: int | None = None
        self._run: _Run | None = None
        """The group that was placed last: goes on in the next draft if nothing else has happened to the fleet."""

    def rebuild(self, now: int) -> Parts:
        tasks = self._head.tasks.values()
        loads = ((task.id, task.node_id, load_of(task)) for task in tasks if occupies(task))
        yield from self._fleet.fill(self._head.nodes.values(), loads)
        for part in parts_of(tasks):
            for task in part:
                if task.status.state is TaskState.PENDING and is_wanted(task):
                    self._enqueue(task)
            yield

    @property
    def dirty(self) -> bool:
        return bool(self._due_tasks or self._due_groups)

    def deadline(self) -> int | None:
        return self._retry_at

    # Following the head

    def on_change(self, now: int, change: Changed) -> None:
        if change.kind is Kind.NODE:
            self._on_node(now, change.old, change.new)
            return
        if change.kind is Kind.SERVICE:
            if change.new is None:
                self._fleet.forget_failures((change.old.id,))
            return
        old, new = change.old, change.new
        if new is None:
            self._forget(old)
        else:
            self._follow(new)
            if old is not None:
                self._note_failure(now, old, new)
        if old is not None and occupies(old) and (new is None or not occupies(new) or is_wanted(new) != is_wanted(old)):
            self._retry_soon(now)

    def _on_node(self, now: int, old: Node | None, new: Node | None) -> None:
        if new is None:
            assert old is not None
            self._fleet.remove_node(old.id)
            return
        if self._fleet.set_node(new):
            for task in self._head.tasks_on_node(new.id):
                self._follow(task)
        self._retry_soon(now)

    def _follow(self, task: Task) -> None:
        """Account for a task as it is now: its load if it is somewhere, its place in the queue if it waits."""
        if task.status.state is TaskState.PENDING and is_wanted(task):
            self._enqueue(task)
            return
        self._dequeue(task)
        if occupies(task):
            self._fleet.set_load(task.id, task.node_id, load_of(task))
        elif self._fleet.is_located(task.id):
            self._fleet.set_load(task.id, task.node_id, None)

    def _enqueue(self, task: Task) -> None:
        if task.node_id:
            if task.id not in self._preassigned:
                self._preassigned[task.id] = self._due_tasks[task.id] = None
            return
        key = (task.service_id, task.spec_version)
        group = self._groups.setdefault(key, {})
        if task.id not in group:
            group[task.id] = self._due_groups[key] = None

    def _dequeue(self, task: Task) -> None:
        self._preassigned.pop(task.id, None)
        self._due_tasks.pop(task.id, None)
        key = (task.service_id, task.spec_version)
        group = self._groups.get(key)
        if group is not None:
            group.pop(task.id, None)
            if not group:
                del self._groups[key]
                self._due_groups.pop(key, None)

    def _forget(self, task: Task) -> None:
        self._dequeue(task)
        if self._fleet.is_located(task.id):
            self._fleet.set_load(task.id, task.node_id, None)

    def _note_failure(self, now: int, old: Task, new: Task) -> None:
        """Remember failures where the scheduler had chosen the node."""
        failed = new.status.state in (TaskState.FAILED, TaskState.REJECTED)
        if failed and old.status.state is not new.status.state and new.slot:
            self._fleet.add_failure(now, new.node_id, (new.service_id, new.spec_version))

    def _retry_soon(self, now: int) -> None:
        if self._retry_at is None and (self._preassigned or self._groups):
            self._retry_at = now + RETRY_NS

    # Placing

    def reconcile(self, now: int, draft: Draft) -> None:
        if self._retry_at is not None and self._retry_at <= now:
            self._retry_at = None
            self._due_tasks = dict(self._preassigned)
            self._due_groups = dict.fromkeys(self._groups)
        for task_id in list(self._due_tasks):
            if not draft.has_room_for(Kind.TASK, task_id):
                return
            del self._due_tasks[task_id]
            self._confirm(draft, self._head.tasks[task_id])
        for key in list(self._due_groups):
            if not self._place(now, draft, key):
                return
            self._due_groups.pop(key, None)

    def _confirm(self, draft: Draft, task: Task) -> None:
        """Put a task's given node to the filters."""
        info = self._fleet.info(task.node_id)
        if info is None:
            return  # the global orchestrator is about to remove it
        pipeline = Pipeline(task)
        if pipeline.passes(info):
            self._assign(draft, task, task.node_id, "scheduler confirmed task can run on preassigned node")
        else:
            _explain(draft, task, pipeline.explain([info]))

    def _place(self, now: int, draft: Draft, key: ServiceVersion) -> bool:
        """Try all tasks of a group; False if the draft was full before the end."""
        if not draft.has_room_for(Kind.TASK, next(iter(self._groups[key]))):
            return False
        tasks = [self._head.tasks[task_id] for task_id in self._groups[key]]
        run = self._run
        if run is None or run.service != key or run.generation != self._fleet.generation or now > run.expires_at:
            run = self._run = self._begin_run(now, key, tasks[0])
        done = self._place_all(draft, tasks, run)
        run.generation = self._fleet.generation
        return done

    def _begin_run(self, now: int, key: ServiceVersion, task: Task) -> _Run:
        pipeline, preferences = Pipeline(task), task.spec.placement.preferences
        spread: Spread | Branch
        if preferences:
            spread = tree_of(self._fleet.infos, preferences, pipeline, now, key)
        else:
            spread = Spread(self._fleet, pipeline, now, key)
        return _Run(key, pipeline, spread, now + RUN_NS)

    def _place_all(self, draft: Draft, tasks: list[Task], run: "_Run") -> bool:
        reason = None
        for task in tasks:
            if not draft.has_room_for(Kind.TASK, task.id):
                return False
            info = run.spread.best()
            if info is not None:
                self._assign(draft, task, info.node.id, "scheduler assigned task to node")
            else:
                reason = reason or run.pipeline.explain(self._fleet.infos)
                _explain(draft, task, reason)
        return True

    def check_invariants(self) -> None:
        """The fleet is in order."""
        self._fleet.check_invariants()

    def _assign(self, draft: Draft, task: Task, node_id: NodeId, message: str) -> None:
        status = TaskStatus(state=TaskState.ASSIGNED, timestamp=draft.wall_ns, message=message)
        self._follow(draft.update(replace(task, node_id=node_id, status=status)))


def _explain(draft: Draft, task: Task, reason: str) -> None:
    """Write why a task is pending, unless that is what it says already."""
    if task.status.err != reason:
        status = replace(task.status, timestamp=draft.wall_ns, message="pending task scheduling", err=reason)
        draft.update(replace(task, status=status))
