"""The safety properties of Raft over the whole history of a cluster: all leaders ever, every entry ever committed.

Theory of operation. `RaftHistory` is told what each peer does and remembers it for ever, so that a property holds
across time and not only between peers that happen to be alive (Raft dissertation Figure 3.2):

- Election Safety: a term has one leader.
- Leader Append-Only: a leader's log only grows while it leads.
- Log Matching: an index and a term name one entry with one predecessor, in all logs that ever were; by induction two
  logs that agree at an entry agree before it.
- Leader Completeness: whoever is elected has every entry that was ever committed in an earlier term.
- State Machine Safety: what was ever committed or applied at an index is the same on every peer; each peer applies in
  order, each index once, and a client's request is applied at one index only.

Every method raises `RaftViolation` at the first breach.
"""

from collections.abc import Hashable, Iterable
from typing import Any

from core.durability import Persist
from core.ids import NodeId
from core.raft.effects import EntriesCommitted, LeaderElected, Observe, SnapshotRestored
from core.raft.entries import CommandEntry, LogEntry
from core.raft.log import RaftLog
from core.raft.node import RaftNode
from core.raft.records import LogAppended


class RaftViolation(AssertionError):
    """A safety property does not hold; the message says which, where and between whom."""


class RaftHistory:
    """All that ever happened in one Raft group, as far as safety is concerned."""

    def __init__(self) -> None:
        self.leaders: dict[int, NodeId] = {}
        """Term -> who was elected."""
        self.committed_terms: dict[int, int] = {}
        """Index -> term of the entry that is committed there for ever."""
        self._committed_in: dict[int, int] = {}
        """Index -> a term in which its entry was known to be committed: leaders of later ones must have it."""
        self._entries: dict[tuple[int, int], tuple[int | None, Any]] = {}
        """(index, term) -> (term of the entry before it, what it holds)."""
        self.commands: dict[int, Any] = {}
        """Index -> what was applied there."""
        self._requests: dict[Hashable, int] = {}
        self._applied_index: dict[NodeId, int] = {}
        self._lives: dict[NodeId, RaftNode] = {}
        """Each peer as it is since its last start."""
        self._leader_end: dict[NodeId, tuple[int, int]] = {}
        """Leader -> (its term, last index of its log)."""

    # --- watching peers -----------------------------------------------------------------------------------------

    def watch(self, node: RaftNode, effects: Iterable[Any]) -> None:
        """One step of a peer: what it wrote, whom it was elected to be, what it found committed."""
        self._meet(node)
        for effect in effects:
            if type(effect) is Persist and type(effect.record) is LogAppended:
                self.appended(node.id, node.term if node.leader_id == node.id else 0, effect.record.entries, node.log)
            elif type(effect) is Observe:
                self._watch_fact(node, effect.fact)

    def _watch_fact(self, node: RaftNode, fact: Any) -> None:
        if type(fact) is LeaderElected:
            self.elected(node.id, fact.term, node.log)
        elif type(fact) is EntriesCommitted:
            first_index = max(fact.first_index, node.log.first_index)
            self.committed(node.id, node.term, node.log.slice(first_index, fact.last_index))
        elif type(fact) is SnapshotRestored:
            self._applied_index[node.id] = max(fact.index, self._applied_index.get(node.id, 0))

    def watch_applied(self, node: RaftNode, index: int, command: Any) -> None:
        """A peer's state machine is about to carry out a command; called within the step that applies it."""
        self._meet(node)
        self.applied(node.id, index, command, _request_at(index, node.log))

    def _meet(self, node: RaftNode) -> None:
        """A peer that is another object than before has been started anew."""
        if self._lives.get(node.id) is not node:
            self._lives[node.id] = node
            self.restarted(node.id, node.applied_index)

    # --- the properties -----------------------------------------------------------------------------------------

    def elected(self, node_id: NodeId, term: int, log: RaftLog) -> None:
        """Election Safety and Leader Completeness."""
        other_id = self.leaders.setdefault(term, node_id)
        if other_id != node_id:
            raise RaftViolation(f"Election Safety: {other_id} and {node_id} were both elected in term {term}")
        for index, committed_term in self.committed_terms.items():
            if self._committed_in[index] < term and index > log.base_index and log.term_at(index) != committed_term:
                raise RaftViolation(
                    f"Leader Completeness: {node_id}, elected in term {term}, has term {log.term_at(index)} at index "
                    f"{index}, where an entry of term {committed_term} is committed"
                )
        self._leader_end[node_id] = (term, _end_before(log, term))

    def appended(
        self, node_id: NodeId, leader_term: int, entries: Iterable[LogEntry], log: RaftLog | None = None
    ) -> None:
        """Leader Append-Only (`leader_term` is not 0 for one that leads) and Log Matching."""
        before: int | None = None
        for entry in entries:
            if before is None and log is not None:
                before = log.term_at(entry.index - 1)
            self._append_one(node_id, leader_term, entry, before)
            before = entry.term

    def _append_one(self, node_id: NodeId, leader_term: int, entry: LogEntry, before: int | None) -> None:
        term, last_index = self._leader_end.get(node_id, (0, 0))
        if leader_term and term == leader_term:
            if entry.index != last_index + 1 or entry.term != leader_term:
                raise RaftViolation(
                    f"Leader Append-Only: {node_id} leads term {term} with a log up to {last_index} and writes "
                    f"index {entry.index} of term {entry.term}"
                )
            self._leader_end[node_id] = (term, entry.index)
        known = self._entries.setdefault((entry.index, entry.term), (before, _content(entry)))
        if known[1] != _content(entry) or (None not in (known[0], before) and known[0] != before):
            raise RaftViolation(
                f"Log Matching: index {entry.index} of term {entry.term} is {known} and, on {node_id}, "
                f"{(before, _content(entry))}"
            )

    def committed(self, node_id: NodeId, in_term: int, entries: Iterable[LogEntry]) -> None:
        """State Machine Safety, as far as the log goes. `in_term` is the term in which the peer learnt it."""
        for entry in entries:
            self._committed_in.setdefault(entry.index, in_term)
            term = self.committed_terms.setdefault(entry.index, entry.term)
            if term != entry.term:
                raise RaftViolation(
                    f"State Machine Safety: at index {entry.index} an entry of term {term} is committed, and, on "
                    f"{node_id}, one of term {entry.term}"
                )

    def applied(self, node_id: NodeId, index: int, command: Any, request: Hashable | None = None) -> None:
        """State Machine Safety: one command per index, in order, and a request (if it can be told) at one index."""
        if index <= self._applied_index.get(node_id, 0):
            raise RaftViolation(f"State Machine Safety: {node_id} applied index {index} out of order or twice")
        self._applied_index[node_id] = index
        other = self.commands.setdefault(index, command)
        if other is not command and other != command:
            raise RaftViolation(f"State Machine Safety: index {index} is {other!r} and, on {node_id}, {command!r}")
        if request is not None and self._requests.setdefault(request, index) != index:
            raise RaftViolation(
                f"Once-only: request {request!r} was applied at {self._requests[request]} and, on {node_id}, at {index}"
            )

    def restarted(self, node_id: NodeId, snapshot_index: int) -> None:
        """A peer begins anew from its snapshot: it applies what follows once more."""
        self._applied_index[node_id] = snapshot_index
        self._leader_end.pop(node_id, None)


def _end_before(log: RaftLog, term: int) -> int:
    """Where the log ended when `term` began; a leader's first own entry may be in it by now."""
    index = log.last_index
    while index > log.base_index and log.term_at(index) == term:
        index -= 1
    return index


def _request_at(index: int, log: RaftLog) -> Hashable | None:
    """Which client's request an entry carries out, if it can be told."""
    entry = next(iter(log.slice(index, index)), None) if log.first_index <= index <= log.last_index else None
    if type(entry) is not CommandEntry or entry.stamp is None:
        return None
    return entry.stamp.origin, entry.stamp.incarnation, entry.stamp.sequence


def _content(entry: LogEntry) -> Any:
    return (entry.command, entry.stamp) if type(entry) is CommandEntry else entry
