"""Counts the hard states that a Raft cluster reached: a property that held because nothing happened is not tested."""

from collections import Counter, defaultdict
from typing import Any

from raft_cluster import Cluster
from raft_peer import Peer
from raft_registers import Put

from core.durability import Persist
from core.ids import NodeId, Ticket
from core.raft import effects as raft_effects
from core.raft.effects import Applied, OutcomeUnknown, Refused, Role
from core.raft.machine import Rejected
from core.raft.members import member_of, voters_of
from core.raft.messages import AppendRefused, InstallSnapshot, Stale
from core.raft.records import LogAppended

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
    "leader ran short of storage",
    "leader elected while short of storage",
    "progress after healing",
)


class Sightings:
    """Told of every step; `calls` are the requests of clients, `transfers` the terms in which one was asked for."""

    def __init__(self, cluster: Cluster, calls: dict[Ticket, tuple[NodeId, Any]]) -> None:
        self.counts: Counter[str] = Counter()
        self.transfers: set[int] = set()
        self.short_of_storage: set[NodeId] = set()
        self._learners_of: defaultdict[NodeId, set[NodeId]] = defaultdict(set)
        """The learners in the membership that each machine goes by."""
        self._cluster = cluster
        self._calls = calls

    def storage(self, peer: Peer, low: bool) -> None:
        """A machine is told that its disk is nearly full, or is not any more."""
        if low:
            self.short_of_storage.add(peer.id)
            self.counts["leader ran short of storage"] += peer.up.leading
        else:
            self.short_of_storage.discard(peer.id)

    def watch(self, peer: Peer, effects: list[Any]) -> None:
        """A machine has made a step."""
        for effect in effects:
            match effect:
                case raft_effects.Observe(fact=fact):
                    self._count_fact(peer, fact)
                case raft_effects.Send(message=AppendRefused()):
                    self.counts["append refused"] += 1
                case raft_effects.Send(message=Stale()):
                    self.counts["stale leader told"] += 1
                case raft_effects.Send(message=InstallSnapshot()):
                    self.counts["snapshot sent"] += 1
                case Persist(record=LogAppended(entries=entries)) if entries[0].index in peer.synced_terms:
                    self.counts["entry truncated"] += 1
                case raft_effects.Reply(ticket=ticket, result=result) if ticket in self._calls:
                    self._count_reply(ticket, result)

    def _count_fact(self, peer: Peer, fact: Any) -> None:
        match fact:
            case raft_effects.LeaderElected(term=term):
                self.counts["leader elected"] += 1
                self.counts["leader elected while short of storage"] += peer.id in self.short_of_storage
                self.counts["second leader elected"] += len(self._cluster.history.leaders) > 1
                self.counts["leadership transferred"] += term - 1 in self.transfers
                voters = sum(member.voter for member in peer.up.members)
                self.counts["even number of voters led"] += voters % 2 == 0
            case raft_effects.QuorumLost():
                self.counts["quorum lost"] += 1
            case raft_effects.SnapshotTaken():
                self.counts["snapshot taken"] += 1
            case raft_effects.SnapshotRestored():
                self.counts["snapshot restored"] += 1
            case raft_effects.MembershipChanged(members=members) if peer.node is not None:
                self.counts["membership changed"] += 1
                self.counts["learner promoted"] += bool(self._learners_of[peer.id] & set(voters_of(members)))
                self._learners_of[peer.id] = {member.id for member in members if not member.voter}
                if peer.node.role is Role.LEADER and member_of(members, peer.id) is None:
                    self.counts["leader removed itself"] += 1

    def _count_reply(self, ticket: Ticket, result: Any) -> None:
        node_id, call = self._calls[ticket]
        write = isinstance(call, Put)
        follower = self._cluster.node(node_id).role is not Role.LEADER
        match result:
            case Applied() if write:
                self.counts["write applied"] += 1
                self.counts["write applied through a follower"] += follower
            case Applied():
                self.counts["read answered by a follower"] += follower
            case Rejected():
                self.counts["write rejected"] += 1
            case Refused() if write:
                self.counts["write refused"] += 1
            case OutcomeUnknown():
                self.counts["write outcome unknown"] += 1
