"""Replicated services: slots 1..N, each filled by one task.

Theory of operation. Two kinds of work, each found by id in the change feed and looked up afresh when its turn comes:

- a *task* that is wanted but has ended, or whose node is down, drained or gone, is restarted in its slot;
- a *service* that came, changed or lost a task is counted: slots missing are filled from the lowest free number, slots
  too many are given up so that what stays is spread evenly (`slots.in_order_of_keeping`), for good (desired REMOVE).
  A slot given up may be wanted again before its task has stopped: the new one gets ready and waits (`restart.starter`).

A slot whose last task has ended and is not to be restarted by its policy still counts: it is done, not missing.
Tasks of removed services are not looked at here (`removal`).
"""

from collections.abc import Container
from random import Random

from core.ids import ServiceId, TaskId
from core.manager.draft import Draft
from core.manager.orchestrator.slots import Slots, free_numbers, in_order_of_keeping
from core.manager.orchestrator.tally import Tally
from core.manager.orchestrator.tasks import NOWHERE, is_lost, must_wait, new_task, want
from core.manager.restart.policy import should_restart
from core.manager.restart.restart import restart
from core.manager.task_moves import Writer
from core.objects.node import Node
from core.objects.service import Replicated, Service
from core.objects.task import Task, TaskState, is_wanted
from core.operations import Kind
from core.parts import Parts, parts_of
from core.store import Changed, Store


class ReplicatedOrchestrator:
    """A reconciler: services -> tasks."""

    kinds = (Kind.SERVICE, Kind.TASK, Kind.NODE)
    writer = Writer.ORCHESTRATOR

    def __init__(self, head: Store, rng: Random) -> None:
        self._head = head
        self._rng = rng
        self._services: dict[ServiceId, None] = {}
        self._tasks: dict[TaskId, None] = {}
        self._tally = Tally(head)
        self._surplus: dict[ServiceId, dict[TaskId, None]] = {}
        """What is still to be given up of what was found to be too much; worked out once for many drafts."""

    def rebuild(self, now: int) -> Parts:
        self._services = dict.fromkeys(self._head.services)
        for tasks in parts_of(self._head.tasks.values()):
            for task in tasks:
                self._tally.follow(None, task)
                if self._needs_restart(task):
                    self._tasks[task.id] = None
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
        elif change.new is None:
            self._surplus.pop(change.old.id, None)
        elif change.old is None or change.old.spec.mode != change.new.spec.mode:
            self._surplus.pop(change.new.id, None)
            self._services[change.new.id] = None

    def _on_task(self, old: Task | None, new: Task | None) -> None:
        self._tally.follow(old, new)
        self._follow_surplus(old, new)
        if new is None:
            assert old is not None
            if is_wanted(old):
                self._services[old.service_id] = None
        elif self._needs_restart(new):
            self._tasks[new.id] = None

    def _follow_surplus(self, old: Task | None, new: Task | None) -> None:
        """What is too much was found so beside all other tasks: when those change, it has to be found anew."""
        task = new or old
        assert task is not None
        surplus = self._surplus.get(task.service_id)
        if surplus is None:
            return
        if task.id in surplus:
            if new is None or new.desired_state is TaskState.REMOVE:
                del surplus[task.id]
        elif _is_wanted(old) is not _is_wanted(new):
            del self._surplus[task.service_id]

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
        restarting = bool(self._tasks)
        for task_id in list(self._tasks):
            if draft.spent:
                return
            draft.look()
            del self._tasks[task_id]
            self._restart(draft, self._head.tasks.get(task_id))
        if restarting and not draft.empty:
            return  # services are counted once the feed has told of this
        for service_id in list(self._services):
            if draft.spent:
                return
            draft.look()
            if self._count(draft, service_id) and not draft.full:
                del self._services[service_id]

    def check_invariants(self) -> None:
        """The slots are counted right."""
        self._tally.check_invariants()

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
        if self._give_up_surplus(draft, service_id):
            return False
        idle = {slot: self._head.tasks_in_slot((service_id, slot, NOWHERE)) for slot in self._tally.idle(service_id)}
        resting = {slot: tasks[-1:] for slot, tasks in idle.items() if self._rests(tasks[-1], draft.wall_ns)}
        taken = {**self._tally.wanted(service_id), **resting}
        missing = service.spec.mode.replicas - len(taken)
        if missing > 0:
            self._fill(draft, service, taken, missing)
            return False  # the dead slots that were not filled again are next
        if missing < 0:
            self._surplus[service_id] = self._beyond(service_id, service.spec.mode.replicas, resting)
            self._give_up_surplus(draft, service_id)
            return False
        self._give_up(draft, [task for slot in idle if slot not in resting for task in idle[slot]])
        return True

    def _rests(self, last: Task, wall_ns: int) -> bool:
        """Whether a slot counts although its last task has ended: it is done."""
        return last.desired_state is not TaskState.REMOVE and not should_restart(self._head, last, wall_ns)

    def _beyond(self, service_id: ServiceId, replicas: int, resting: Slots) -> dict[TaskId, None]:
        """The tasks of all slots but those to keep."""
        everything: Slots = {}
        for task in self._head.tasks_of_service(service_id):
            everything.setdefault(task.slot, []).append(task)
        counted = {
            slot: [task for task in everything[slot] if is_wanted(task)] for slot in self._tally.wanted(service_id)
        }
        for slot in in_order_of_keeping({**counted, **resting})[:replicas]:
            del everything[slot]
        tasks = [task for tasks in everything.values() for task in tasks]
        return {task.id: None for task in tasks if task.desired_state is not TaskState.REMOVE}

    def _give_up_surplus(self, draft: Draft, service_id: ServiceId) -> bool:
        """Whether there was any: the feed will tell what of it is given up, and then the service is counted again."""
        surplus = self._surplus.get(service_id)
        if not surplus:
            self._surplus.pop(service_id, None)
            return False
        self._give_up(draft, [self._head.tasks[task_id] for task_id in surplus])
        return True

    def _fill(self, draft: Draft, service: Service, taken: Container[int], count: int) -> None:
        numbers = free_numbers(taken)
        for _ in range(count):
            if draft.full:
                return
            slot = next(numbers)
            waits = must_wait(self._head.tasks_in_slot((service.id, slot, NOWHERE)))
            draft.create(new_task(self._rng, service, slot, draft.wall_ns, waits=waits))

    def _give_up(self, draft: Draft, tasks: list[Task]) -> None:
        for task in tasks:
            if draft.full:
                return
            want(draft, task, TaskState.REMOVE)


def _is_wanted(task: Task | None) -> bool:
    return task is not None and is_wanted(task)
