"""Replicated services: slots 1..N, each filled by one task.

Theory of operation. Two kinds of work, each found by id in the change feed and looked up afresh when its turn comes:

- a *task* that is wanted but has ended, or whose node is down, drained or gone, is restarted in its slot;
- a *service* that came, changed or lost a task is counted: slots missing are filled from the lowest free number, slots
  too many are given up so that what stays is spread evenly (`slots.in_order_of_keeping`), for good (desired REMOVE).

A slot whose last task has ended and is not to be restarted by its policy still counts: it is done, not missing.
Tasks of removed services are not looked at here (`removal`).
"""

from random import Random

from core.ids import ServiceId, TaskId
from core.manager.draft import Draft
from core.manager.orchestrator.slots import Slots, free_numbers, in_order_of_keeping
from core.manager.orchestrator.tasks import is_lost, is_wanted, new_task, want
from core.manager.restart.policy import should_restart
from core.manager.restart.restart import restart
from core.objects.node import Node
from core.objects.service import Replicated, Service
from core.objects.task import Task, TaskState
from core.operations import Kind
from core.parts import Parts, parts_of
from core.store import Changed, Store


class ReplicatedOrchestrator:
    """A reconciler: services -> tasks."""

    kinds = (Kind.SERVICE, Kind.TASK, Kind.NODE)

    def __init__(self, head: Store, rng: Random) -> None:
        self._head = head
        self._rng = rng
        self._services: dict[ServiceId, None] = {}
        self._tasks: dict[TaskId, None] = {}

    def rebuild(self, now: int) -> Parts:
        self._services = dict.fromkeys(self._head.services)
        for tasks in parts_of(self._head.tasks.values()):
            self._tasks.update((task.id, None) for task in tasks if self._needs_restart(task))
            yield

    @property
    def dirty(self) -> bool:
        return bool(self._services or self._tasks)

    def deadline(self) -> int | None:
        return None

    def on_change(self, now: int, change: Changed) -> None:
        if change.kind is Kind.TASK:
            self._on_task(change.old, change.new)
        elif change.kind is Kind.NODE:
            self._on_node(change.old, change.new)
        elif change.new is not None and (change.old is None or change.old.spec.mode != change.new.spec.mode):
            self._services[change.new.id] = None

    def _on_task(self, old: Task | None, new: Task | None) -> None:
        if new is None:
            assert old is not None
            if is_wanted(old):
                self._services[old.service_id] = None
        elif self._needs_restart(new):
            self._tasks[new.id] = None

    def _on_node(self, old: Node | None, new: Node | None) -> None:
        if old is None or not is_lost(new):
            return
        for task in self._head.tasks_on_node(old.id):
            if is_wanted(task):
                self._tasks[task.id] = None

    def _needs_restart(self, task: Task) -> bool:
        if not is_wanted(task):
            return False
        ended = task.status.state > TaskState.RUNNING
        return ended or (bool(task.node_id) and is_lost(self._head.nodes.get(task.node_id)))

    def reconcile(self, now: int, draft: Draft) -> None:
        for task_id in list(self._tasks):
            if draft.full:
                return
            del self._tasks[task_id]
            self._restart(draft, self._head.tasks.get(task_id))
        for service_id in list(self._services):
            if draft.full:
                return
            if self._count(draft, service_id) and not draft.full:
                del self._services[service_id]

    def _restart(self, draft: Draft, task: Task | None) -> None:
        if task is None or not self._needs_restart(task):
            return
        service = self._head.services.get(task.service_id)
        if service is not None and isinstance(service.spec.mode, Replicated):
            restart(draft, self._rng, service, task)

    def _count(self, draft: Draft, service_id: ServiceId) -> bool:
        """Bring the number of slots nearer to what is declared; whether nothing more is to be done (or it is full)."""
        service = self._head.services.get(service_id)
        if service is None or not isinstance(service.spec.mode, Replicated):
            return True
        everything = self._slots_of(service)
        counted = self._counted(everything, draft.wall_ns)
        missing = service.spec.mode.replicas - len(counted)
        if missing > 0:
            self._fill(draft, service, counted, missing)
            return False  # the dead slots that were not filled again are next
        kept = in_order_of_keeping(counted)[: service.spec.mode.replicas] if missing else list(counted)
        for number in kept:
            del everything[number]
        self._give_up(draft, [task for tasks in everything.values() for task in tasks])
        return True

    def _slots_of(self, service: Service) -> Slots:
        slots: Slots = {}
        for task in self._head.tasks_of_service(service.id):
            slots.setdefault(task.slot, []).append(task)
        return slots

    def _counted(self, slots: Slots, wall_ns: int) -> Slots:
        """The slots that count: those with a wanted task, and those whose last task has ended and may rest."""
        counted: Slots = {}
        for number, tasks in slots.items():
            wanted = [task for task in tasks if is_wanted(task)]
            if wanted:
                counted[number] = wanted
            elif tasks[-1].desired_state is not TaskState.REMOVE and not should_restart(self._head, tasks[-1], wall_ns):
                counted[number] = tasks[-1:]
        return counted

    def _fill(self, draft: Draft, service: Service, slots: Slots, count: int) -> None:
        numbers = free_numbers(slots)
        for _ in range(count):
            if draft.full:
                return
            draft.create(new_task(self._rng, service, next(numbers), draft.wall_ns))

    def _give_up(self, draft: Draft, tasks: list[Task]) -> None:
        for task in tasks:
            if draft.full:
                return
            want(draft, task, TaskState.REMOVE)
