"""A Raft cluster in memory where nothing happens by itself: each delivery, sync, crash and passing of time is a call.

`Cluster` owns the peers (`raft_peer`) and the messages under way; a test, or Hypothesis, decides what happens next.
Every effect goes past `raft_promises` and `swarmsim.checks.raft`, so that any test here is also a safety test.
"""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

from msgspec import Struct
from raft_peer import Peer
from raft_promises import check_promise
from raft_registers import Get, Put, Registers

from core.durability import Persist, Persisted, Tickets
from core.ids import Address, NodeId, Ticket
from core.raft import events
from core.raft.config import RaftConfig
from core.raft.effects import (
    Applied,
    Observe,
    OutcomeUnknown,
    Refused,
    Reply,
    Result,
    Role,
    Send,
)
from core.raft.members import Member, MembershipChange
from core.raft.node import RaftNode
from core.raft.records import Record
from core.raft.recovery import bootstrap, replay
from core.timing import LAN, MS, RaftTiming
from swarmsim.checks.raft import RaftHistory

BOUND = 200_000
"""No loop of a test takes more turns."""


class Letter(Struct, frozen=True):
    """A message under way."""

    sender: NodeId
    to: NodeId
    message: Any


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
        peer.lose_power(keep_unsynced, torn)

    def crash_all(self, node_ids: Iterable[NodeId]) -> None:
        for node_id in node_ids:
            self.crash(node_id)

    def sync(self, node_id: NodeId, count: int | None = None) -> None:
        """The disk finishes the first `count` of the writes under way (all, if None)."""
        peer = self.peers[node_id]
        ticket = peer.sync(count) if peer.node is not None else None
        if ticket is not None:
            self.step(node_id, Persisted(ticket))

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
                check_promise(self.peers, peer, effect, members_before)
            self._perform(peer, effect)
        for watcher in self.watchers:
            watcher(peer, effects)
        if self.auto_sync and peer.tickets_of:
            self.sync(node_id)
        return effects

    def _perform(self, peer: Peer, effect: Any) -> None:
        match effect:
            case Send(to=to, message=message):
                self.letters.append(Letter(peer.id, to, message))
            case Persist(ticket=ticket, record=record):
                peer.write(ticket, record)
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
