"""Rewriting what a host has on its disk as the shortest FIFO that amounts to the same. Pure."""

from collections.abc import Sequence
from typing import Any

from core.durability import Stream
from core.durable import Identity, records_of, replay
from core.raft.records import SnapshotChunk, SnapshotInstalled

Write = tuple[Stream, Any]


def compacted(writes: Sequence[Write]) -> list[Write]:
    """Fewer writes that replay to the same, whatever is written after them.

    What will be written next may complete a snapshot, so the chunks of one that is still being written are kept.
    """
    return [*records_of(replay(writes)), *_unfinished_snapshot(writes)]


def _unfinished_snapshot(writes: Sequence[Write]) -> list[Write]:
    raft_id = Identity().raft_id
    chunks: list[Write] = []
    for stream, record in writes:
        if isinstance(record, Identity) and record.raft_id != raft_id:
            raft_id = record.raft_id
            chunks.clear()  # Another Raft member's: never to be completed, and perhaps what damage has left of it.
        if isinstance(record, SnapshotInstalled) or (isinstance(record, SnapshotChunk) and record.number == 0):
            chunks.clear()
        if isinstance(record, SnapshotChunk):
            chunks.append((stream, record))
    return chunks
