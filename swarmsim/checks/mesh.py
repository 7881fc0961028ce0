"""What every host forwards by equals the table computed afresh from the store version that the host has acknowledged.

A host lags, so the store is kept as it was: a copy for each index at which something a table is made of changed, as
long as a host may still be at it. A version that fell between two looks at the store cannot be judged: it is left out
and counted.
"""

from collections import deque
from collections.abc import Callable, Mapping

from core.ids import NodeId
from core.mesh.afresh import afresh
from core.mesh.routes import RouteTable
from core.operations import Kind
from core.raft.effects import EntriesCommitted
from core.store import Store
from swarmsim.checks.check import Check
from swarmsim.counting import counted
from swarmsim.world import FactListener, World

Afresh = Callable[[Store, NodeId], RouteTable]
KEPT_COUNT = 64
ROUTED = (Kind.NODE, Kind.SERVICE, Kind.TASK, Kind.NETWORK)
"""Kinds that routing tables are made of."""


class _Kept:
    """A store as it was from `first_index` to at least `last_index`."""

    __slots__ = ("fingerprint", "first_index", "last_index", "store")

    def __init__(self, store: Store, fingerprint: tuple[int, ...]) -> None:
        self.first_index = self.last_index = store.index
        self.fingerprint = fingerprint
        self.store = store.copy()


class MeshFollowsStore(Check):
    """Judged whenever the world is looked at, host by host, where the host's version is one that was kept."""

    name = "mesh-follows-store"

    def __init__(self, world: World, compute: Afresh = afresh) -> None:
        super().__init__()
        self._world = world
        self._compute = compute
        self._kept: deque[_Kept] = deque(maxlen=KEPT_COUNT)
        self._judged: dict[str, int] = {}
        self._skipped_count = 0

    def handlers(self) -> Mapping[type, FactListener]:
        return {EntriesCommitted: self._on_committed}

    def keep(self, store: Store) -> None:
        """A manager has this store; remember it if it is newer than any seen."""
        latest = self._kept[-1] if self._kept else None
        if latest is not None and store.index <= latest.last_index:
            return
        routed = fingerprint(store)
        if latest is not None and latest.fingerprint == routed:
            latest.last_index = store.index
        else:
            self._kept.append(_Kept(store, routed))

    def judge(self, at_ns: int, host: str, node_id: NodeId, version: int, table: RouteTable) -> None:
        """`host` forwards by this table, which it acknowledged as `version`."""
        store = self._store_at(version)
        if store is None:
            self._skipped_count += 1
            return
        wanted = self._compute(store, node_id)
        wrong = [key for key in sorted({*wanted, *table}) if wanted.get(key) != table.get(key)]
        self.expect(not wrong, at_ns, f"{host} at version {version} differs in {wrong[:3]} of {len(wanted)} records")

    def remark(self) -> str:
        count = self._skipped_count
        then = "at its version" if count == 1 else "at their versions"
        return f"{counted(count, 'table')} not judged, since nobody saw the store {then}" if count else ""

    def sample(self, world: World) -> None:
        for host in world.hosts():
            programmed = world.programmed_routes(host)
            status = world.status(host)
            if programmed is None or not status.node_id or self._judged.get(host) == programmed[0]:
                continue
            self._judged[host] = programmed[0]
            self.judge(world.now_ns, host, status.node_id, *programmed)

    def finish(self, world: World) -> None:
        self._judged.clear()
        self.sample(world)

    def _on_committed(self, at_ns: int, host: str, fact: EntriesCommitted) -> None:
        store = self._world.store(host)
        if store is not None:
            self.keep(store)

    def _store_at(self, version: int) -> Store | None:
        for kept in self._kept:
            if kept.first_index <= version <= kept.last_index:
                return kept.store
        return None


def fingerprint(store: Store) -> tuple[int, ...]:
    """Differs if anything that tables are made of does: an object's version is the index of its last write."""
    sums = []
    for kind in ROUTED:
        objects = store.all(kind)
        versions = [stored.version for stored in objects]
        sums += [len(versions), sum(versions), max(versions, default=0)]
    return tuple(sums)
