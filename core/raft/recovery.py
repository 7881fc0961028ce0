"""From the records on a disk to what a peer starts from, and back. Pure functions."""

from collections.abc import Iterable, Iterator
from typing import Any

from core.raft.entries import OVERHEAD_BYTES, LogEntry, MembershipEntry
from core.raft.members import Members
from core.raft.records import (
    HardState,
    LogAppended,
    RaftDurable,
    Record,
    Snapshot,
    SnapshotChunk,
    SnapshotInstalled,
)

BOOTSTRAP_TERM = 1
"""The term of the entry a group begins with; the first leader is elected in a later one."""


class InconsistentRecords(Exception):
    """The records cannot be a prefix of what a peer wrote: the disk lost or invented some. Do not start from them."""


def bootstrap(members: Members) -> tuple[Record, ...]:
    """The records to persist on every first member of a new group, before it starts; the same on each.

    A host that joins an existing group persists nothing: it starts from `RaftDurable()`.
    """
    entry = MembershipEntry(index=1, term=BOOTSTRAP_TERM, size=OVERHEAD_BYTES * len(members), members=members)
    return HardState(term=BOOTSTRAP_TERM), LogAppended((entry,))


def replay(records: Iterable[Record]) -> RaftDurable:
    """What a surviving prefix of a peer's records amounts to.

    Raises InconsistentRecords if they cannot be such a prefix (after `core.durability.judge` has cut a torn end).
    """
    reader = _Replay()
    for record in records:
        reader.read(record)
    return reader.result()


def records_of(durable: RaftDurable) -> Iterator[Record]:
    """The shortest records that replay to `durable`: for a driver that rewrites its files."""
    snapshot = durable.snapshot
    if snapshot is not None:
        for number, chunk in enumerate(snapshot.chunks):
            yield SnapshotChunk(snapshot.meta.index, number, chunk)
        yield SnapshotInstalled(snapshot.meta, first_index=snapshot.meta.index + 1)
    if durable.entries:
        yield LogAppended(durable.entries)
    yield durable.hard_state


class _Replay:
    def __init__(self) -> None:
        self.hard_state = HardState()
        self.snapshot: Snapshot | None = None
        self.entries: list[LogEntry] = []
        self._chunks: list[Any] = []
        self._chunks_index = 0

    def result(self) -> RaftDurable:
        snapshot_index = self.snapshot.meta.index if self.snapshot else 0
        if self.entries and self.entries[0].index > snapshot_index + 1:
            raise InconsistentRecords(f"no entries between snapshot {snapshot_index} and {self.entries[0].index}")
        return RaftDurable(self.hard_state, self.snapshot, tuple(self.entries))

    def read(self, record: Record) -> None:
        match record:
            case HardState():
                self._read_hard_state(record)
            case LogAppended():
                self._read_append(record)
            case SnapshotChunk():
                self._read_chunk(record)
            case SnapshotInstalled():
                self._read_installed(record)

    def _read_hard_state(self, record: HardState) -> None:
        if record.term < self.hard_state.term:
            raise InconsistentRecords(f"term went back from {self.hard_state.term} to {record.term}")
        self.hard_state = record

    def _read_append(self, record: LogAppended[Any]) -> None:
        first_index = record.entries[0].index
        if not self.entries:
            self.entries = list(record.entries)
            return
        keep_count = first_index - self.entries[0].index
        if keep_count > len(self.entries):
            raise InconsistentRecords(f"no entries between {self.entries[-1].index} and {first_index}")
        del self.entries[max(keep_count, 0) :]
        self.entries.extend(record.entries)

    def _read_chunk(self, record: SnapshotChunk[Any]) -> None:
        if record.number == 0:
            self._chunks = []
            self._chunks_index = record.index
        if record.index != self._chunks_index or record.number != len(self._chunks):
            raise InconsistentRecords(f"chunk {record.number} of snapshot {record.index} is out of order")
        self._chunks.append(record.chunk)

    def _read_installed(self, record: SnapshotInstalled) -> None:
        meta = record.meta
        if meta.index != self._chunks_index or meta.chunk_count != len(self._chunks):
            raise InconsistentRecords(f"snapshot {meta.index} lacks chunks")
        self.snapshot = Snapshot(meta, tuple(self._chunks))
        self.entries = _kept(self.entries, record)
        self._chunks = []


def _kept(entries: list[LogEntry], installed: SnapshotInstalled) -> list[LogEntry]:
    # Raft dissertation Figure 5.3: a log that agrees with the snapshot goes on after it, any other is dropped whole.
    meta = installed.meta
    if not entries:
        return []
    position = meta.index - entries[0].index
    if not 0 <= position < len(entries) or entries[position].term != meta.term:
        return []
    return [entry for entry in entries if entry.index >= installed.first_index]
