"""A machine's disk: one FIFO of writes with group commit, and everything that can go wrong with it.

Theory of operation. Writes wait in the daemon's memory until the write before them is through; then all that wait are
written and synced together (group commit), which takes one latency for the sync and some time per byte. One
`Persisted` for the last of them covers all. There is never more than one group under way, so completions keep their
order. What a crash leaves depends on who dies:

- the daemon alone: what it had handed over is in the page cache and survives, up to a write that was in the middle of
  being handed over;
- the machine: everything synced, a random prefix of the group under way, and perhaps the next write torn.

A full or failing disk fails the group under way and, since order is all that a reader can rely on, every write after
it until the daemon starts anew. Damage to a synced record shows at the next start (`core.durability.judge`).
"""

from collections.abc import Callable, Iterable
from random import Random

from msgspec import Struct

from core.compaction import Write, compacted
from core.durability import NO_TICKET, Persist, Persisted, Verdict, judge
from core.durable import newest_membership, records_of
from core.events import PersistFailed
from core.ports import Deliver
from core.raft.events import StorageFreed, StorageLow
from core.raft.records import SnapshotInstalled
from core.timing import MS
from sim.facts import DiskLost, RecordCorrupted, WorldFact, WritesLost
from sim.hosts import Recovered
from sim.loop import Loop
from sim.sizes import Codec, record_bytes

KIB = 1024
MIB = 1024 * KIB


REWRITE_BYTES = 4 * MIB
"""A log above this, and four times as large as after it was last rewritten, is rewritten."""


class DiskProfile(Struct, frozen=True):
    """How a healthy disk of some kind behaves; times in nanoseconds, sizes in bytes."""

    write_ns: int = 20_000
    sync_ns: int = MS // 2
    """One sync, however little was written."""
    sync_jitter_ns: int = MS // 10
    """Mean of what comes on top, exponentially distributed."""
    bytes_per_s: int = 200 * MIB
    capacity_bytes: int = 64 * 1024 * MIB
    reserve_bytes: int = 8 * MIB
    """What the log keeps back, so that a full disk shows before a write fails."""


class _Written:
    """A write on its way to the platter or on it. `readable` is False once it is torn or damaged."""

    __slots__ = ("effect", "readable", "size")

    def __init__(self, effect: Persist, size: int) -> None:
        self.effect = effect
        self.size = size
        self.readable = True

    @property
    def write(self) -> Write:
        """The record with its stream."""
        return self.effect.stream, self.effect.record


class Disk:
    """Implements `core.ports.Storage` and lends itself to faults; `tell` takes its facts."""

    def __init__(
        self,
        loop: Loop,
        profile: DiskProfile,
        rng: Random,
        tell: Callable[[WorldFact], None],
        codec: Codec | None = None,
    ) -> None:
        self._loop = loop
        self._profile = profile
        self._rng = rng
        self._tell = tell
        self._codec = codec
        self._records: list[_Written] = []
        self._synced_count = 0
        self._damage_is_known = False
        self._membership_count = 0
        self._used_bytes = 0
        self._rewrite_above_bytes = REWRITE_BYTES
        self._waiting: list[tuple[_Written, Deliver]] = []
        self._group: list[tuple[_Written, Deliver]] = []
        self._life = 0
        """Counts starts and crashes, so that what a dead life had under way is known for what it is."""
        self._failed = ""
        self._warned_low = False
        self.extra_sync_ns = 0
        """Fault: every sync takes this much longer."""
        self.fails = False
        """Fault: writes and syncs end in an I/O error."""
        self.free_bytes_left: int | None = None
        """Fault: something else has filled the disk up to this much."""
        self.sync_count = 0

    # --- the port

    def persist(self, effect: Persist, deliver: Deliver) -> None:
        """Write and sync, together with whatever else waits by then."""
        self._waiting.append((self._written(effect), deliver))
        if not self._group:
            self._start_group()

    def _written(self, effect: Persist) -> _Written:
        if self._codec is None:
            return _Written(effect, record_bytes(effect.record))
        encoded = self._codec.encode(effect.record)
        return _Written(Persist(effect.ticket, effect.stream, self._codec.decode(encoded)), len(encoded))

    def _start_group(self) -> None:
        group, self._waiting = self._waiting, []
        self._group = group
        if self._failed:
            self._loop.call_after(0, self._fail_group, self._life)
            return
        size = sum(written.size for written, _ in group)
        self._records.extend(written for written, _ in group)
        self._loop.call_after(self._duration_ns(size), self._finish_group, self._life, size)

    def _duration_ns(self, size: int) -> int:
        profile = self._profile
        jitter_ns = int(self._rng.expovariate(1.0) * profile.sync_jitter_ns)
        transfer_ns = size * 1_000_000_000 // profile.bytes_per_s
        return profile.write_ns + transfer_ns + profile.sync_ns + jitter_ns + self.extra_sync_ns

    def _finish_group(self, life: int, size: int) -> None:
        if life != self._life:
            return
        if self.fails or self.free_bytes < size:
            self._failed = "input/output error" if self.fails else "no space left on device"
            if not self.fails:
                del self._records[self._synced_count :]
            self._fail_group(life)
            return
        group, self._group = self._group, []
        self.sync_count += 1
        self._use(size)
        if self._damage_is_known:
            self._replace_damaged()
        writes = [written.write for written in self._records[self._synced_count :]]
        self._membership_count = max(newest_membership(writes), self._membership_count)
        self._synced_count = len(self._records)
        if self._used_bytes > self._rewrite_above_bytes or any(_replaces_much(written) for written, _ in group):
            self._rewrite()
        last, deliver = group[-1]
        if self._waiting:
            self._start_group()
        deliver(Persisted(last.effect.ticket))
        self.warn_if_low(deliver)

    def _fail_group(self, life: int) -> None:
        if life != self._life:
            return
        group, self._group = self._group, []
        for written, deliver in group:
            deliver(PersistFailed(written.effect.ticket, self._failed))
        if self._waiting and not self._group and life == self._life:
            self._start_group()

    # --- space

    @property
    def free_bytes(self) -> int:
        """Space left for the log, its reserve included."""
        if self.free_bytes_left is not None:
            return self.free_bytes_left
        return self._profile.capacity_bytes - self._used_bytes

    def _use(self, size: int) -> None:
        self._used_bytes += size
        if self.free_bytes_left is not None:
            self.free_bytes_left -= size

    def fill(self) -> None:
        """Fault: no space is left beyond the log's reserve."""
        self.free_bytes_left = min(self._profile.reserve_bytes, self.free_bytes)

    def empty(self) -> None:
        """End of the fault: what had filled the disk is gone."""
        self.free_bytes_left = None

    def repair(self) -> None:
        """End of every fault but damage."""
        self.extra_sync_ns = 0
        self.fails = False
        self.empty()

    def warn_if_low(self, deliver: Deliver) -> None:
        """Deliver `StorageLow` when no more than the reserve is left, `StorageFreed` when there is more again."""
        low = self.free_bytes <= self._profile.reserve_bytes
        if low != self._warned_low:
            deliver(StorageLow() if low else StorageFreed())
        self._warned_low = low

    def _replace_damaged(self) -> None:
        """Damage that a host was told of stays as evidence until the host has written what it makes of it."""
        self._damage_is_known = False
        kept = _as_written(records_of(self._recovered(Verdict.CORRUPT).replayed()))
        self._records[: self._synced_count] = kept
        self._synced_count = len(kept)

    def _rewrite(self) -> None:
        # Damage that nobody has read yet stays where it is, to be found at the next start.
        if all(written.readable for written in self._records):
            self._records = _as_written(compacted([written.write for written in self._records]))
            self._synced_count = len(self._records)
            self._used_bytes = sum(written.size for written in self._records)
            self._rewrite_above_bytes = max(4 * self._used_bytes, REWRITE_BYTES)

    # --- life and death

    def read(self) -> Recovered:
        """What a daemon that starts finds, synced by the reading; from here on the disk takes its writes."""
        self._life += 1
        self._failed = ""
        self._warned_low = False
        verdict, keep_count = judge([written.readable for written in self._records], self._synced_count)
        self._damage_is_known = verdict is Verdict.CORRUPT
        if not self._damage_is_known:
            del self._records[keep_count:]
        self._synced_count = len(self._records)
        self._used_bytes = sum(written.size for written in self._records)
        return self._recovered(verdict)

    def _recovered(self, verdict: Verdict) -> Recovered:
        found = self._records[: self._synced_count]
        return Recovered(tuple(each.write for each in found if each.readable), verdict, self._membership_count)

    def daemon_died(self) -> None:
        """What waited in the daemon's memory is gone; what it had handed over is in the page cache."""
        self._die(may_tear=False)

    def power_lost(self) -> None:
        """Everything that was not synced is gone, but for a random prefix whose last write may be torn."""
        self._die(may_tear=True)

    def _die(self, may_tear: bool) -> None:
        self._life += 1
        self._group, self._waiting, waiting_count = [], [], len(self._waiting)
        unsynced_count = len(self._records) - self._synced_count
        if not unsynced_count + waiting_count:
            return
        survivor_count = self._rng.randint(0, unsynced_count)
        del self._records[self._synced_count + survivor_count :]
        torn = may_tear and survivor_count > 0 and self._rng.random() < 0.5
        if torn:
            self._records[-1].readable = False
        self._tell(WritesLost(unsynced_count + waiting_count - survivor_count, torn))

    # --- damage

    def corrupt(self) -> bool:
        """Fault: damage a random synced record; False if there is none."""
        if not self._synced_count:
            return False
        position = self._rng.randrange(self._synced_count)
        self._records[position].readable = False
        self._tell(RecordCorrupted(position, self._synced_count))
        return True

    def replace(self) -> None:
        """Fault: an empty disk takes this one's place. The machine must be off."""
        self._records.clear()
        self._synced_count = self._used_bytes = self._membership_count = 0
        self._tell(DiskLost())


def _as_written(writes: Iterable[Write]) -> list[_Written]:
    return [_Written(Persist(NO_TICKET, stream, record), record_bytes(record)) for stream, record in writes]


def _replaces_much(written: _Written) -> bool:
    return type(written.effect.record) is SnapshotInstalled
