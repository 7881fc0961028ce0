"""A Raft cluster in memory where nothing happens by itself: each delivery, sync, crash and passing of time is a call.

`Cluster` owns the peers, the messages under way and the disks; a test, or Hypothesis, decides what happens next. Every
effect goes past the checkers of `swarmsim.checks.raft`, so that any test here is also a safety test.
"""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

from msgspec import Struct

from core.durability import Persist, Persisted, Tickets, Verdict, judge
from core.ids import Address, NodeId, Ticket
from core.raft import events
from core.raft.config import RaftConfig
from core.raft.effects import (
    Applied,
    EntriesCommitted,
    Observe,
    OutcomeUnknown,
    Refused,
    Reply,
    Result,
    Role,
    Send,
)
from core.raft.machine import Accepted, Rejected
from core.raft.members import Member, Membership, MembershipChange
from core.raft.messages import AppendAcked, PreVote, PreVoteGranted, RequestVote, VoteAnswered
from core.raft.node import RaftNode
from core.raft.records import HardState, LogAppended, Record, SnapshotInstalled
from core.raft.recovery import bootstrap, replay
from core.timing import LAN, MS, RaftTiming
from swarmsim.checks.raft import RaftHistory

BOUND = 200_000
"""No loop of a test takes more turns."""


class Put(Struct, frozen=True):
    """Request and command: set a key; `expected` None means whatever it holds now, else it must hold that."""

    key: str
    value: int
    expected: int | None = None
    size: int = 10


class Get(Struct, frozen=True):
    """Query: what a key holds, 0 if it was never set."""

    key: str


class Registers:
    """A replicated state machine of integer registers, with a tentative copy while it leads."""

    CHUNK_KEYS = 2
    LEAD_STEPS = 2
    """How many steps it takes to become ready to lead."""

    def __init__(self, on_apply: Callable[[int, Any], None] | None = None) -> None:
        self._prepared_count = 0
        self.committed: dict[str, int] = {}
        self.head: dict[str, int] | None = None
        self.applied: list[tuple[int, Any]] = []
        """(index, command), since the last start or restored snapshot."""
        self._on_apply = on_apply

    def lead(self, now: int) -> bool:
        assert self.head is None
        self._prepared_count += 1
        if self._prepared_count < self.LEAD_STEPS:
            return False
        self.head = dict(self.committed)
        return True

    def unlead(self) -> None:
        assert self._prepared_count > 0
        self._prepared_count = 0
        self.head = None

    def evaluate(self, now: int, index: int, request: Put) -> Accepted | Rejected[Any]:
        assert self.head is not None
        held = self.head.get(request.key, 0)
        if request.expected is not None and request.expected != held:
            return Rejected(held)
        self.head[request.key] = request.value
        return Accepted(request)

    def apply(self, index: int, command: Put) -> int:
        assert self.head is not None or not self._prepared_count  # nothing new is committed while it is being prepared
        assert not self.applied or index > self.applied[-1][0]
        before = self.committed.get(command.key, 0)
        self.committed[command.key] = command.value
        self.applied.append((index, command))
        if self._on_apply is not None:
            self._on_apply(index, command)
        return before

    def query(self, request: Get) -> int:
        return self.committed.get(request.key, 0)

    def snapshot(self) -> tuple[Any, ...]:
        items = sorted(self.committed.items())
        return tuple(tuple(items[i : i + self.CHUNK_KEYS]) for i in range(0, len(items), self.CHUNK_KEYS))

    def restore(self, chunks: tuple[Any, ...]) -> None:
        assert self.head is None
        assert not self._prepared_count
        self.committed = {key: value for chunk in chunks for key, value in chunk}
        self.applied = []


class Letter(Struct, frozen=True):
    """A message under way."""

    sender: NodeId
    to: NodeId
    message: Any


class Peer:
    """One machine: a disk that survives, and a node that does not."""

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


def node_name(number: int) -> NodeId:
    return NodeId(f"n{number}")


class Cluster:
    """Peers n1, n2, …: the first `voter_count` of them voters of a new group, then `learner_count` learners of it."""

    def __init__(
        self,
        voter_count: int = 3,
        learner_count: int = 0,
        *,
        seed: int = 0,
        timing: RaftTiming = LAN.raft,
        auto_sync: bool = True,
        check_full: bool = True,
        check_promises: bool = True,
        unique_commands: bool = False,
        **config: Any,
    ) -> None:
        self.now = 1_000 * MS
        self.seed = seed
        self.timing = timing
        self.config = config
        self.auto_sync = auto_sync
        self.check_full = check_full
        self.unique_commands = unique_commands
        """Whether no two requests are equal, so that one that is applied twice can be told."""
        self.check_promises = check_promises
        """Off where a test forges messages: a leader then believes what nobody has."""
        self.letters: list[Letter] = []
        self.blocked: set[tuple[NodeId, NodeId]] = set()
        self.peers: dict[NodeId, Peer] = {}
        self.replies: dict[Ticket, tuple[int, Result]] = {}
        """Ticket -> (when, what)."""
        self.asked_at: dict[Ticket, int] = {}
        self.facts: list[tuple[NodeId, Any]] = []
        self.history = RaftHistory()
        self.last_ticket = 0
        self.watchers: list[Callable[[Peer, list[Any]], None]] = []
        members = tuple(
            Member(node_name(number), Address(f"host{number}:2377"), voter=number <= voter_count)
            for number in range(1, voter_count + learner_count + 1)
        )
        for member in members:
            self.add_peer(member.id, bootstrap(members))

    # --- machines -----------------------------------------------------------------------------------------------

    def add_peer(self, node_id: NodeId, records: Sequence[Record] = ()) -> Peer:
        """A new machine, started; without records it knows of no group."""
        peer = self.peers[node_id] = Peer(node_id, RaftConfig(id=node_id, timing=self.timing, **self.config))
        peer.written = list(records)
        peer.synced_count = len(records)
        peer.note_synced(records)
        self.start(node_id)
        return peer

    def start(self, node_id: NodeId) -> None:
        peer = self.peers[node_id]
        assert peer.node is None
        peer.start_count += 1
        peer.machine = Registers(
            lambda index, command: self.history.applied(
                node_id, index, command, request=command if self.unique_commands else None
            )
        )
        durable = replay(peer.written)
        rng = Random(f"{self.seed}/{node_id}/{peer.start_count}")
        self.history.restarted(node_id, durable.snapshot.meta.index if durable.snapshot else 0)
        peer.node = RaftNode(peer.config, durable, peer.machine, Tickets(), rng, self.now)
        self.step(node_id, events.Tick())

    def crash(self, node_id: NodeId, keep_unsynced: int = 0, *, torn: bool = False) -> None:
        """Power loss: of the writes not synced, only the first `keep_unsynced` happen to be on the disk.

        `torn`: and a part of the next one, if there is one, which whoever reads the disk has to cut.
        """
        peer = self.peers[node_id]
        assert peer.node is not None
        peer.node = None
        peer.paused = False
        whole_count = peer.synced_count + keep_unsynced
        torn_count = int(torn and whole_count < len(peer.written))
        verdict, kept_count = judge([True] * whole_count + [False] * torn_count, peer.synced_count)
        assert verdict is (Verdict.TORN if torn_count else Verdict.INTACT)
        del peer.written[kept_count:]
        peer.tickets_of = []
        peer.note_synced(peer.written[peer.synced_count :])
        peer.synced_count = len(peer.written)

    def crash_all(self, node_ids: Iterable[NodeId]) -> None:
        for node_id in node_ids:
            self.crash(node_id)

    def sync(self, node_id: NodeId, count: int | None = None) -> None:
        """The disk finishes the first `count` of the writes under way (all, if None)."""
        peer = self.peers[node_id]
        tickets = peer.tickets_of[:count]
        if peer.node is None or not tickets:
            return
        del peer.tickets_of[: len(tickets)]
        peer.note_synced(peer.written[peer.synced_count : peer.synced_count + len(tickets)])
        peer.synced_count += len(tickets)
        self.step(node_id, Persisted(tickets[-1]))

    # --- one step -----------------------------------------------------------------------------------------------

    def step(self, node_id: NodeId, event: events.RaftEvent) -> list[Any]:
        peer = self.peers[node_id]
        node = peer.up
        members_before = node.members
        effects = node.step(self.now, event)
        node.check_invariants(full=self.check_full)
        self.history.watch(node, effects)
        for effect in effects:
            if self.check_promises:
                self._check_promise(peer, effect, members_before)
            self._perform(peer, effect)
        for watcher in self.watchers:
            watcher(peer, effects)
        if self.auto_sync and peer.tickets_of:
            self.sync(node_id)
        return effects

    def _check_promise(self, peer: Peer, effect: Any, members_before: Membership) -> None:
        """What a message says, or a leader believes committed, would survive a crash at this moment."""
        match effect:
            case Send(message=PreVote() | PreVoteGranted()):
                pass
            case Send(to=to, message=message):
                hard_state = peer.synced_hard_state
                assert getattr(message, "term", 0) <= hard_state.term, f"{peer.id} tells a term it may forget"
                if isinstance(message, RequestVote) and hard_state.term == message.term:
                    assert hard_state.vote == peer.id, f"{peer.id} campaigns with a vote it may forget"
                elif isinstance(message, VoteAnswered) and message.granted and hard_state.term == message.term:
                    assert hard_state.vote == to, f"{peer.id} may forget its vote"
                elif isinstance(message, AppendAcked):
                    last_index = max(peer.synced_last_index, peer.synced_snapshot_index)
                    assert message.match_index <= last_index, f"{peer.id} may forget what it acknowledges"
            case Observe(fact=EntriesCommitted(last_index=index, last_term=term)) if peer.up.leading:
                assert any(self._on_majority(members, index, term) for members in (members_before, peer.up.members)), (
                    f"{peer.id} commits index {index}, which no majority holds durably"
                )

    def _on_majority(self, members: Membership, index: int, term: int) -> bool:
        voters = [self.peers[member.id] for member in members if member.voter]
        return 2 * sum(voter.holds(index, term) for voter in voters) > len(voters)

    def _perform(self, peer: Peer, effect: Any) -> None:
        match effect:
            case Send(to=to, message=message):
                self.letters.append(Letter(peer.id, to, message))
            case Persist(ticket=ticket, record=record):
                assert not peer.tickets_of or ticket > peer.tickets_of[-1]
                assert not isinstance(record, LogAppended) or record.entries
                peer.written.append(record)
                peer.tickets_of.append(ticket)
            case Reply(ticket=ticket, result=result):
                assert ticket not in self.replies, "one reply per request"
                assert ticket in self.asked_at
                self.replies[ticket] = (self.now, result)
            case Observe(fact=fact):
                self.facts.append((peer.id, fact))

    # --- messages -----------------------------------------------------------------------------------------------

    def deliver(self, position: int) -> None:
        """Hand over one letter; it is lost if its addressee is down, or the link is cut."""
        letter = self.letters.pop(position)
        peer = self.peers.get(letter.to)
        if peer is None or peer.node is None or (letter.sender, letter.to) in self.blocked:
            return
        self.step(letter.to, events.Received(letter.sender, letter.to, letter.message))

    def deliverable(self) -> list[int]:
        """Positions of letters whose addressee is not paused."""
        return [position for position, letter in enumerate(self.letters) if not self._is_paused(letter.to)]

    def _is_paused(self, node_id: NodeId) -> bool:
        peer = self.peers.get(node_id)
        return peer is not None and peer.paused

    def exchange(self) -> None:
        """Deliver everything, and what comes of it, in order."""
        for _ in range(BOUND):
            position = next((p for p, letter in enumerate(self.letters) if not self._is_paused(letter.to)), None)
            if position is None:
                return
            self.deliver(position)
        raise AssertionError("the exchange of messages does not end")

    def partition(self, *groups: Iterable[NodeId]) -> None:
        """Only members of the same group hear each other; those in no group hear nobody."""
        of = {node_id: number for number, group in enumerate(groups) for node_id in group}
        self.blocked = {
            (a, b) for a in self.peers for b in self.peers if a != b and (a not in of or b not in of or of[a] != of[b])
        }

    def heal(self) -> None:
        self.blocked = set()

    # --- time ---------------------------------------------------------------------------------------------------

    def tick_due(self) -> None:
        """Every live machine whose deadline has come gets a Tick."""
        for peer in list(self.peers.values()):
            for _ in range(BOUND):
                if peer.node is None or peer.paused:
                    break
                deadline = peer.node.deadline()
                if deadline is None or deadline > self.now:
                    break
                self.step(peer.id, events.Tick())

    def next_deadline(self) -> int | None:
        deadlines = [
            deadline
            for peer in self.peers.values()
            if peer.node is not None and not peer.paused and (deadline := peer.node.deadline()) is not None
        ]
        return min(deadlines, default=None)

    def pass_time(self, duration_ns: int, *, exchange: bool = True) -> None:
        """Let time pass; messages arrive at once unless told otherwise."""
        end = self.now + duration_ns
        if exchange:
            self.exchange()
        for _ in range(BOUND):
            deadline = self.next_deadline()
            if deadline is None or deadline > end:
                break
            self.now = max(self.now, deadline)
            self.tick_due()
            if exchange:
                self.exchange()
        self.now = end

    def run_until(self, condition: Callable[[], bool], limit_ns: int) -> int:
        """Let time pass until a condition holds; how long it took. Fails after `limit_ns`."""
        started_at = self.now
        self.exchange()
        while not condition():
            deadline = self.next_deadline()
            step_ns = MS if deadline is None else max(deadline - self.now, 0)
            assert self.now + step_ns - started_at <= limit_ns, f"not within {limit_ns} ns"
            self.pass_time(step_ns)
            self.tick_due()
            self.exchange()
        return self.now - started_at

    # --- clients ------------------------------------------------------------------------------------------------

    def ticket(self) -> Ticket:
        self.last_ticket += 1
        ticket = Ticket(1_000_000 + self.last_ticket)
        self.asked_at[ticket] = self.now
        return ticket

    def propose(self, node_id: NodeId, request: Put) -> Ticket:
        ticket = self.ticket()
        self.step(node_id, events.Propose(ticket, request))
        return ticket

    def read(self, node_id: NodeId, request: Get, *, stale: bool = False) -> Ticket:
        ticket = self.ticket()
        self.step(node_id, events.Read(ticket, request, stale))
        return ticket

    def change(self, node_id: NodeId, change: MembershipChange) -> Ticket:
        ticket = self.ticket()
        self.step(node_id, events.ChangeMembership(ticket, change))
        return ticket

    def result(self, ticket: Ticket) -> Result | None:
        reply = self.replies.get(ticket)
        return None if reply is None else reply[1]

    def applied(self, ticket: Ticket) -> Applied[Any]:
        result = self.result(ticket)
        assert isinstance(result, Applied), result
        return result

    def refused(self, ticket: Ticket) -> Refused:
        result = self.result(ticket)
        assert isinstance(result, Refused), result
        return result

    def unknown(self, ticket: Ticket) -> OutcomeUnknown:
        result = self.result(ticket)
        assert isinstance(result, OutcomeUnknown), result
        return result

    # --- who is who ---------------------------------------------------------------------------------------------

    def node(self, node_id: NodeId) -> RaftNode:
        return self.peers[node_id].up

    def live(self) -> list[RaftNode]:
        return [peer.node for peer in self.peers.values() if peer.node is not None]

    def leaders(self) -> list[RaftNode]:
        return [node for node in self.live() if node.leading]

    def leader(self) -> RaftNode:
        """The one that leads; of several who think so, the one of the latest term."""
        leaders = self.leaders()
        assert leaders, "nobody leads"
        return max(leaders, key=lambda node: node.term)

    def followers(self) -> list[RaftNode]:
        leader = self.leader()
        return [node for node in self.live() if node.id != leader.id]

    def elect(self, node_id: NodeId | None = None) -> RaftNode:
        """Let somebody be elected, `node_id` if one is named; all are to be up and connected."""
        limit_ns = 20 * self.timing.election_max_ns
        self.run_until(lambda: bool(self.leaders()), limit_ns)
        if node_id is not None and self.leader().id != node_id:
            self.pass_time(3 * self.timing.heartbeat_ns)
            self.step(self.leader().id, events.TransferLeadership(node_id))
            self.run_until(lambda: bool(self.leaders()) and self.leader().id == node_id, limit_ns)
        self.pass_time(2 * self.timing.heartbeat_ns)
        return self.leader()

    def roles(self) -> dict[NodeId, Role]:
        return {node.id: node.role for node in self.live()}
