"""What a leader knows of one other member: how far its log is, what is on its way, when it was last heard.

Modes, as in etcd's Raft: PROBE finds the point where the logs agree, with one message at a time; REPLICATE streams with
a bounded window; SNAPSHOT sends a snapshot, since the log no longer holds what the member lacks.

    PROBE --acknowledged--> REPLICATE --refused or lost--> PROBE --log too short--> SNAPSHOT --acknowledged--> PROBE
"""

from collections import deque
from enum import Enum

from core.ids import NodeId
from core.raft.records import Snapshot


class Mode(Enum):
    """How a leader sends to one member."""

    PROBE = "probe"
    REPLICATE = "replicate"
    SNAPSHOT = "snapshot"


PROBE, REPLICATE, SNAPSHOT = Mode


class Progress:
    """One member as the leader sees it."""

    __slots__ = (
        "acked_round",
        "chunk_number",
        "heard_at",
        "id",
        "inflight",
        "inflight_bytes",
        "match_index",
        "mode",
        "next_index",
        "probed",
        "sent_at",
        "sent_round",
        "snapshot",
    )

    def __init__(self, node_id: NodeId, next_index: int, now: int) -> None:
        self.id = node_id
        self.mode = PROBE
        self.match_index = 0
        """Highest index known durable there; never falls."""
        self.next_index = next_index
        """Sent next; what is between `match_index` and this is on its way."""
        self.inflight: deque[tuple[int, int]] = deque()
        """Last index and bytes of each Append on its way, in REPLICATE."""
        self.inflight_bytes = 0
        self.probed = False
        """In PROBE: the one message is on its way."""
        self.snapshot: Snapshot | None = None
        self.chunk_number = 0
        """In SNAPSHOT: the chunk on its way."""
        self.sent_at = now
        self.sent_round = 0
        """The leader's round when it last sent something that wants an answer."""
        self.heard_at = now
        self.acked_round = 0

    def note_inflight(self, last_index: int, size: int) -> None:
        """An Append up to `last_index` left."""
        self.inflight.append((last_index, size))
        self.inflight_bytes += size
        self.next_index = last_index + 1

    def acknowledge(self, match_index: int) -> None:
        """Everything up to `match_index` is durable there."""
        if match_index > self.match_index:
            self.match_index = match_index
        if match_index >= self.next_index:
            self.next_index = match_index + 1
        inflight = self.inflight
        while inflight and inflight[0][0] <= match_index:
            self.inflight_bytes -= inflight.popleft()[1]

    def probe(self, next_index: int) -> None:
        """Find out anew where the logs agree, beginning before `next_index`."""
        self._become(PROBE)
        self.next_index = max(next_index, self.match_index + 1)
        self.probed = False

    def replicate(self) -> None:
        """The logs agree up to `match_index`: stream what follows."""
        self._become(REPLICATE)
        self.next_index = self.match_index + 1

    def send_snapshot(self, snapshot: Snapshot) -> None:
        """What follows `match_index` is no longer in the log."""
        self._become(SNAPSHOT)
        self.snapshot = snapshot
        self.chunk_number = 0

    def _become(self, mode: Mode) -> None:
        self.mode = mode
        self.inflight.clear()
        self.inflight_bytes = 0
        self.snapshot = None

    def check_invariants(self) -> None:
        """The window is what lies between match and next."""
        assert self.match_index < self.next_index
        assert self.inflight_bytes == sum(size for _, size in self.inflight)
        assert (self.snapshot is not None) == (self.mode is SNAPSHOT)
        if self.inflight:
            assert self.mode is REPLICATE
            assert self.inflight[-1][0] == self.next_index - 1
