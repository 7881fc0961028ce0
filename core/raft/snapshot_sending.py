"""The leader's side of a snapshot transfer: one chunk on its way at a time, whichever the follower wants next.

Theory of operation. The follower says which chunk it wants, so that a transfer goes on where it was after any loss, and
begins afresh with one who forgot. The leader keeps the snapshot it began with, even if it takes a newer one meanwhile.
A chunk without an answer is sent again at the heartbeat answers that follow. The last chunk is answered by AppendAcked.
"""

from core.raft.messages import InstallSnapshot, SnapshotWanted
from core.raft.progress import SNAPSHOT, Progress
from core.raft.state import RaftState


def send_chunk(state: RaftState, peer: Progress) -> None:
    """Send the chunk that `peer` wants."""
    snapshot = peer.snapshot
    assert snapshot is not None
    number = peer.chunk_number
    state.send(peer.id, InstallSnapshot(state.term, snapshot.meta, number, snapshot.chunks[number]))


def send_wanted(state: RaftState, peer: Progress, message: SnapshotWanted, leader_round: int) -> None:
    """Send the next chunk, unless this is an old message or about another snapshot."""
    peer.heard_at = state.now
    snapshot = peer.snapshot
    if peer.mode is not SNAPSHOT or snapshot is None or message.index != snapshot.meta.index:
        return
    if not 0 <= message.number < len(snapshot.chunks) or message.number == peer.chunk_number:
        return
    peer.chunk_number = message.number
    peer.sent_round = leader_round
    send_chunk(state, peer)
