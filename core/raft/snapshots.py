"""Snapshots of our own state, and those received from a leader (Raft dissertation §5).

Theory of operation. A snapshot is cut as a tuple of chunks when enough entries were applied. Its chunks enter the FIFO
of writes one by one, each when the last is durable, so that entries are never stuck behind a large snapshot. Only the
`SnapshotInstalled` record at the end gives it effect; once that is durable the log is cut, but for a tail.

A leader's snapshot is collected in memory and written as it comes, each chunk asked for when the last is durable. With
the last one, unless the log has caught up meanwhile, the applied state is replaced in one step.
"""

from typing import Any

from core.durability import NO_TICKET, Stream
from core.ids import NodeId, Ticket
from core.raft.effects import SnapshotRestored, SnapshotTaken
from core.raft.messages import AppendAcked, InstallSnapshot, SnapshotWanted
from core.raft.records import Snapshot, SnapshotChunk, SnapshotInstalled, SnapshotMeta
from core.raft.sessions import Sessions
from core.raft.state import RaftState


class Snapshots:
    """Takes, writes, receives and restores snapshots."""

    __slots__ = (
        "_last_index",
        "_received",
        "_receiving",
        "_sessions",
        "_state",
        "_tail_count",
        "_ticket",
        "_writing",
        "_written_count",
    )

    def __init__(self, state: RaftState, sessions: Sessions) -> None:
        self._state = state
        self._sessions = sessions
        self._writing: Snapshot | None = None
        self._written_count = 0
        self._ticket: Ticket = NO_TICKET
        """Of the last piece of our own snapshot that is on its way to the disk."""
        self._receiving: tuple[NodeId, SnapshotMeta] | None = None
        self._received: list[Any] = []
        self._last_index = 0
        """That of the last snapshot."""
        self._tail_count = 0
        """What is kept behind the snapshot that is being written: as it was to be when that began."""
        if state.snapshot is not None:
            self._restore(state.snapshot)

    def _restore(self, snapshot: Snapshot) -> None:
        self._last_index = snapshot.meta.index
        self._sessions.restore(snapshot.chunks[0])
        self._state.machine.restore(snapshot.chunks[1:])

    @property
    def due_index(self) -> int:
        """Once this index is applied, the next snapshot is due."""
        return self._last_index + self._state.retention.snapshot_entries_count

    # --- our own ------------------------------------------------------------------------------------------------

    def take_if_due(self) -> None:
        """Begin a snapshot once enough was applied since the last."""
        state = self._state
        if state.applied_index < self.due_index or self._writing is not None:
            return
        if self._receiving is not None and self._receiving[1].index > state.applied_index:
            return  # The records of two snapshots must not mix.
        self._begin()

    def _begin(self) -> None:
        state = self._state
        self._receiving = None
        self._received = []
        index = state.applied_index
        term = state.log.term_at(index)
        assert term is not None, index
        chunks = (self._sessions.image(), *state.machine.snapshot())
        self._tail_count = state.retention.log_tail_count
        self._writing = Snapshot(SnapshotMeta(index, term, state.members_at(index), len(chunks)), chunks)
        self._written_count = 0
        self._write_next(self._writing)

    def on_persisted(self) -> None:
        """Write the next piece when the last is durable."""
        state = self._state
        snapshot = self._writing
        if snapshot is None or self._ticket > state.persisted:
            return
        if self._written_count <= len(snapshot.chunks):
            self._write_next(snapshot)
            return
        self._writing = None
        self._last_index = snapshot.meta.index
        state.cut_log(snapshot, self._tail_count)
        state.observe(SnapshotTaken(snapshot.meta.index))

    def _write_next(self, snapshot: Snapshot) -> None:
        state = self._state
        number = self._written_count
        meta = snapshot.meta
        if number < len(snapshot.chunks):
            record: Any = SnapshotChunk(meta.index, number, snapshot.chunks[number])
        else:
            record = SnapshotInstalled(meta, state.log_kept_from(meta.index, self._tail_count))
        self._ticket = state.persist(Stream.SNAPSHOT, record)
        self._written_count += 1

    # --- a leader's ---------------------------------------------------------------------------------------------

    def on_install(self, sender: NodeId, message: InstallSnapshot[Any]) -> None:
        """One chunk of the leader's snapshot: take it if it is the next one, and say which is wanted."""
        state = self._state
        state.heard_at = state.now
        meta = message.meta
        if meta.index <= state.commit_index or state.log.term_at(meta.index) == meta.term:
            self._decline(sender, meta)
            return
        if self._receiving != (sender, meta):
            self._receiving = (sender, meta)
            self._received = []
        wanted = len(self._received)
        if message.number != wanted:
            state.send(sender, SnapshotWanted(state.term, meta.index, wanted))
            return
        self._take_chunk(sender, message)

    def _decline(self, sender: NodeId, meta: SnapshotMeta) -> None:
        """The log holds all that the snapshot stands for (Raft dissertation Figure 5.3, step 6)."""
        state = self._state
        if meta.index > state.verified_index:
            state.verified_index = meta.index
        if meta.index > state.commit_index:
            state.commit_to(meta.index)
        ticket = NO_TICKET if state.commit_index <= state.durable_index else state.log_ticket
        state.send_when(ticket, sender, AppendAcked(state.term, state.commit_index))

    def _take_chunk(self, sender: NodeId, message: InstallSnapshot[Any]) -> None:
        state = self._state
        meta = message.meta
        if self._writing is not None:
            self._writing = None  # Ours would be older; the records of the two must not mix.
        ticket = state.persist(Stream.SNAPSHOT, SnapshotChunk(meta.index, message.number, message.chunk))
        self._received.append(message.chunk)
        if len(self._received) < meta.chunk_count:
            state.send_when(ticket, sender, SnapshotWanted(state.term, meta.index, len(self._received)))
            return
        self._install(sender, Snapshot(meta, tuple(self._received)))

    def _install(self, sender: NodeId, snapshot: Snapshot) -> None:
        state = self._state
        meta = snapshot.meta
        self._receiving = None
        self._received = []
        ticket = state.persist(Stream.SNAPSHOT, SnapshotInstalled(meta, meta.index + 1))
        state.restart_from(snapshot, ticket)
        self._restore(snapshot)
        state.observe(SnapshotRestored(meta.index))
        state.send_when(ticket, sender, AppendAcked(state.term, meta.index))
