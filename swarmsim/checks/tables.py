"""Whether hosts forward by what the store amounts to, as anybody asks who looks every so often.

What follows from a table and a store is kept until either changes.
"""

from typing import Final

from msgspec import Struct

from core.ids import TaskId
from core.mesh.afresh import afresh
from core.mesh.routes import Backend, RouteTable
from core.store import Store
from swarmsim.checks.mesh import Afresh, fingerprint
from swarmsim.world import Power, World


class Seen(Struct, frozen=True, gc=False):
    """One host's table, as it was last looked at."""

    version: int | None
    """None while it has no whole table."""
    beside: object
    """What it was held against: the store's state and the node."""
    is_current: bool
    backends: frozenset[TaskId]
    """The tasks that connections may be sent to."""


_NOTHING: Final = Seen(None, None, False, frozenset())


class Tables:
    """The tables of all hosts that are nodes of the swarm and have power."""

    def __init__(self, world: World, compute: Afresh = afresh) -> None:
        self._world = world
        self._compute = compute
        self._seen: dict[str, Seen] = {}

    def beside(self, store: Store) -> dict[str, Seen]:
        """Each host's table, held against this store."""
        state = fingerprint(store)
        self._seen = {
            host: self._look_at(host, store, state) for host in self._world.hosts() if self._counts(host, store)
        }
        return self._seen

    def _counts(self, host: str, store: Store) -> bool:
        return self._world.power(host) is not Power.OFF and self._world.node_id(host) in store.nodes

    def _look_at(self, host: str, store: Store, state: object) -> Seen:
        before = self._seen.get(host, _NOTHING)
        programmed = self._world.programmed_routes(host)
        if programmed is None:  # between two versions nothing has been taken out yet
            return Seen(None, None, False, before.backends)
        version, table = programmed
        node_id = self._world.node_id(host)
        beside = (state, node_id)
        if (before.version, before.beside) == (version, beside):
            return before
        return Seen(version, beside, table == self._compute(store, node_id), _backends_in(table))


def _backends_in(table: RouteTable) -> frozenset[TaskId]:
    return frozenset(
        record.task_id for record in table.values() if isinstance(record, Backend) and record.service_key in table
    )
