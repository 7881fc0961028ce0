"""What hosts forward by, held against what is: whose table lags behind the store, whose leads to tasks that are gone.

Looked at every few milliseconds, so what follows from a table and a store is kept until either changes.
"""

from typing import Final

from msgspec import Struct

from core.ids import TaskId
from core.mesh.afresh import afresh
from core.mesh.routes import Backend, RouteTable
from core.store import Store
from swarmsim.checks.mesh import fingerprint
from swarmsim.player.convergence import Afresh
from swarmsim.player.roster import most_advanced_store
from swarmsim.recording import TablePoint
from swarmsim.world import Power, World


class _Seen(Struct, frozen=True, gc=False):
    """One host's table, as it was last looked at."""

    of: object
    """What the rest follows from: the store's state, the node and its version; None while it had no whole table."""
    is_current: bool
    backends: frozenset[TaskId]


_NOTHING: Final = _Seen(None, False, frozenset())


class ForwardingWatch:
    """Takes down every change of either, by the story's time."""

    def __init__(self, world: World, compute: Afresh = afresh) -> None:
        self._world = world
        self._compute = compute
        self._seen: dict[str, _Seen] = {}
        self.points: list[TablePoint] = []

    def look(self, at_ns: int) -> None:
        """Note what has changed; without a manager that lives nobody can tell, and nothing is noted."""
        store = most_advanced_store(self._world)
        if store is None:
            return
        state, alive = fingerprint(store), self._running_tasks()
        seen = {host: self._look_at(host, store, state) for host in self._world.hosts() if self._counts(host, store)}
        self._seen = seen
        lagging = tuple(host for host, of_host in seen.items() if not of_host.is_current)
        misled = tuple(host for host, of_host in seen.items() if not of_host.backends <= alive)
        latest = self.points[-1] if self.points else None
        if latest is None or (latest.lagging, latest.misled) != (lagging, misled):
            self.points.append(TablePoint(at_ns, lagging, misled))

    def _counts(self, host: str, store: Store) -> bool:
        return self._world.power(host) is not Power.OFF and self._world.node_id(host) in store.nodes

    def _running_tasks(self) -> frozenset[TaskId]:
        return frozenset(
            container.task_id
            for host in self._world.hosts()
            if self._world.power(host) is not Power.OFF
            for container in self._world.containers(host)
            if container.running
        )

    def _look_at(self, host: str, store: Store, state: object) -> _Seen:
        before = self._seen.get(host, _NOTHING)
        programmed = self._world.programmed_routes(host)
        if programmed is None:  # between two versions nothing has been taken out yet
            return _Seen(None, False, before.backends)
        version, table = programmed
        of = (state, self._world.node_id(host), version)
        if before.of == of:
            return before
        return _Seen(of, table == self._compute(store, self._world.node_id(host)), _backends_in(table))


def _backends_in(table: RouteTable) -> frozenset[TaskId]:
    return frozenset(
        record.task_id for record in table.values() if isinstance(record, Backend) and record.service_key in table
    )
