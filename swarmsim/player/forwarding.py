"""What hosts forward by, held against what is: whose table lags behind the store, whose leads to tasks that are gone.

Looked at every few milliseconds, so what follows from a table and a store is kept until either changes.
"""

from core.ids import NodeId, TaskId
from core.mesh.afresh import afresh
from core.mesh.routes import Backend, RouteTable
from core.store import Store
from swarmsim.checks.mesh import fingerprint
from swarmsim.player.convergence import Afresh
from swarmsim.player.roster import most_advanced_store
from swarmsim.recording import TablePoint
from swarmsim.world import Power, World


class ForwardingWatch:
    """Takes down every change of either, by the story's time."""

    def __init__(self, world: World, compute: Afresh = afresh) -> None:
        self._world = world
        self._compute = compute
        self._state: object = None
        self._compared: dict[str, tuple[object, bool]] = {}
        self._backends: dict[str, tuple[int, frozenset[TaskId]]] = {}
        self.points: list[TablePoint] = []

    def look(self, at_ns: int, *, only_at_store: bool = False) -> None:
        """Note what has changed; without a manager that lives nobody can tell, and nothing is noted.

        `only_at_store`: nothing but a store can have changed since the last look.
        """
        store = most_advanced_store(self._world)
        if store is None:
            return
        state = fingerprint(store)
        if only_at_store and state == self._state:
            return
        self._state = state
        hosts = [host for host in self._world.hosts() if self._counts(host, store)]
        self._backends = {host: known for host, known in self._backends.items() if host in hosts}
        alive = self._running_tasks()
        lagging = tuple(host for host in hosts if not self._is_current(host, store, state))
        misled = tuple(host for host in hosts if not self._backends_of(host) <= alive)
        latest = self.points[-1] if self.points else None
        if latest is None or (latest.lagging, latest.misled) != (lagging, misled):
            self.points.append(TablePoint(at_ns, lagging, misled))

    def _counts(self, host: str, store: Store) -> bool:
        return self._world.power(host) is not Power.OFF and NodeId(self._world.status(host).node_id) in store.nodes

    def _running_tasks(self) -> frozenset[TaskId]:
        return frozenset(
            container.task_id
            for host in self._world.hosts()
            if self._world.power(host) is not Power.OFF
            for container in self._world.containers(host)
            if container.running
        )

    def _is_current(self, host: str, store: Store, state: object) -> bool:
        node_id = self._world.status(host).node_id
        programmed = self._world.programmed_routes(host)
        if programmed is None:
            return False
        version, table = programmed
        key = (state, node_id, version)
        compared = self._compared.get(host)
        if compared is None or compared[0] != key:
            compared = self._compared[host] = (key, table == self._compute(store, node_id))
        return compared[1]

    def _backends_of(self, host: str) -> frozenset[TaskId]:
        programmed = self._world.programmed_routes(host)
        known = self._backends.get(host)
        if programmed is None:  # between two versions nothing has been taken out yet
            return known[1] if known is not None else frozenset()
        version, table = programmed
        if known is None or known[0] != version:
            known = self._backends[host] = (version, _backends_in(table))
        return known[1]


def _backends_in(table: RouteTable) -> frozenset[TaskId]:
    return frozenset(
        record.task_id for record in table.values() if isinstance(record, Backend) and record.service_key in table
    )
