"""What the container of one task writes, read on its own host; the container may be yet to come."""

from core.ids import TaskId
from swarmsim.containers import Action, Broken, ContainerEvent, EngineError, LogWish, RemoteTaker, Undo
from swarmsim.worlds.simulated_engine import SimulatedEngine


class TaskLog:
    """From its making until `stop`, or until there is no more or no engine to ask, which is told."""

    def __init__(self, engine: SimulatedEngine, task_id: TaskId, wish: LogWish, taker: RemoteTaker) -> None:
        self._engine = engine
        self._task_id = task_id
        self._wish = wish
        self._taker = taker
        self._undo: Undo | None = None
        container_id = engine.task_container(task_id)
        if container_id is not None:
            self._read(container_id)
        elif wish.follow:
            self._undo = engine.watch(self._changed)
        else:
            taker(None)

    def stop(self) -> None:
        """Nobody reads it any more."""
        if self._undo is not None:
            self._undo()

    def _changed(self, event: ContainerEvent) -> None:
        if event.action is Action.CREATE and event.container.task_id == self._task_id:
            self.stop()
            self._read(event.container.id)

    def _read(self, container_id: str) -> None:
        try:
            self._undo = self._engine.logs(container_id, self._wish, self._taker)
        except EngineError as error:
            self._taker(Broken(error.message))
