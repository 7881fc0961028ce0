"""The hard states of Raft: elections, transfers, overwritten entries, snapshots, changes of the voters."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from core.durability import Persist
from core.ids import NodeId
from core.raft.effects import (
    ElectionStarted,
    LeaderElected,
    MembershipChanged,
    Observe,
    PreVoteRefused,
    QuorumLost,
    Send,
    SnapshotRestored,
    SnapshotTaken,
)
from core.raft.members import voters_of
from core.raft.messages import TimeoutNow
from core.raft.node import RaftNode
from core.raft.records import LogAppended
from swarmsim.world import FactListener


class RaftSituations:
    """Counts into `reached`."""

    def __init__(self, reached: Counter[str]) -> None:
        self._reached = reached
        self._leaders: dict[int, str] = {}
        self._candidates: defaultdict[int, set[str]] = defaultdict(set)
        self._handed_over: dict[NodeId, int] = {}
        """Raft member -> term in which its leader last asked it to take over."""
        self._log_ends: dict[str, int] = {}
        self._membership: tuple[int, frozenset[NodeId]] = (0, frozenset())
        """Index of the newest membership seen, and its voters."""

    def handlers(self) -> Mapping[type, FactListener]:
        """Facts it wants."""
        counted: Mapping[type, str] = {
            QuorumLost: "leader-stepped-down",
            PreVoteRefused: "pre-vote-refused",
            SnapshotTaken: "snapshot-taken",
            SnapshotRestored: "snapshot-installed",
        }
        return {kind: self._counter(name) for kind, name in counted.items()} | {
            LeaderElected: self._on_elected,
            ElectionStarted: self._on_election,
            MembershipChanged: self._on_membership,
        }

    def on_step(self, at_ns: int, host: str, node: RaftNode, effects: Sequence[Any]) -> None:
        """One step of a host's Raft member."""
        for effect in effects:
            kind = type(effect)
            if kind is Send:
                if type(effect.message) is TimeoutNow:
                    self._handed_over[effect.to] = effect.message.term
            elif kind is Persist:
                if type(effect.record) is LogAppended:
                    self._on_appended(host, effect.record)
            elif kind is Observe and type(effect.fact) is LeaderElected:
                self._reached["leadership-transferred"] += self._handed_over.get(node.id) == effect.fact.term - 1

    def restarted(self, host: str) -> None:
        """A crash may have taken the end of its log."""
        self._log_ends.pop(host, None)

    def finish(self) -> None:
        """A split vote shows in a later term only."""
        top = max(self._leaders, default=0)
        self._reached["split-vote"] += sum(
            len(hosts) > 1 and term not in self._leaders and term < top for term, hosts in self._candidates.items()
        )

    def _counter(self, name: str) -> FactListener:
        def count(at_ns: int, host: str, fact: object) -> None:
            self._reached[name] += 1

        return count

    def _on_appended(self, host: str, record: LogAppended[Any]) -> None:
        self._reached["entry-overwritten"] += record.entries[0].index <= self._log_ends.get(host, 0)
        self._log_ends[host] = record.entries[-1].index

    def _on_elected(self, at_ns: int, host: str, fact: LeaderElected) -> None:
        previous = self._leaders.get(max(self._leaders, default=0), host)
        self._reached["leader-changed"] += previous != host
        self._leaders[fact.term] = host

    def _on_election(self, at_ns: int, host: str, fact: ElectionStarted) -> None:
        if not fact.pre:
            self._candidates[fact.term].add(host)

    def _on_membership(self, at_ns: int, host: str, fact: MembershipChanged) -> None:
        index, before = self._membership
        if fact.index > index:
            voters = frozenset(voters_of(fact.members))
            self._reached["voter-added"] += bool(voters - before)
            self._reached["voter-removed"] += bool(before - voters)
            self._membership = (fact.index, voters)
