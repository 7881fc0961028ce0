"""Global services and global jobs: one task on every node that is eligible.

Theory of operation. The unit of work is a pair of service and node. A node is

- *eligible* if it is neither down nor drained and meets the service's constraints;
- *paused* if its availability is PAUSE: what runs there runs on, nothing is added or restarted.

An eligible node gets a task unless it has one that is wanted, or its last one ended and the restart policy lets it
rest. On a node that is not eligible the task is shut down; with a node that is gone it is removed. A new task
beside one that has not stopped yet gets ready and waits (`restart.starter`). The scheduler still puts the task's
node to its filters. A job's task that has completed rests for good; with the next execution of the job all tasks of
earlier ones are removed, and every node begins afresh. Nodes that come later get their task too.
"""

from random import Random

from core.ids import NodeId, ServiceId
from core.manager.draft import Draft
from core.manager.orchestrator.tasks import is_current, is_lost, must_wait, new_task, want
from core.manager.placement.constraints import is_same_place, meets, parse_constraints
from core.manager.restart.policy import failures_in_a_row, should_restart
from core.manager.restart.restart import restart
from core.manager.task_moves import Writer
from core.objects.node import Availability, Node
from core.objects.service import Global, GlobalJob, Service
from core.objects.task import Task, TaskState, is_wanted
from core.operations import Kind
from core.parts import Parts
from core.store import Changed, Store

_Pair = tuple[ServiceId, NodeId]


class GlobalOrchestrator:
    """A reconciler: services and nodes -> tasks."""

    kinds = (Kind.SERVICE, Kind.TASK, Kind.NODE)
    writer = Writer.ORCHESTRATOR

    def __init__(self, head: Store, rng: Random) -> None:
        self._head = head
        self._rng = rng
        self._services: dict[ServiceId, None] = {}
        """All global services."""
        self._pairs: dict[_Pair, None] = {}
        """What to look at."""

    def rebuild(self, now: int) -> Parts:
        for service in self._head.services.values():
            if isinstance(service.spec.mode, Global | GlobalJob):
                self._adopt(service)
                yield

    @property
    def dirty(self) -> bool:
        return bool(self._pairs)

    def deadline(self) -> int | None:
        return None

    def on_change(self, now: int, change: Changed) -> None:
        if change.kind is Kind.NODE:
            self._on_node(change.old, change.new)
        elif change.kind is Kind.SERVICE:
            self._on_service(change.old, change.new)
        else:
            task = change.old if change.new is None else change.new
            if task.service_id in self._services:
                self._pairs[task.service_id, task.node_id] = None

    def _on_node(self, old: Node | None, new: Node | None) -> None:
        if old is not None and new is not None and _same_for_placement(old, new):
            return
        node_id = old.id if new is None and old is not None else new.id  # type: ignore[union-attr]
        for service_id in self._services:
            self._pairs[service_id, node_id] = None

    def _on_service(self, old: Service | None, new: Service | None) -> None:
        if new is None:
            assert old is not None
            self._services.pop(old.id, None)
        elif isinstance(new.spec.mode, Global | GlobalJob) and (old is None or old.spec_version != new.spec_version):
            self._adopt(new)

    def _adopt(self, service: Service) -> None:
        self._services[service.id] = None
        for node_id in self._head.nodes:
            self._pairs[service.id, node_id] = None
        for task in self._head.tasks_of_service(service.id):
            self._pairs[service.id, task.node_id] = None

    def reconcile(self, now: int, draft: Draft) -> None:
        for pair in list(self._pairs):
            if draft.spent:
                return
            draft.look()
            del self._pairs[pair]
            service = self._head.services.get(pair[0])
            if service is not None:
                self._settle(draft, service, pair[1])

    def _settle(self, draft: Draft, service: Service, node_id: NodeId) -> None:
        node = self._head.nodes.get(node_id)
        tasks = self._head.tasks_in_slot((service.id, 0, node_id))
        for task in tasks:
            if not is_current(service, task):
                want(draft, task, TaskState.REMOVE)
        wanted = [task for task in tasks if is_wanted(task) and is_current(service, task)]
        if node is None or is_lost(node) or not meets(node, parse_constraints(service.spec.task.placement.constraints)):
            for task in wanted:
                want(draft, task, TaskState.REMOVE if node is None else TaskState.SHUTDOWN)
        elif node.spec.availability is Availability.PAUSE:
            return
        elif not wanted:
            self._start(draft, service, node_id, tasks)
        else:
            for task in wanted:
                if task.status.state > TaskState.RUNNING:
                    restart(draft, self._rng, service, task)

    def _start(self, draft: Draft, service: Service, node_id: NodeId, before: list[Task]) -> None:
        if before and is_current(service, before[-1]) and not should_restart(self._head, before[-1], draft.wall_ns):
            return
        row = failures_in_a_row(service, before[-1]) if before else 0
        draft.create(
            new_task(self._rng, service, 0, draft.wall_ns, node_id, waits=must_wait(before), failures_in_a_row=row)
        )


def _same_for_placement(old: Node, new: Node) -> bool:
    return is_same_place(old, new) and old.status.state is new.status.state
