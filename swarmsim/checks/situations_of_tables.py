"""The hard state of routing tables: a host that forwards by what the store says no more, until it catches up."""

from collections import Counter
from typing import Final

from core.mesh.afresh import afresh
from core.timing import SECOND
from swarmsim.checks.mesh import Afresh
from swarmsim.checks.tables import Tables
from swarmsim.world import World

LAG_NS: Final = 1 * SECOND
"""Every change makes a table lag for some milliseconds; one that lags for this long has something in its way."""


class TableSituations:
    """Counts into `reached`, by what it sees when it looks."""

    def __init__(self, reached: Counter[str], compute: Afresh = afresh) -> None:
        self._reached = reached
        self._compute = compute
        self._tables: Tables | None = None
        self._lags: dict[str, tuple[int, int]] = {}
        """Hosts with a whole table that is not the store's: the first and the last look that found it so."""

    def begin(self) -> None:
        """Lags so far do not count."""
        self._lags.clear()

    def sample(self, world: World) -> None:
        """Look at every table beside the leader's store; without a leader nobody can tell."""
        leader = world.leader()
        store = world.store(leader) if leader is not None else None
        if store is None:
            return
        if self._tables is None:
            self._tables = Tables(world, self._compute)
        lags: dict[str, tuple[int, int]] = {}
        for host, seen in self._tables.beside(store).items():
            first_ns, last_ns = self._lags.get(host, (world.now_ns, world.now_ns))
            if seen.is_current:
                self._reached["table-caught-up"] += last_ns - first_ns >= LAG_NS
            elif host in self._lags or seen.version is not None:  # who boots has no table, and none that is wrong
                lags[host] = (first_ns, world.now_ns)
        self._lags = lags
