"""Fenced slots never run twice: judged at the instant a container starts, on what really runs then.

When a container of a task with a fence starts, no other container of a fenced task of its slot runs, on any host. An
agent can end nothing while its daemon is dead or paused, its host is locked, or its engine does not answer; once that
is over it has one fence more. So a container is excused whose host was *helpless* within that time.

Tasks with a fence are remembered from when a leader moves them or their container starts: containers outlive records.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from core.events import ContainerPhase
from core.facts import HostPhaseChanged, TaskMoved
from core.ids import TaskId
from core.objects.fence import fence_wait_ns
from core.objects.task import Task
from core.phases import HostPhase
from core.store import SlotKey, slot_of
from core.timing import NEVER
from core.trials.faults import StopEngine
from sim.facts import ContainerChanged, DaemonStarted, DaemonStopped, FaultEnded, FaultStarted, Paused, Resumed
from swarmsim.checks.check import Check, furthest_store
from swarmsim.counting import counted
from swarmsim.world import FactListener, World

_STARTS: Final = (ContainerPhase.STARTED, ContainerPhase.HEALTHY)


class FencedSlotsNeverDoubled(Check):
    """Judged whenever a container starts."""

    name = "fenced-slots-never-doubled"

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._helpless_until: dict[str, int] = {}
        """When each host was last helpless; NEVER while it is."""
        self._locked: set[str] = set()
        self._stopped_engines: dict[int, tuple[str, ...]] = {}
        self._excused: set[TaskId] = set()
        self._slots: dict[SlotKey, dict[TaskId, Task]] = {}
        """Every task with a fence there ever was in each slot."""
        self._slot_of: dict[TaskId, SlotKey] = {}

    def handlers(self) -> Mapping[type, FactListener]:
        return {
            TaskMoved: self._on_moved,
            ContainerChanged: self._on_container,
            DaemonStopped: self._on_helpless,
            Paused: self._on_helpless,
            DaemonStarted: self._on_able,
            Resumed: self._on_able,
            HostPhaseChanged: self._on_phase,
            FaultStarted: self._on_fault,
            FaultEnded: self._on_fault_ended,
        }

    def remark(self) -> str:
        count = len(self._excused)
        return f"{counted(count, 'container')} could not be ended by a helpless host" if count else ""

    def judge(self, at_ns: int, started: Task, others: Iterable[tuple[Task, str]]) -> None:
        """A container of this task has just started; these of its slot run as well, each on its host."""
        if started.fence_ns is None:
            return
        doubled: list[str] = []
        for task, host in others:
            if task.fence_ns is None:
                continue
            if at_ns - self._helpless_until.get(host, -NEVER) <= fence_wait_ns(task):
                self._excused.add(task.id)
            else:
                doubled.append(f"{task.id} on {host}")
        self.expect(not doubled, at_ns, f"{started.id} starts while of its fenced slot there runs {', '.join(doubled)}")

    def learn(self, task: Task) -> None:
        """There is this task; of its fence and its slot nothing ever changes."""
        if task.fence_ns is not None:
            self._slot_of[task.id] = slot_of(task)
            self._slots.setdefault(slot_of(task), {})[task.id] = task

    def _on_moved(self, at_ns: int, host: str, fact: TaskMoved) -> None:
        store = self._world.store(host)
        task = store.tasks.get(fact.task_id) if store is not None else None
        if task is not None:
            self.learn(task)

    def _on_container(self, at_ns: int, host: str, fact: ContainerChanged) -> None:
        if fact.phase not in _STARTS:
            return
        store = furthest_store(self._world)
        task = store.tasks.get(fact.task_id) if store is not None else None
        if store is not None and task is not None:
            for each in store.tasks_in_slot(slot_of(task)):
                self.learn(each)
        slot = self._slot_of.get(fact.task_id)
        if slot is None:
            return
        tasks = self._slots[slot]
        running = [
            (tasks[container.task_id], each)
            for each in self._world.hosts()
            for container in self._world.containers(each)
            if container.running and container.task_id in tasks and container.task_id != fact.task_id
        ]
        self.judge(at_ns, tasks[fact.task_id], running)

    def _on_helpless(self, at_ns: int, host: str, fact: object) -> None:
        self._helpless_until[host] = NEVER

    def _on_able(self, at_ns: int, host: str, fact: object) -> None:
        bound = host in self._locked or any(host in hosts for hosts in self._stopped_engines.values())
        if host in self._helpless_until and not bound:
            self._helpless_until[host] = at_ns

    def _on_phase(self, at_ns: int, host: str, fact: HostPhaseChanged) -> None:
        if fact.phase == HostPhase.LOCKED.value:
            self._locked.add(host)
            self._on_helpless(at_ns, host, fact)
        elif host in self._locked:
            self._locked.discard(host)
            self._on_able(at_ns, host, fact)

    def _on_fault(self, at_ns: int, host: str, fact: FaultStarted) -> None:
        if isinstance(fact.fault, StopEngine):
            self._stopped_engines[fact.number] = fact.fault.hosts
            for each in fact.fault.hosts:
                self._on_helpless(at_ns, each, fact)

    def _on_fault_ended(self, at_ns: int, host: str, fact: FaultEnded) -> None:
        for each in self._stopped_engines.pop(fact.number, ()):
            if self._world.status(each).lives:
                self._on_able(at_ns, each, fact)
