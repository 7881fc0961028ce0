"""Replicated jobs: so many tasks that complete, so many of them at a time.

Theory of operation. A job has slots 1..total completions; each is filled until a task of it has completed, or until its
restart policy gives it up. A `Ledger` per job says which slots run and which are settled; it follows the change feed
slot by slot. A job has a task to make if fewer slots run than may at once and some slot has not been begun: then the
lowest. A task that failed, or whose node is lost, is restarted in its slot. Every update of the service begins another
execution (`JobStatus.iteration`): the tasks of earlier ones are removed.

(Docker numbers the slots of jobs from 0; here 0 means a global service.)
"""

from random import Random

from core.ids import ServiceId
from core.manager.draft import Draft
from core.manager.orchestrator.slot_looks import SlotLooks
from core.manager.orchestrator.slots import file
from core.manager.orchestrator.tasks import NOWHERE, is_current, is_lost, must_wait, new_task, want
from core.manager.restart.restart import restart
from core.manager.task_moves import Writer
from core.objects.node import Node
from core.objects.service import ReplicatedJob, Service
from core.objects.task import Task, TaskState, is_wanted
from core.operations import Kind
from core.parts import Parts
from core.store import Changed, SlotKey, Store


class Ledger:
    """How far the present execution of one job is."""

    __slots__ = ("_next", "looks", "running", "settled")

    def __init__(self, head: Store, service_id: ServiceId) -> None:
        self.looks = SlotLooks(head, service_id)
        self._next = 1
        """Below it every slot was begun."""
        self.running: dict[int, None] = {}
        self.settled: dict[int, None] = {}
        """Slots that have completed, and those given up."""

    def file(self, number: int, *, running: bool, settled: bool) -> None:
        """What was found of a slot."""
        file(number, self.running, running)
        file(number, self.settled, settled)
        if not running and not settled:
            self._next = min(self._next, number)

    def free_number(self) -> int:
        """The lowest slot that neither runs nor is settled."""
        while self._next in self.running or self._next in self.settled:
            self._next += 1
        return self._next


class ReplicatedJobs:
    """A reconciler: jobs -> tasks."""

    kinds = (Kind.SERVICE, Kind.TASK, Kind.NODE)
    writer = Writer.ORCHESTRATOR

    def __init__(self, head: Store, rng: Random) -> None:
        self._head = head
        self._rng = rng
        self._ledgers: dict[ServiceId, Ledger] = {}
        self._marked: dict[ServiceId, None] = {}

    def rebuild(self, now: int) -> Parts:
        for service in self._head.services.values():
            self._begin(service)
        yield

    @property
    def dirty(self) -> bool:
        return bool(self._marked)

    def deadline(self) -> int | None:
        return None

    def on_change(self, now: int, change: Changed) -> None:
        if change.kind is Kind.TASK:
            self._touch(change.new or change.old)
        elif change.kind is Kind.NODE:
            self._on_node(change.old, change.new)
        elif change.new is None:
            self._ledgers.pop(change.old.id, None)
            self._marked.pop(change.old.id, None)
        elif change.old is None or change.old.spec_version != change.new.spec_version:
            self._begin(change.new)

    def _on_node(self, old: Node | None, new: Node | None) -> None:
        if old is not None and is_lost(new):
            for task in self._head.tasks_on_node(old.id):
                self._touch(task)

    def _touch(self, task: Task) -> None:
        ledger = self._ledgers.get(task.service_id)
        if ledger is not None:
            ledger.looks.touch(task)
            self._marked[task.service_id] = None

    def _begin(self, service: Service) -> None:
        if isinstance(service.spec.mode, ReplicatedJob):
            self._ledgers[service.id] = Ledger(self._head, service.id)
            self._marked[service.id] = None

    def reconcile(self, now: int, draft: Draft) -> None:
        for service_id in list(self._marked):
            service, ledger = self._head.services[service_id], self._ledgers[service_id]
            if not self._look(draft, service, ledger) or not self._fill(draft, service, ledger):
                return
            del self._marked[service_id]

    def _look(self, draft: Draft, service: Service, ledger: Ledger) -> bool:
        """Look at the slots that have changed; False if the draft is spent before."""
        while ledger.looks:
            if draft.spent:
                return False
            slot = ledger.looks.next()
            if slot is not None:
                draft.look()
                self._settle(draft, service, ledger, slot)
        return True

    def _settle(self, draft: Draft, service: Service, ledger: Ledger, slot: SlotKey) -> None:
        """Restart what is to be restarted in a slot, and enter what becomes of it."""
        tasks = self._head.tasks_in_slot(slot)
        for task in tasks:
            if not is_current(service, task):
                want(draft, task, TaskState.REMOVE)
            elif is_wanted(task) and self._has_failed(task):
                restart(draft, self._rng, service, task)
        current = [task for task in self._head.tasks_in_slot(slot) if is_current(service, task)]
        running = any(is_wanted(task) and task.status.state <= TaskState.RUNNING for task in current)
        ledger.file(slot[1], running=running, settled=bool(current) and not running)

    def _has_failed(self, task: Task) -> bool:
        if task.status.state > TaskState.RUNNING:
            return task.status.state is not TaskState.COMPLETE
        return bool(task.node_id) and is_lost(self._head.nodes.get(task.node_id))

    def _fill(self, draft: Draft, service: Service, ledger: Ledger) -> bool:
        """Begin slots as long as more may run; False if there is no room in the draft for all of them."""
        mode = service.spec.mode
        assert isinstance(mode, ReplicatedJob)
        while len(ledger.running) < mode.max_concurrent and (
            len(ledger.running) + len(ledger.settled) < mode.total_completions
        ):
            if draft.full:
                return False
            number = ledger.free_number()
            before = self._head.tasks_in_slot((service.id, number, NOWHERE))
            draft.create(new_task(self._rng, service, number, draft.wall_ns, waits=must_wait(before)))
            ledger.file(number, running=True, settled=False)
        return True
