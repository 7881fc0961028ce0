"""What clients were promised of their writes: none lost, none done twice, none done that was refused.

Writers write each key once, so that a key's history is that of a register written at most once. An acknowledged write
names its log index, and the object carries the index that wrote it as its version.
"""

from collections.abc import Mapping

from core.facts import BegunAnew
from core.operations import Kind
from core.store import Store
from core.trials.clients import WriteOutcome, WriterSample
from swarmsim.checks.beginnings import Beginnings
from swarmsim.checks.check import Check, furthest_store, living_managers
from swarmsim.world import FactListener, World


class _Writes(Check):
    """Collects the writes of all writers."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[WriterSample] = []

    def handlers(self) -> Mapping[type, FactListener]:
        return {WriterSample: self._on_sample}

    def _on_sample(self, at_ns: int, host: str, sample: WriterSample) -> None:
        if sample.kind == "write":
            self.writes.append(sample)


class NoAcknowledgedWriteLost(_Writes):
    """Whoever has applied the index of an acknowledged write has what it wrote; in the end someone's log has them all.

    Those that are left may lack a quorum, and so never learn that the last of them are committed. A swarm that was
    begun anew by force is an exception (`swarmsim.checks.beginnings`).
    """

    name = "no-acknowledged-write-lost"

    def __init__(self) -> None:
        super().__init__()
        self._looked_at: dict[str, int] = {}
        self._beginnings = Beginnings()

    def handlers(self) -> Mapping[type, FactListener]:
        return {**super().handlers(), BegunAnew: self._beginnings.note}

    def judge(self, at_ns: int, host: str, write: WriterSample, store: Store) -> None:
        """`host`, which has applied the write's index, shows this store."""
        present = store.id_named(Kind.CONFIG, write.key) is not None
        detail = f"write of {write.key}, acknowledged at index {write.index}, is not in the store of {host}"
        self.expect(present, at_ns, f"{detail} at index {store.index}")

    def sample(self, world: World) -> None:
        for host in living_managers(world):
            store = world.store(host)
            if store is not None:
                self._catch_up(world.now_ns, host, store)

    def finish(self, world: World) -> None:
        self._looked_at.clear()
        self.sample(world)
        managers = living_managers(world)
        known_index = max((world.status(host).last_index for host in managers), default=0)
        last = max(
            (write for write in self.writes if _acknowledged(write)), key=lambda write: write.index, default=None
        )
        if managers and last is not None and last.index > known_index:
            detail = f"write of {last.key}, acknowledged at index {last.index}, is known to no living manager"
            self.fail(world.now_ns, f"{detail}: their logs end at {known_index}")

    def _catch_up(self, at_ns: int, host: str, store: Store) -> None:
        """Look at the writes that came since last time; those that the host has yet to apply come up again."""
        position = self._looked_at.get(host, 0)
        while position < len(self.writes):
            write = self.writes[position]
            if _acknowledged(write):
                if write.index > store.index:
                    break
                if not self._beginnings.excuse(write.index, store.index):
                    self.judge(at_ns, host, write, store)
            position += 1
        self._looked_at[host] = position


class OnceOnly(_Writes):
    """A write is applied at the index that was acknowledged and at no other; a refused one never."""

    name = "once-only"

    def judge(self, at_ns: int, write: WriterSample, stored_version: int | None) -> None:
        """`stored_version` is the version of the object with the write's key; None if there is none."""
        if write.outcome is WriteOutcome.ACKNOWLEDGED and stored_version is not None:
            detail = f"write of {write.key}, acknowledged at index {write.index}, was done at index {stored_version}"
            self.expect(stored_version == write.index, at_ns, detail)
        elif write.outcome is WriteOutcome.REFUSED:
            detail = f"write of {write.key} was refused and yet done at index {stored_version}"
            self.expect(stored_version is None, at_ns, detail)
        elif write.outcome is WriteOutcome.REJECTED:
            detail = f"first write of {write.key} was rejected: a repetition of it was taken for a second write"
            self.expect(False, at_ns, detail)

    def sample(self, world: World) -> None:
        """Nothing: what was refused must not be done later either, so the end is the time to look."""

    def finish(self, world: World) -> None:
        store = furthest_store(world)
        if store is None:
            return
        for write in self.writes:
            config_id = store.id_named(Kind.CONFIG, write.key)
            config = store.get(Kind.CONFIG, config_id) if config_id is not None else None
            self.judge(world.now_ns, write, config.version if config is not None else None)


def _acknowledged(write: WriterSample) -> bool:
    return write.outcome is WriteOutcome.ACKNOWLEDGED
