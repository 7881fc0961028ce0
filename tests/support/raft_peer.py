"""One machine of the Raft cluster of tests: a disk that survives, and a node that does not.

The disk keeps account of what a crash at this moment would leave, so that every promise can be held against it.
"""

from collections.abc import Sequence

from raft_registers import Registers

from core.durability import Verdict, judge
from core.ids import NodeId, Ticket
from core.raft.config import RaftConfig
from core.raft.node import RaftNode
from core.raft.records import HardState, LogAppended, Record, SnapshotInstalled


class Peer:
    """One machine: `written` survives a crash up to `synced_count` at least, `node` and `machine` do not."""

    def __init__(self, node_id: NodeId, config: RaftConfig) -> None:
        self.id = node_id
        self.config = config
        self.written: list[Record] = []
        self.tickets_of: list[Ticket] = []
        """The ticket of each record that is written but not synced."""
        self.synced_count = 0
        self.node: RaftNode | None = None
        self.machine = Registers()
        self.paused = False
        self.start_count = 0
        self.synced_hard_state = HardState()
        self.synced_terms: dict[int, int] = {}
        """Index -> term of the log entries that a crash now would leave."""
        self.synced_last_index = 0
        self.synced_snapshot_index = 0

    @property
    def up(self) -> RaftNode:
        assert self.node is not None, f"{self.id} is down"
        return self.node

    def note_synced(self, records: Sequence[Record]) -> None:
        """Keep account of what a crash now would leave."""
        for record in records:
            match record:
                case HardState():
                    self.synced_hard_state = record
                case LogAppended(entries=entries):
                    for index in range(entries[0].index, self.synced_last_index + 1):
                        self.synced_terms.pop(index, None)
                    self.synced_terms.update({entry.index: entry.term for entry in entries})
                    self.synced_last_index = entries[-1].index
                case SnapshotInstalled(meta=meta):
                    if self.synced_terms.get(meta.index) != meta.term:
                        self.synced_terms = {}
                        self.synced_last_index = meta.index
                    self.synced_snapshot_index = meta.index

    def holds(self, index: int, term: int) -> bool:
        """Whether a crash now would leave this entry, as such or within a snapshot."""
        return index <= self.synced_snapshot_index or self.synced_terms.get(index) == term

    def write(self, ticket: Ticket, record: Record) -> None:
        """Begin a write; tickets rise."""
        assert not self.tickets_of or ticket > self.tickets_of[-1]
        assert not isinstance(record, LogAppended) or record.entries
        self.written.append(record)
        self.tickets_of.append(ticket)

    def sync(self, count: int | None) -> Ticket | None:
        """The disk finishes the first `count` of the writes under way (all, if None): the last one's ticket."""
        tickets = self.tickets_of[:count]
        if not tickets:
            return None
        del self.tickets_of[: len(tickets)]
        self.note_synced(self.written[self.synced_count : self.synced_count + len(tickets)])
        self.synced_count += len(tickets)
        return tickets[-1]

    def lose_power(self, keep_unsynced: int, torn: bool) -> None:
        """Of the writes not synced, only the first `keep_unsynced` happen to be on the disk.

        `torn`: and a part of the next one, if there is one, which whoever reads the disk has to cut.
        """
        self.node = None
        self.paused = False
        whole_count = self.synced_count + keep_unsynced
        torn_count = int(torn and whole_count < len(self.written))
        verdict, kept_count = judge([True] * whole_count + [False] * torn_count, self.synced_count)
        assert verdict is (Verdict.TORN if torn_count else Verdict.INTACT)
        del self.written[kept_count:]
        self.tickets_of = []
        self.note_synced(self.written[self.synced_count :])
        self.synced_count = len(self.written)
