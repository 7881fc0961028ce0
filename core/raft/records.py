"""What a Raft peer writes to its disk, and what comes back from it after a restart."""

from typing import Any, Generic, TypeVar

from msgspec import Struct

from core.ids import NodeId
from core.raft.entries import CommandEntry, MembershipEntry, NoopEntry
from core.raft.members import Members

CommandT = TypeVar("CommandT")
ChunkT = TypeVar("ChunkT")


class HardState(Struct, frozen=True, gc=False, array_like=True, tag=True):
    """On stream HARD_STATE: the newest one counts. `incarnation` counts this peer's recoveries."""

    term: int = 0
    vote: NodeId | None = None
    incarnation: int = 0


class LogAppended(Struct, Generic[CommandT], frozen=True, gc=False, array_like=True, tag=True):
    """On stream LOG: `entries`, not empty, replace whatever the log held from the first one's index on."""

    entries: tuple[NoopEntry | MembershipEntry | CommandEntry[CommandT], ...]


class SnapshotMeta(Struct, frozen=True, gc=False, array_like=True):
    """What a snapshot stands for: the log up to `index`, whose entry had `term`, and the membership at that point."""

    index: int
    term: int
    members: Members
    chunk_count: int


class SnapshotChunk(Struct, Generic[ChunkT], frozen=True, gc=False, array_like=True, tag=True):
    """On stream SNAPSHOT: one piece of the snapshot at `index`; pieces come in order, number 0 starts it afresh."""

    index: int
    number: int
    chunk: ChunkT


class SnapshotInstalled(Struct, frozen=True, gc=False, array_like=True, tag=True):
    """On stream SNAPSHOT: all pieces are written; only from here on does the snapshot exist.

    Once this record is durable, a driver may discard every record of the log below `first_index`, and the snapshots
    before this one. The log from `first_index` on is kept if it agrees with the snapshot (it holds an entry of
    `meta.term` at `meta.index`), else dropped (Raft dissertation §5.1, Figure 5.3 step 6-7).
    """

    meta: SnapshotMeta
    first_index: int


Record = HardState | LogAppended[Any] | SnapshotChunk[Any] | SnapshotInstalled


class Snapshot(Struct, frozen=True):
    """A whole snapshot in memory. The first chunk is the session table, the others are the state machine's own."""

    meta: SnapshotMeta
    chunks: tuple[Any, ...]


class RaftDurable(Struct, frozen=True):
    """What survived on disk: the newest hard state, the newest installed snapshot, and the log after it and its tail.

    The entries are contiguous; they begin at 1, or at most one after the snapshot's index.
    """

    hard_state: HardState = HardState()
    snapshot: Snapshot | None = None
    entries: tuple[NoopEntry | MembershipEntry | CommandEntry[Any], ...] = ()
