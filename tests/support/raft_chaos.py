"""Everything that can go wrong with a Raft cluster, as plain calls.

The same `Chaos` serves the Hypothesis machine, which draws each call as data so that failures shrink, and long random
runs (`raft_storms`). `sometimes` counts the hard states reached (`raft_sightings`).
"""

from itertools import combinations
from random import Random
from typing import Any

import msgspec
from raft_cluster import Cluster, node_name
from raft_peer import Peer
from raft_registers import Get, Put
from raft_sightings import Sightings

from core.ids import Address, NodeId, Ticket
from core.raft.effects import Applied
from core.raft.entries import MembershipEntry
from core.raft.events import Propose, StorageFreed, StorageLow, Tick, TransferLeadership
from core.raft.members import (
    AddLearner,
    AddMember,
    Members,
    MembershipChange,
    PromoteLearner,
    RemoveMember,
    UpdateAddress,
    voters_of,
)
from core.raft.recovery import replay
from core.timing import MS, RaftTiming

TIMING = RaftTiming(heartbeat_ns=100 * MS, election_min_ns=300 * MS, election_max_ns=600 * MS, refusal_ns=1_000 * MS)
WITHOUT_PRE_VOTE = msgspec.structs.replace(TIMING, pre_vote=False)
ON_A_GRID = msgspec.structs.replace(TIMING, pre_vote=False, grid_ns=100 * MS)
PEERS_MAX = 9
LETTERS_MAX = 400


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
        self.calls: dict[Ticket, tuple[NodeId, Any]] = {}
        self.next_value = 1
        self._sightings = Sightings(self.cluster, self.calls)
        self.sometimes = self._sightings.counts
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
        self.sometimes["write torn"] += torn and lost > 0
        self.cluster.crash(peer.id, min(keep_unsynced, len(peer.tickets_of)), torn=torn)
        self._sightings.short_of_storage.discard(peer.id)

    def restart(self, choice: int) -> None:
        down = [peer for peer in self.cluster.peers.values() if peer.node is None]
        if down:
            self.cluster.start(down[choice % len(down)].id)

    def storage(self, choice: int, low: bool) -> None:
        """A machine is told that its disk is nearly full, or that there is room again."""
        peer = self._pick(choice)
        if peer.node is not None and not peer.paused:
            self._sightings.storage(peer, low)
            self.cluster.step(peer.id, StorageLow() if low else StorageFreed())

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
                self._sightings.transfers.add(node.term)
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

    def _change(self, kind: int, choice: int, members: Members) -> MembershipChange | None:
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

    def heal_quorum(self, rng: Random) -> None:
        """Mend a random majority for good, and nothing else.

        The rest stays down, cut off or, where PreVote keeps such a one from disturbing for ever, half connected.
        """
        mended = self._random_quorum(rng)
        for peer in list(self.cluster.peers.values()):
            if peer.id in mended:
                peer.paused = False
                if peer.node is None:
                    self.cluster.start(peer.id)
            elif peer.node is not None and rng.random() < 0.5:
                self.cluster.crash(peer.id)
        self.cluster.partition(mended)
        for peer in self.cluster.peers.values():
            if peer.id not in mended and self.cluster.timing.pre_vote:
                self._connect_by_half(peer.id, mended, rng)
        self.cluster.auto_sync = True
        self.sync_all()

    def _connect_by_half(self, broken: NodeId, mended: list[NodeId], rng: Random) -> None:
        """It hears nobody, is heard by nobody, or some links of it work in one direction or both."""
        heard, hears = rng.choice(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.5, 0.5)))
        for each in mended:
            if rng.random() < heard:
                self.cluster.blocked.discard((broken, each))
            if rng.random() < hears:
                self.cluster.blocked.discard((each, broken))

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
        members = self._members_of(peer)
        learners = [member.id for member in members if member.to_be_promoted]
        return [
            (*voters_of(members), *promoted)
            for count in range(len(learners) + 1)
            for promoted in combinations(learners, count)
        ]

    @staticmethod
    def _members_of(peer: Peer) -> Members:
        if peer.node is not None:
            return peer.node.members
        durable = replay(peer.written)
        changes = [entry.members for entry in durable.entries if isinstance(entry, MembershipEntry)]
        if changes:
            return changes[-1]
        return durable.snapshot.meta.members if durable.snapshot else ()

    def expect_progress(self) -> None:
        """Within ten of the longest election timeouts there is a leader of a majority who applies a new write."""
        cluster = self.cluster
        deadline = cluster.now + 10 * TIMING.election_max_ns
        asked: dict[NodeId, Ticket] = {}
        """By each that believes to lead, the write that it was asked for last."""

        def progressed() -> bool:
            if any(isinstance(cluster.result(ticket), Applied) for ticket in asked.values()):
                return True
            for leader in cluster.leaders():
                if leader.id not in asked or asked[leader.id] in cluster.replies:
                    ticket = asked[leader.id] = cluster.ticket()
                    self.calls[ticket] = (leader.id, Put("x", self._value()))
                    cluster.step(leader.id, Propose(ticket, self.calls[ticket][1]))
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
        self._sightings.watch(peer, effects)


def _has_majority(voters: tuple[NodeId, ...], present: list[NodeId]) -> bool:
    return not voters or 2 * sum(voter in present for voter in voters) > len(voters)
