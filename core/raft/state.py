"""The state that all parts of one Raft peer share, and the three things each of them does: send, persist, observe.

Theory of operation. `RaftNode` sets `now` and a fresh list `effects` at the start of each step; the parts append to it.

What a peer says must be durable first (Raft dissertation §3.8). Every message that tells a term waits for the newest
hard state; an acknowledgement also waits for the log. Since writes are a FIFO, "durable" is one number, `persisted`.
`durable_index` is how far the log *as it is now* is on disk: a truncation cuts the writes under way as well, because a
write of entries that were replaced since promises nothing, even should entries equal to them come back later.
"""

from collections import deque
from collections.abc import Sequence
from random import Random

from core.durability import NO_TICKET, HeldBack, Persist, Stream, Tickets
from core.ids import NodeId, Ticket
from core.raft.config import RaftConfig
from core.raft.effects import EntriesCommitted, Fact, MembershipChanged, Observe, RaftEffect, Role, Send
from core.raft.entries import LogEntry, MembershipEntry
from core.raft.log import RaftLog
from core.raft.machine import Retention, StateMachine
from core.raft.members import Members, voters_of
from core.raft.messages import Message
from core.raft.quorum import quorum_size
from core.raft.records import HardState, LogAppended, RaftDurable, Record, Snapshot


class RaftState:
    """Shared by the parts of a peer; each attribute is written where its comment says, or here."""

    __slots__ = (
        "_grid_origin",
        "_log_writes",
        "_members_history",
        "_tickets",
        "applied_index",
        "awaits_promotion",
        "commit_index",
        "config",
        "durable_index",
        "effects",
        "ended_by",
        "hard_ticket",
        "heard_at",
        "held_back",
        "id",
        "incarnation",
        "is_voter",
        "leader_id",
        "leader_lost_at",
        "leading",
        "log",
        "log_ticket",
        "machine",
        "members",
        "members_index",
        "now",
        "persisted",
        "preparing",
        "quorum",
        "rng",
        "role",
        "snapshot",
        "storage_low",
        "term",
        "timing",
        "unsettled",
        "verified_index",
        "vote",
        "voter_ids",
    )

    def __init__(
        self, config: RaftConfig, durable: RaftDurable, machine: StateMachine, tickets: Tickets, rng: Random, now: int
    ) -> None:
        self.config = config
        self.id = config.id
        self.timing = config.timing
        self.machine = machine
        self.rng = rng
        self.now = now
        # Hosts that were switched on together must not tick together, or they campaign together, too.
        self._grid_origin = now - rng.randrange(self.timing.grid_ns) if self.timing.grid_ns else now
        self.effects: list[RaftEffect] = []

        self.term = durable.hard_state.term
        self.vote = durable.hard_state.vote
        self.incarnation = durable.hard_state.incarnation
        self.snapshot: Snapshot | None = durable.snapshot
        """The newest that is installed durably, or about to be."""
        self.log = _log_from(durable)
        self.commit_index = self.applied_index = durable.snapshot.meta.index if durable.snapshot else 0
        self.durable_index = self.log.last_index

        self._tickets = tickets
        self.persisted: Ticket = NO_TICKET
        self.hard_ticket: Ticket = NO_TICKET
        self.log_ticket: Ticket = NO_TICKET
        self._log_writes: deque[tuple[Ticket, int]] = deque()
        self.held_back: HeldBack[RaftEffect] = HeldBack()

        self.role = Role.FOLLOWER
        self.leader_id: NodeId | None = None
        self.leading = False
        """Leader, its first own entry is applied, and its machine is ready (set by Leadership)."""
        self.preparing = False
        """Leader, and its machine is being made ready, a part in each step (set by Leadership)."""
        self.heard_at = now
        """When the election timer was last reset: by a leader, by granting a vote, by a change of role."""
        self.leader_lost_at = now
        """Since when no leader is known, if none is."""
        self.verified_index = self.commit_index
        """Up to where the log in memory is known to agree with this term's leader (written by Following)."""
        self.storage_low = False
        """The disk is nearly full: rather others lead (set by RaftNode)."""
        self.ended_by = 0
        """The group was begun anew without this peer (set by RaftNode)."""
        self.unsettled = True
        """Something happened that RaftNode follows up at the end of the step."""

        self._members_history = _members_history(durable)
        self._use_members(*self._members_history[-1])

    # --- what every part does -----------------------------------------------------------------------------------

    def send(self, to: NodeId, message: Message) -> None:
        """Send once the newest hard state is durable."""
        if self.hard_ticket <= self.persisted:
            self.effects.append(Send(to, message))
        else:
            self.held_back.hold(self.hard_ticket, Send(to, message))

    def send_when(self, ticket: Ticket, to: NodeId, message: Message) -> None:
        """Send once both the write of `ticket` and the newest hard state are durable."""
        ticket = max(ticket, self.hard_ticket)
        if ticket <= self.persisted:
            self.effects.append(Send(to, message))
        else:
            self.held_back.hold(ticket, Send(to, message))

    def send_at_once(self, to: NodeId, message: Message) -> None:
        """Send what promises nothing."""
        self.effects.append(Send(to, message))

    def observe(self, fact: Fact) -> None:
        """Let the world know; nothing depends on it."""
        self.effects.append(Observe(fact))

    def persist(self, stream: Stream, record: Record) -> Ticket:
        """Put a record into the host's FIFO of writes."""
        ticket = self._tickets.draw()
        self.effects.append(Persist(ticket, stream, record))
        return ticket

    def on_grid(self, at: int) -> int:
        """The last tick of this host's clock not after `at`, for profiles whose deadlines lie on ticks."""
        grid_ns = self.timing.grid_ns
        return at - (at - self._grid_origin) % grid_ns if grid_ns else at

    # --- hard state ---------------------------------------------------------------------------------------------

    def persist_hard_state(self) -> None:
        """Term, vote or incarnation changed."""
        self.hard_ticket = self.persist(Stream.HARD_STATE, HardState(self.term, self.vote, self.incarnation))

    def enter_term(self, term: int, vote: NodeId | None) -> None:
        """A new term begins here, with or without a vote."""
        assert term > self.term, (term, self.term)
        self.term = term
        self.vote = vote
        self.verified_index = self.commit_index
        self.held_back.drop_all()  # What they promise was promised to an older term.
        self.persist_hard_state()

    # --- the log ------------------------------------------------------------------------------------------------

    def append_entries(self, entries: Sequence[LogEntry]) -> None:
        """Put entries, in order and not empty, at the end of the log and on their way to the disk."""
        self.log.extend(entries)
        ticket = self.persist(Stream.LOG, LogAppended(tuple(entries)))
        self.log_ticket = ticket
        self._log_writes.append((ticket, self.log.last_index))
        for entry in entries:
            if type(entry) is MembershipEntry:
                self._members_history.append((entry.index, entry.members))
                self._use_members(entry.index, entry.members)

    def truncate_from(self, index: int) -> None:
        """Entries from `index` on contradict the leader's. The write of what replaces them truncates the disk."""
        self.log.truncate_from(index, self.commit_index)
        self._cut_writes(index - 1)
        history = self._members_history
        if history[-1][0] >= index:
            while history[-1][0] >= index:
                history.pop()
            self._use_members(*history[-1])

    def _cut_writes(self, last_index: int) -> None:
        self.durable_index = min(self.durable_index, last_index)
        self._log_writes = deque((ticket, min(index, last_index)) for ticket, index in self._log_writes)

    def note_persisted(self, ticket: Ticket) -> None:
        """All writes up to `ticket` are durable."""
        if ticket <= self.persisted:
            return
        self.persisted = ticket
        writes = self._log_writes
        while writes and writes[0][0] <= ticket:
            index = writes.popleft()[1]
            if index > self.durable_index:
                self.durable_index = index
        self.held_back.release(ticket, self.effects)

    def commit_to(self, index: int) -> None:
        """The log is committed up to `index`, which is higher than before."""
        term = self.log.term_at(index)
        assert index > self.commit_index, (index, self.commit_index)
        assert term is not None, (index, self.log.last_index)
        self.effects.append(Observe(EntriesCommitted(self.commit_index + 1, index, term)))
        self.commit_index = index

    # --- snapshots ----------------------------------------------------------------------------------------------

    @property
    def retention(self) -> Retention:
        """How much log is to be kept: what is replicated goes before what this peer was configured with."""
        return self.machine.retention or Retention(self.config.snapshot_entries_count, self.config.log_tail_count)

    def log_kept_from(self, snapshot_index: int, tail_count: int) -> int:
        """The first entry that a snapshot of our own leaves in the log: the entry at its own index always stays."""
        return max(snapshot_index - tail_count + 1, self.log.base_index, 1)

    def cut_log(self, snapshot: Snapshot, tail_count: int) -> None:
        """A snapshot of our own is durable: keep the log's tail only."""
        self.snapshot = snapshot
        self.log.compact_to(snapshot.meta.index - tail_count + 1)
        self._forget_members_before(snapshot.meta.index)

    def restart_from(self, snapshot: Snapshot, ticket: Ticket) -> None:
        """The leader's snapshot, on its way to the disk under `ticket`, replaces log and applied state."""
        meta = snapshot.meta
        self.snapshot = snapshot
        self.log.restart_at(meta.index, meta.term)
        self.commit_index = self.applied_index = self.verified_index = meta.index
        self._log_writes.clear()
        self._log_writes.append((ticket, meta.index))
        self.log_ticket = ticket
        self.durable_index = 0
        self._members_history = [(meta.index, meta.members)]
        self._use_members(meta.index, meta.members)

    # --- membership ---------------------------------------------------------------------------------------------

    def members_at(self, index: int) -> Members:
        """The membership by the log up to `index`."""
        return next(members for changed_at, members in reversed(self._members_history) if changed_at <= index)

    @property
    def may_campaign(self) -> bool:
        """Whether this peer votes by the newest membership, or by the one before while the newest may be taken back.

        One that is about to be removed may be the only one with a log good enough to lead (dissertation §4.2.2).
        """
        if self.is_voter or self.members_index <= self.commit_index:
            return self.is_voter
        return self.id in voters_of(self.members_at(self.members_index - 1))

    def _forget_members_before(self, index: int) -> None:
        history = self._members_history
        while len(history) > 1 and history[1][0] <= index:
            del history[0]

    def _use_members(self, index: int, members: Members) -> None:
        self.members_index = index
        self.members = members
        self.voter_ids = voters_of(members)
        self.is_voter = self.id in self.voter_ids
        self.awaits_promotion = any(member.to_be_promoted for member in members)
        self.quorum = quorum_size(len(self.voter_ids))
        self.unsettled = True
        self.effects.append(Observe(MembershipChanged(index, members)))

    # --- checks -------------------------------------------------------------------------------------------------

    def check_invariants(self, full: bool) -> None:
        """Cheap ones; with `full`, the whole log too."""
        assert self.log.base_index <= self.commit_index <= self.log.last_index
        assert self.applied_index <= self.commit_index
        assert self.durable_index <= self.log.last_index
        assert not self.leading or self.role is Role.LEADER
        assert (self.role is Role.LEADER) == (self.leader_id == self.id)
        if full:
            self.log.check_invariants()
            self._check_members()

    def _check_members(self) -> None:
        since = max(self.log.base_index, self._members_history[0][0])
        logged = [
            (entry.index, entry.members)
            for entry in self.log.slice(self.log.first_index, self.log.last_index)
            if type(entry) is MembershipEntry and entry.index > since
        ]
        assert [change for change in self._members_history if change[0] > since] == logged
        assert (self.members_index, self.members) == self._members_history[-1]


def _log_from(durable: RaftDurable) -> RaftLog:
    entries, snapshot = durable.entries, durable.snapshot
    if entries and entries[0].index > 1 and (snapshot is None or entries[0].index <= snapshot.meta.index):
        # A tail before the snapshot: its first entry serves as the base, since the term before it is not known.
        return RaftLog(entries[1:], entries[0].index, entries[0].term)
    if snapshot is not None and (not entries or entries[0].index == snapshot.meta.index + 1):
        return RaftLog(entries, snapshot.meta.index, snapshot.meta.term)
    return RaftLog(entries, 0, 0)


def _members_history(durable: RaftDurable) -> list[tuple[int, Members]]:
    meta = durable.snapshot.meta if durable.snapshot else None
    history: list[tuple[int, Members]] = [(meta.index, meta.members) if meta else (0, ())]
    history += [
        (entry.index, entry.members)
        for entry in durable.entries
        if type(entry) is MembershipEntry and entry.index > history[0][0]
    ]
    return history
