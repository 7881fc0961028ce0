"""What hosts forward by, held against what is: whose table lags behind the store, whose leads to tasks long gone."""

from core.ids import TaskId
from core.mesh.afresh import afresh
from swarmsim.checks.mesh import Afresh
from swarmsim.checks.tables import Tables
from swarmsim.player.roster import prevailing_store
from swarmsim.recording import TablePoint
from swarmsim.world import Power, World


class ForwardingWatch:
    """Takes down every change of either, by the story's time."""

    def __init__(self, world: World, compute: Afresh = afresh) -> None:
        self._world = world
        self._tables = Tables(world, compute)
        self.points: list[TablePoint] = []

    def look(self, at_ns: int) -> None:
        """Note what has changed; without a manager that lives nobody can tell, and nothing is noted."""
        store = prevailing_store(self._world)
        if store is None:
            return
        tables, alive = self._tables.beside(store), self._running_tasks()
        lagging = tuple(host for host, seen in tables.items() if not seen.is_current)
        misled = tuple(host for host, seen in tables.items() if not seen.backends <= alive)
        latest = self.points[-1] if self.points else None
        if latest is None or (latest.lagging, latest.misled) != (lagging, misled):
            self.points.append(TablePoint(at_ns, lagging, misled))

    def _running_tasks(self) -> frozenset[TaskId]:
        return frozenset(
            container.task_id
            for host in self._world.hosts()
            if self._world.power(host) is not Power.OFF
            for container in self._world.containers(host)
            if container.running
        )
