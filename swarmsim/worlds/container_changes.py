"""From the phases of simulated containers to what Docker would tell of them."""

from collections.abc import Callable, Mapping
from typing import Final

from core.events import ContainerPhase
from core.ids import TaskId
from sim.container import Container, TaskContainer
from sim.engine import Engine
from sim.facts import ContainerChanged
from sim.task_containers import BY_ITSELF
from swarmsim.containers import Action, ContainerEvent, EngineContainer, Undo

Listener = Callable[[ContainerEvent], None]
_RUNS: Final = (ContainerPhase.STARTED, ContainerPhase.HEALTHY, ContainerPhase.UNHEALTHY)


class ContainerChanges:
    """Of one engine, whosever the containers are. `task_changed` is to be told of those of tasks."""

    def __init__(self, engine: Engine, view: Callable[[Container], EngineContainer]) -> None:
        self._engine = engine
        self._view = view
        self._listeners: list[Listener] = []
        self._tasks: dict[TaskId, TaskContainer] = {each.task_id: each for each in engine.tasks.containers}
        self._running: set[str] = {each.id for each in engine.tasks.containers if each.running}
        self._stopping: set[str] = set()
        """Those that somebody stops, by id: their end is told as that."""
        engine.plain.watch(self._changed)

    def watch(self, listener: Listener) -> Undo:
        """Have everything told from now on."""
        listeners = self._listeners
        listeners.append(listener)

        def undo() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return undo

    def tell(self, action: Action, container: Container, details: Mapping[str, str] | None = None) -> None:
        """This has happened to it."""
        event = ContainerEvent(action, self._view(container), details or {})
        for listener in tuple(self._listeners):
            listener(event)

    def stops(self, container: Container) -> None:
        """Somebody stops it."""
        self._stopping.add(container.id)

    def task_changed(self, fact: ContainerChanged) -> None:
        """The container of a task has come to a phase."""
        container = self._engine.tasks.container(fact.task_id) or self._tasks.get(fact.task_id)
        if container is None:
            return
        self._tasks[fact.task_id] = container
        if fact.phase is ContainerPhase.PREPARED:
            self.tell(Action.CREATE, container)
            return
        if fact.phase is ContainerPhase.EXITED and fact.operation_id != BY_ITSELF:
            self.stops(container)
        self._changed(container, fact.phase)
        if fact.phase is ContainerPhase.REMOVED:
            del self._tasks[fact.task_id]

    def _changed(self, container: Container, phase: ContainerPhase) -> None:
        if phase in _RUNS:
            self._runs(container, phase)
        else:
            self._ended(container)
        if phase is ContainerPhase.REMOVED:
            self.tell(Action.DESTROY, container)

    def _runs(self, container: Container, phase: ContainerPhase) -> None:
        if container.id not in self._running:
            self._running.add(container.id)
            self.tell(Action.START, container)
        elif container.has_health_check:
            self.tell(Action.HEALTHY if phase is ContainerPhase.HEALTHY else Action.UNHEALTHY, container)

    def _ended(self, container: Container) -> None:
        if container.id in self._running:
            self._running.remove(container.id)
            self.tell(Action.DIE, container, {"exitCode": str(container.exit_code or 0)})
            if container.id in self._stopping:
                self.tell(Action.STOP, container)
        self._stopping.discard(container.id)
