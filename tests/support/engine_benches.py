"""Container engines behind one face, so that one contract suite runs over all: the simulated, and the one that is not
there."""

from random import Random
from typing import Any, Protocol

from simulated import task

from core.absent import EngineOrder, refusal
from core.effects import PrepareTask, RemoveTask, StartTask, StopTask
from core.events import ContainerPhase, Event, TaskReported
from core.ids import OperationId, TaskId
from core.timing import SECOND
from sim.engine import Engine
from sim.facts import ContainerChanged, WorldFact
from sim.images import Catalogue
from sim.loop import Loop
from sim.programs.programs import NoNetwork, Programs


def prepare(task_id: TaskId) -> PrepareTask:
    return PrepareTask(OperationId(1), task(task_id), (), ())


def start(task_id: TaskId) -> StartTask:
    return StartTask(OperationId(2), task_id)


def stop(task_id: TaskId, grace_ns: int = 10 * SECOND) -> StopTask:
    return StopTask(OperationId(3), task_id, grace_ns)


def remove(task_id: TaskId) -> RemoveTask:
    return RemoveTask(OperationId(4), task_id)


class EngineBench(Protocol):
    """An engine with a listening daemon; its inventory is empty."""

    heard: list[TaskReported]

    def perform(self, effect: EngineOrder) -> None:
        """Give an order to the port, and let no time pass."""

    def settle(self) -> None:
        """Wait until it is quiet."""


class SimulatedEngine:
    """`sim.engine.Engine`."""

    def __init__(self) -> None:
        self.heard: list[TaskReported] = []
        self._facts: list[WorldFact] = []
        self._loop = Loop(1)
        programs = Programs(self._loop, NoNetwork())
        self._engine = Engine(self._loop, Catalogue((), lenient=True), Random(1), self._facts.append, programs)
        self._engine.connect(self._hear)

    def _hear(self, event: Event) -> None:
        if isinstance(event, TaskReported):
            self.heard.append(event)

    def perform(self, effect: EngineOrder) -> None:
        self._engine.perform(effect, self._hear)

    def settle(self, duration_ns: int = 60 * SECOND) -> None:
        self._loop.run_until(self._loop.now + duration_ns)

    def containers(self) -> list[TaskId]:
        """Tasks that have a container."""
        return [container.task_id for container in self._engine.tasks.containers]

    def running(self) -> list[TaskId]:
        """Tasks whose container runs."""
        return [container.task_id for container in self._engine.tasks.containers if container.running]

    def starts(self) -> int:
        """How often any container was started."""
        changes = [fact for fact in self._facts if isinstance(fact, ContainerChanged)]
        return sum(change.phase is ContainerPhase.HEALTHY for change in changes)

    def crash(self, task_id: TaskId) -> None:
        """Its process ends."""
        assert self._engine.tasks.exit(task_id, 1)


class NoEngine:
    """`core.absent.refusal`, delivered as the real driver does: later."""

    def __init__(self) -> None:
        self.heard: list[TaskReported] = []
        self._answers: list[Any] = []

    def perform(self, effect: EngineOrder) -> None:
        self._answers.append(refusal(effect))

    def settle(self) -> None:
        self.heard += self._answers
        self._answers.clear()
