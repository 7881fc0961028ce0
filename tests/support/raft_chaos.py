"""Everything that can go wrong with a Raft cluster, as plain calls, and a seeded driver that makes them at random.

The same `Chaos` serves the Hypothesis machine, which draws each call as data so that failures shrink, and long random
runs. `sometimes` counts the hard states reached: a property that held because nothing happened has not been tested.
"""

from collections import Counter
from collections.abc import Hashable
from itertools import combinations
from random import Random
from typing import Any

import msgspec
from raft_cluster import Cluster, Get, Peer, Put, node_name

from core.durability import Persist
from core.ids import Address, NodeId, Ticket
from core.raft import effects as raft_effects
from core.raft.effects import Applied, OutcomeUnknown, Refused, Role
from core.raft.entries import MembershipEntry
from core.raft.events import Propose, Tick, TransferLeadership
from core.raft.machine import Rejected
from core.raft.members import (
    AddLearner,
    AddMember,
    Membership,
    MembershipChange,
    PromoteLearner,
    RemoveMember,
    UpdateAddress,
    member_of,
    voters_of,
)
from core.raft.messages import AppendRefused, InstallSnapshot, Stale
from core.raft.records import LogAppended
from core.raft.recovery import replay
from core.timing import MS, RaftTiming
from swarmsim.checks.linearizability import NEVER_RETURNED, Operation, is_linearizable
from swarmsim.checks.raft import RaftViolation

TIMING = RaftTiming(heartbeat_ns=100 * MS, election_min_ns=300 * MS, election_max_ns=600 * MS, refusal_ns=1_000 * MS)
WITHOUT_PRE_VOTE = msgspec.structs.replace(TIMING, pre_vote=False)
ON_A_GRID = msgspec.structs.replace(TIMING, pre_vote=False, grid_ns=100 * MS)
KEYS = ("x", "y")
PEERS_MAX = 9
LETTERS_MAX = 400
SOMETIMES = (
    "leader elected",
    "second leader elected",
    "entry truncated",
    "append refused",
    "stale leader told",
    "quorum lost",
    "snapshot taken",
    "snapshot restored",
    "membership changed",
    "learner promoted",
    "leader removed itself",
    "even number of voters led",
    "leadership transferred",
    "unsynced write lost",
    "write torn",
    "write applied",
    "write applied through a follower",
    "write rejected",
    "write refused",
    "write outcome unknown",
    "read answered by a follower",
    "progress after healing",
)


class Chaos:
    """A cluster, its clients, and every fault."""

    def __init__(
        self, voter_count: int, learner_count: int, seed: int, timing: RaftTiming = TIMING, **config: Any
    ) -> None:
        settings: dict[str, Any] = {"snapshot_entries_count": 6, "log_tail_count": 2, "append_entries_max": 4, **config}
        self.cluster = Cluster(
            voter_count,
            learner_count,
            seed=seed,
            timing=timing,
            auto_sync=False,
            check_full=False,
            unique_commands=True,
            **settings,
        )
        self.sometimes: Counter[str] = Counter()
        self.calls: dict[Ticket, tuple[NodeId, Any]] = {}
        self.next_value = 1
        self.transfers: set[int] = set()
        self._step_count = 0
        self.cluster.watchers.append(self._watch)

    # --- faults and deeds; positions and choices may be any number ------------------------------------------------

    def deliver(self, choice: int) -> None:
        positions = self.cluster.deliverable()
        if positions:
            self.cluster.deliver(positions[choice % len(positions)])

    def duplicate(self, choice: int) -> None:
        letters = self.cluster.letters
        if letters and len(letters) < LETTERS_MAX:
            letters.append(letters[choice % len(letters)])

    def drop(self, choice: int) -> None:
        if self.cluster.letters:
            del self.cluster.letters[choice % len(self.cluster.letters)]

    def deliver_all(self, rounds: int) -> None:
        """Everything under way arrives, and what comes of it, for a while."""
        for _ in range(rounds):
            positions = self.cluster.deliverable()
            if not positions:
                return
            self.cluster.deliver(positions[0])

    def sync(self, choice: int, count: int | None) -> None:
        self.cluster.sync(self._pick(choice).id, count)

    def sync_all(self) -> None:
        for node_id in list(self.cluster.peers):
            self.cluster.sync(node_id)

    def wait(self, duration_ns: int) -> None:
        """Time passes, and timers fire, but nothing arrives."""
        self.cluster.pass_time(duration_ns, exchange=False)
        self._bound_letters()

    def tick(self, choice: int) -> None:
        peer = self._pick(choice)
        if peer.node is not None and not peer.paused:
            self.cluster.step(peer.id, Tick())

    def timeout(self, choice: int) -> None:
        """One machine's deadline comes; the others are a little late with theirs."""
        peer = self._pick(choice)
        if peer.node is None or peer.paused:
            return
        deadline = peer.node.deadline()
        if deadline is not None:
            self.cluster.now = max(self.cluster.now, deadline)
            self.cluster.step(peer.id, Tick())

    def crash(self, choice: int, keep_unsynced: int, torn: bool) -> None:
        peer = self._pick(choice)
        if peer.node is None:
            return
        lost = len(peer.tickets_of) - keep_unsynced
        self.sometimes["unsynced write lost"] += lost > 0
        self.sometimes["write torn"] += torn and lost > 0  # The one after the last kept: read back as bad, and cut.
        self.cluster.crash(peer.id, min(keep_unsynced, len(peer.tickets_of)))

    def restart(self, choice: int) -> None:
        down = [peer for peer in self.cluster.peers.values() if peer.node is None]
        if down:
            self.cluster.start(down[choice % len(down)].id)

    def pause(self, choice: int) -> None:
        self._pick(choice).paused = True

    def resume(self) -> None:
        for peer in self.cluster.peers.values():
            peer.paused = False

    def partition(self, sides: int) -> None:
        """Two sides that do not hear each other: bit i of `sides` says on which the i-th machine is."""
        ids = list(self.cluster.peers)
        self.cluster.partition(
            [node_id for bit, node_id in enumerate(ids) if sides >> bit & 1],
            [node_id for bit, node_id in enumerate(ids) if not sides >> bit & 1],
        )

    def cut(self, choice: int, other: int) -> None:
        """One direction of one link."""
        self.cluster.blocked.add((self._pick(choice).id, self._pick(other).id))

    def heal(self) -> None:
        self.cluster.heal()

    def transfer(self, choice: int) -> None:
        for node in self.cluster.leaders():
            if not self.cluster.peers[node.id].paused:
                self.transfers.add(node.term)
                target = node.members[choice % len(node.members)].id if choice % 3 else None
                self.cluster.step(node.id, TransferLeadership(target))

    # --- clients --------------------------------------------------------------------------------------------------

    def put(self, choice: int, key: str) -> None:
        self._propose(choice, Put(key, self._value()))

    def compare_and_set(self, choice: int, key: str, guess: int) -> None:
        peer = self._pick(choice)
        held = peer.machine.committed.get(key, 0)
        self._propose(choice, Put(key, self._value(), expected=held if guess % 3 else guess))

    def _value(self) -> int:
        self.next_value += 1
        return self.next_value

    def _propose(self, choice: int, request: Put) -> None:
        peer = self._pick(choice)
        if peer.node is None or peer.paused:
            return
        ticket = Ticket(1_000_001 + self.cluster.last_ticket)
        self.calls[ticket] = (peer.id, request)
        self.cluster.propose(peer.id, request)

    def get(self, choice: int, key: str) -> None:
        peer = self._pick(choice)
        if peer.node is None or peer.paused:
            return
        ticket = Ticket(1_000_001 + self.cluster.last_ticket)
        self.calls[ticket] = (peer.id, Get(key))
        self.cluster.read(peer.id, Get(key))

    # --- membership -----------------------------------------------------------------------------------------------

    def change_membership(self, kind: int, choice: int) -> None:
        """Ask a leader for a change; a machine that is to join is started first."""
        leaders = [node for node in self.cluster.leaders() if not self.cluster.peers[node.id].paused]
        if not leaders:
            return
        leader = leaders[choice % len(leaders)]
        change = self._change(kind, choice, leader.members)
        if change is not None:
            self.cluster.change(leader.id, change)

    def _change(self, kind: int, choice: int, members: Membership) -> MembershipChange | None:
        member = members[choice % len(members)]
        match kind % 5:
            case 0 | 1 if len(self.cluster.peers) < PEERS_MAX and len(members) < 7:
                node_id = node_name(len(self.cluster.peers) + 1)
                self.cluster.add_peer(node_id)
                address = Address(f"host-{node_id}:2377")
                return AddMember(node_id, address) if kind % 5 else AddLearner(node_id, address)
            case 2:
                return RemoveMember(member.id)
            case 3:
                return PromoteLearner(member.id)
            case 4:
                return UpdateAddress(member.id, Address(f"moved-{choice}:2377"))
        return None

    # --- the second phase -----------------------------------------------------------------------------------------

    def heal_quorum(self, rng: Random) -> list[NodeId]:
        """Mend a random majority for good, and nothing else: the rest stays down or cut off. Who was mended."""
        mended = self._random_quorum(rng)
        for peer in list(self.cluster.peers.values()):
            if peer.id in mended:
                peer.paused = False
                if peer.node is None:
                    self.cluster.start(peer.id)
            elif peer.node is not None and rng.random() < 0.5:
                self.cluster.crash(peer.id)
        self.cluster.partition(mended)
        self.cluster.auto_sync = True
        self.sync_all()
        return mended

    def _random_quorum(self, rng: Random) -> list[NodeId]:
        """As few as chance has it, but a majority of the voters by every membership that anybody goes by."""
        memberships = [voters for peer in self.cluster.peers.values() for voters in self._electorates_of(peer)]
        order = list(self.cluster.peers)
        rng.shuffle(order)
        mended: list[NodeId] = []
        for node_id in order:
            if all(_has_majority(voters, mended) for voters in memberships):
                break
            mended.append(node_id)
        return mended

    def _electorates_of(self, peer: Peer) -> list[tuple[NodeId, ...]]:
        """Who votes now, and who may once any of the learners that are to be promoted is."""
        members = self._membership_of(peer)
        learners = [member.id for member in members if member.to_be_promoted]
        return [
            (*voters_of(members), *promoted)
            for count in range(len(learners) + 1)
            for promoted in combinations(learners, count)
        ]

    @staticmethod
    def _membership_of(peer: Peer) -> Membership:
        if peer.node is not None:
            return peer.node.members
        durable = replay(peer.written)
        changes = [entry.members for entry in durable.entries if isinstance(entry, MembershipEntry)]
        if changes:
            return changes[-1]
        return durable.snapshot.meta.members if durable.snapshot else ()

    def expect_progress(self, mended: list[NodeId]) -> None:
        """Within ten of the longest election timeouts those mended have a leader and apply a new write."""
        cluster = self.cluster
        deadline = cluster.now + 10 * TIMING.election_max_ns
        tickets: list[Ticket] = []

        def progressed() -> bool:
            if tickets and isinstance(cluster.result(tickets[-1]), Applied):
                return True
            leading = [node for node in cluster.leaders() if node.id in mended]
            if leading and (not tickets or tickets[-1] in cluster.replies):
                tickets.append(cluster.ticket())
                leader = max(leading, key=lambda node: node.term)
                self.calls[tickets[-1]] = (leader.id, Put("x", self._value()))
                cluster.step(leader.id, Propose(tickets[-1], self.calls[tickets[-1]][1]))
            return False

        cluster.run_until(progressed, deadline - cluster.now)
        self.sometimes["progress after healing"] += 1

    # --- judging --------------------------------------------------------------------------------------------------

    def _pick(self, choice: int) -> Peer:
        peers = list(self.cluster.peers.values())
        return peers[choice % len(peers)]

    def _bound_letters(self) -> None:
        """A network forgets: the oldest letters are lost."""
        del self.cluster.letters[: max(len(self.cluster.letters) - LETTERS_MAX, 0)]

    def _watch(self, peer: Peer, effects: list[Any]) -> None:
        self._step_count += 1
        if self._step_count % 64 == 0:
            peer.up.check_invariants(full=True)
        for effect in effects:
            match effect:
                case raft_effects.Observe(fact=fact):
                    self._count_fact(peer, fact)
                case raft_effects.Send(message=AppendRefused()):
                    self.sometimes["append refused"] += 1
                case raft_effects.Send(message=Stale()):
                    self.sometimes["stale leader told"] += 1
                case raft_effects.Send(message=InstallSnapshot()):
                    self.sometimes["snapshot sent"] += 1
                case Persist(record=LogAppended(entries=entries)) if entries[0].index in peer.synced_terms:
                    self.sometimes["entry truncated"] += 1
                case raft_effects.Reply(ticket=ticket, result=result) if ticket in self.calls:
                    self._count_reply(ticket, result)

    def _count_fact(self, peer: Peer, fact: Any) -> None:
        match fact:
            case raft_effects.LeaderElected(term=term):
                self.sometimes["leader elected"] += 1
                self.sometimes["second leader elected"] += len(self.cluster.history.leaders) > 1
                self.sometimes["leadership transferred"] += term - 1 in self.transfers
                voters = sum(member.voter for member in peer.up.members)
                self.sometimes["even number of voters led"] += voters % 2 == 0
            case raft_effects.QuorumLost():
                self.sometimes["quorum lost"] += 1
            case raft_effects.SnapshotTaken():
                self.sometimes["snapshot taken"] += 1
            case raft_effects.SnapshotRestored():
                self.sometimes["snapshot restored"] += 1
            case raft_effects.MembershipChanged(members=members) if peer.node is not None:
                self.sometimes["membership changed"] += 1
                self.sometimes["learner promoted"] += peer.node.role is Role.LEADER and peer.up.leading
                if peer.node.role is Role.LEADER and member_of(members, peer.id) is None:
                    self.sometimes["leader removed itself"] += 1

    def _count_reply(self, ticket: Ticket, result: Any) -> None:
        node_id, call = self.calls[ticket]
        write = isinstance(call, Put)
        follower = self.cluster.node(node_id).role is not Role.LEADER
        match result:
            case Applied() if write:
                self.sometimes["write applied"] += 1
                self.sometimes["write applied through a follower"] += follower
            case Applied():
                self.sometimes["read answered by a follower"] += follower
            case Rejected():
                self.sometimes["write rejected"] += 1
            case Refused() if write:
                self.sometimes["write refused"] += 1
            case OutcomeUnknown():
                self.sometimes["write outcome unknown"] += 1

    def check_history(self) -> None:
        """What clients were told is true: linearizable, and what was refused or rejected never happened."""
        applied_values = {command.value for command in self.cluster.history.commands.values()}
        for ticket, (_, call) in self.calls.items():
            result = self.cluster.result(ticket)
            if isinstance(result, Refused | Rejected) and isinstance(call, Put) and call.value in applied_values:
                raise RaftViolation(f"{call} was answered by {result}, yet it was applied")
        for key in KEYS:
            if not is_linearizable(self._operations(key), 0, register):
                raise RaftViolation(f"the history of {key} is not linearizable: {self._operations(key)}")

    def _operations(self, key: str) -> list[Operation]:
        operations = []
        for ticket, (_, call) in self.calls.items():
            reply = self.cluster.replies.get(ticket)
            if call.key != key or (reply is not None and isinstance(reply[1], Refused)):
                continue
            if reply is None or isinstance(reply[1], OutcomeUnknown):
                if isinstance(call, Put):
                    operations.append(Operation(self.cluster.asked_at[ticket], NEVER_RETURNED, call))
            else:
                operations.append(Operation(self.cluster.asked_at[ticket], reply[0], call, reply[1]))
        return without_unseen(operations)


def without_unseen(operations: list[Operation]) -> list[Operation]:
    """Leave out writes of unknown outcome that nobody saw: each value is written once, so they explain nothing."""
    seen: set[int] = set()
    for operation in operations:
        if not operation.is_unknown:
            seen.add(operation.outcome.error if isinstance(operation.outcome, Rejected) else operation.outcome.value)
    unknown = [operation for operation in operations if operation.is_unknown]
    kept: list[Operation] = []
    while found := [operation for operation in unknown if operation.call.value in seen]:
        kept += found
        unknown = [operation for operation in unknown if operation.call.value not in seen]
        seen |= {operation.call.expected for operation in found}
    return [operation for operation in operations if not operation.is_unknown] + kept


def register(state: Hashable, call: Any, outcome: Any) -> tuple[bool, Hashable]:
    """One register: a Put answers what was there before, or is rejected with what is there; a Get answers it."""
    if isinstance(call, Get):
        return outcome.value == state, state
    if isinstance(outcome, Rejected):
        return call.expected is not None and call.expected != state and outcome.error == state, state
    if outcome is None:
        return call.expected in (None, state), call.value
    return call.expected in (None, state) and outcome.value == state, call.value


def run(seed: int, step_count: int, **config: Any) -> Chaos:
    """A random cluster under random faults for `step_count` steps."""
    rng = Random(f"chaos/{seed}")
    timing = rng.choice((TIMING, TIMING, WITHOUT_PRE_VOTE, ON_A_GRID))
    bounds: dict[str, Any] = {
        "snapshot_entries_count": rng.choice((1, 6, 20, 1000)),
        "log_tail_count": rng.choice((1, 2, 5)),
        "apply_count_max": rng.choice((1, 3, 2048)),
        "apply_bytes_max": rng.choice((1, 100, 256 * 1024)),
        "append_entries_max": rng.choice((1, 4, 4096)),
        "inflight_count_max": rng.choice((1, 64)),
        "promotion_lag_count": rng.choice((0, 64)),
    }
    chaos = Chaos(
        rng.choice((1, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7)), rng.choice((0, 0, 1, 2)), seed, timing, **{**bounds, **config}
    )
    mood = Mood(rng)
    for _ in range(step_count):
        mood.act(chaos)
    chaos.expect_progress(chaos.heal_quorum(rng))
    chaos.check_history()
    return chaos


def _has_majority(voters: tuple[NodeId, ...], present: list[NodeId]) -> bool:
    return not voters or 2 * sum(voter in present for voter in voters) > len(voters)


class Mood:
    """A random mix of deeds that changes now and then: calm, or a storm in which some never happen, some often."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._left = 0
        self._weights: list[int] = []

    def act(self, chaos: Chaos) -> None:
        if self._left == 0:
            self._change()
        self._left -= 1
        rng = self._rng
        (deed,) = rng.choices(DEEDS, self._weights)
        deed(chaos, rng)

    def _change(self) -> None:
        rng = self._rng
        self._left = rng.randint(20, 200)
        stormy = rng.random() < 0.7
        self._weights = [weight * (rng.choice((0, 1, 1, 4)) if stormy else int(calm)) for weight, calm, _ in TABLE]
        self._weights[0] = self._weights[0] or 1


TABLE: list[tuple[int, bool, Any]] = [
    # (weight, also in calm, deed)
    (60, True, lambda chaos, rng: chaos.deliver(0)),
    (20, False, lambda chaos, rng: chaos.deliver(rng.randrange(1000))),
    (6, False, lambda chaos, rng: chaos.drop(rng.randrange(1000))),
    (4, False, lambda chaos, rng: chaos.duplicate(rng.randrange(1000))),
    (20, True, lambda chaos, rng: chaos.deliver_all(rng.choice((3, 10, 40)))),
    (30, True, lambda chaos, rng: chaos.sync(rng.randrange(100), rng.choice((None, None, 1)))),
    (8, True, lambda chaos, rng: chaos.sync_all()),
    (6, True, lambda chaos, rng: chaos.wait(rng.choice((1, 20, 50, 120)) * MS)),
    (1, True, lambda chaos, rng: chaos.wait(rng.choice((300, 700)) * MS)),
    (2, False, lambda chaos, rng: chaos.timeout(rng.randrange(100))),
    (2, False, lambda chaos, rng: chaos.crash(rng.randrange(100), rng.choice((0, 0, 1, 3)), rng.random() < 0.5)),
    (4, True, lambda chaos, rng: chaos.restart(rng.randrange(100))),
    (1, False, lambda chaos, rng: chaos.pause(rng.randrange(100))),
    (3, True, lambda chaos, rng: chaos.resume()),
    (1, False, lambda chaos, rng: chaos.partition(rng.randrange(1 << PEERS_MAX))),
    (1, False, lambda chaos, rng: chaos.cut(rng.randrange(100), rng.randrange(100))),
    (3, True, lambda chaos, rng: chaos.heal()),
    (6, True, lambda chaos, rng: chaos.put(rng.randrange(100), rng.choice(KEYS))),
    (4, True, lambda chaos, rng: chaos.compare_and_set(rng.randrange(100), rng.choice(KEYS), rng.randrange(100))),
    (5, True, lambda chaos, rng: chaos.get(rng.randrange(100), rng.choice(KEYS))),
    (2, True, lambda chaos, rng: chaos.change_membership(rng.randrange(100), rng.randrange(100))),
    (1, True, lambda chaos, rng: chaos.transfer(rng.randrange(100))),
]
DEEDS = [deed for _, _, deed in TABLE]
