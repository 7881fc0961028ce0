"""What a Raft peer is told at construction: who it is, its timing profile, and the bounds of its queues."""

from msgspec import Struct

from core.ids import NodeId
from core.timing import RaftTiming

KIB = 1024
MIB = 1024 * KIB


class RaftConfig(Struct, frozen=True, gc=False):
    """Every bound is a count, or bytes of encoded commands as their `size` tells."""

    id: NodeId
    timing: RaftTiming
    snapshot_entries_count: int = 10_000
    """A snapshot is taken once this many entries were applied since the last, unless the replicated state tells."""
    log_tail_count: int = 500
    """Entries kept up to a snapshot's index, in the same way; at least 1."""
    append_bytes_max: int = 256 * KIB
    """One Append carries at most this much, or one entry if that alone is larger."""
    append_entries_max: int = 4096
    inflight_count_max: int = 64
    """Appends on their way to one follower, not yet acknowledged."""
    inflight_bytes_max: int = 4 * MIB
    uncommitted_bytes_max: int = 16 * MIB
    """A leader with more than this in its log uncommitted takes no further proposals."""
    pending_count_max: int = 1024
    """Client requests this peer keeps waiting; also the width of its session's window."""
    apply_count_max: int = 2048
    """Entries applied in one step; the rest follow at once in the next."""
    apply_bytes_max: int = 256 * KIB
    """So is what comes after so many bytes of entries: a large one is applied in a step of its own."""
    promotion_lag_count: int = 64
    """A learner this close to the end of the leader's log counts as caught up."""
    coalesce_ns: int = 2_000_000
    """While an Append is in flight, new entries wait for its answer, but no longer than this since the last send."""
