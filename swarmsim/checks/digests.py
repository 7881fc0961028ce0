"""Equal managers: whoever has applied the same log has the same store, and no host breaks its own invariants."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.raft.effects import EntriesCommitted
from core.raft.node import RaftNode
from swarmsim.checks.check import Check, living_managers
from swarmsim.world import FactListener, RaftListener, World

REMEMBERED_COUNT = 4096
"""Indexes whose digest is kept: a manager further behind is compared by what it has in its snapshot and after."""


class EqualDigests(Check):
    """At equal index every manager's store has the same digest, at whatever time each of them gets there."""

    name = "equal-digests"

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._known: dict[int, tuple[int, str]] = {}

    def handlers(self) -> Mapping[type, FactListener]:
        return {EntriesCommitted: self._on_committed}

    def judge(self, at_ns: int, host: str, index: int, digest: int) -> None:
        """`host` has this digest at this index."""
        known = self._known.get(index)
        if known is None:
            self._remember(index, digest, host)
        elif known[1] != host:
            detail = f"at index {index} {host} has digest {digest:016x}, {known[1]} had {known[0]:016x}"
            self.expect(known[0] == digest, at_ns, detail)

    def sample(self, world: World) -> None:
        for host in living_managers(world):
            self._look(world.now_ns, host)

    def _on_committed(self, at_ns: int, host: str, fact: EntriesCommitted) -> None:
        self._look(at_ns, host)

    def _look(self, at_ns: int, host: str) -> None:
        store = self._world.store(host)
        if store is not None and store.index:
            self.judge(at_ns, host, store.index, store.digest())

    def _remember(self, index: int, digest: int, host: str) -> None:
        self._known[index] = (digest, host)
        if len(self._known) > REMEMBERED_COUNT:
            del self._known[next(iter(self._known))]


class Invariants(Check):
    """What every host asserts of itself: its Raft member after every step that did something, all else when sampled."""

    name = "invariants"

    def raft_listener(self) -> RaftListener:
        return self._on_step

    def sample(self, world: World) -> None:
        self.checked_count += 1
        world.check_invariants()

    def finish(self, world: World) -> None:
        self.checked_count += 1
        world.check_invariants(full=True)

    def _on_step(self, at_ns: int, host: str, node: RaftNode, effects: Sequence[Any]) -> None:
        self.checked_count += 1
        try:
            node.check_invariants()
        except AssertionError as error:
            self.fail(at_ns, f"assertion failed in {host}'s Raft member: {error}")
