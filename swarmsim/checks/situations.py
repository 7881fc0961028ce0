"""Counts the hard states that a run reached: the `sometimes` beside every `always`.

A property that held because nothing ever went wrong has not been tested. Each situation is recognised from facts and
samples alone; what messages went by is read from the world's counters at the end.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.durability import Persist, Verdict
from core.events import ContainerPhase
from core.facts import HostPhaseChanged, TaskMoved
from core.objects.task import TaskState
from core.raft.effects import (
    ElectionStarted,
    LeaderElected,
    MembershipChanged,
    QuorumLost,
    SnapshotRestored,
    SnapshotTaken,
)
from core.raft.node import RaftNode
from core.raft.records import LogAppended
from core.trials.clients import Outcome, RequestSample, WriteOutcome, WriterSample
from sim.facts import ContainerChanged, DaemonStarted
from swarmsim.checks.check import Check
from swarmsim.world import FactListener, RaftListener, World

SITUATIONS: Final = (
    "leader-changed",
    "split-vote",
    "pre-vote-refused",
    "leader-stepped-down",
    "leadership-transferred",
    "entry-overwritten",
    "snapshot-taken",
    "snapshot-installed",
    "membership-changed",
    "host-recovered",
    "torn-write-cut",
    "corrupt-disk-rejoined",
    "write-acknowledged",
    "write-refused",
    "write-outcome-unknown",
    "read-answered",
    "task-moved-to-another-host",
    "two-containers-of-one-slot",
    "container-failed",
    "request-answered",
    "request-failed",
)
"""The names that `sometimes:` knows."""
OF_SERVICES: Final = (
    "task-moved-to-another-host",
    "two-containers-of-one-slot",
    "container-failed",
    "request-answered",
    "request-failed",
)
"""Those that nobody reaches without services."""


class Situations(Check):
    """Never fails; `counts` has every situation in order, also those that were not reached."""

    name = "situations"

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = dict.fromkeys(SITUATIONS, 0)
        self._leaders: dict[int, str] = {}
        self._candidates: defaultdict[int, set[str]] = defaultdict(set)
        self._asking: dict[str, bool] = {}
        self._log_ends: dict[str, int] = {}
        self._corrupt: set[str] = set()
        self._places: dict[tuple[str, int], str] = {}
        self._slots: dict[str, tuple[str, int]] = {}
        self._running: defaultdict[tuple[str, int], set[str]] = defaultdict(set)

    def handlers(self) -> Mapping[type, FactListener]:
        counted: Mapping[type, str] = {
            QuorumLost: "leader-stepped-down",
            SnapshotTaken: "snapshot-taken",
            SnapshotRestored: "snapshot-installed",
            MembershipChanged: "membership-changed",
        }
        return {kind: self._counter(name) for kind, name in counted.items()} | {
            LeaderElected: self._on_elected,
            ElectionStarted: self._on_election,
            DaemonStarted: self._on_daemon,
            HostPhaseChanged: self._on_phase,
            TaskMoved: self._on_task,
            ContainerChanged: self._on_container,
            WriterSample: self._on_operation,
            RequestSample: self._on_request,
        }

    def raft_listener(self) -> RaftListener:
        return self._on_raft_step

    def finish(self, world: World) -> None:
        sent = world.sent().values()
        self.counts["leadership-transferred"] += sum(types.get("TimeoutNow", (0, 0))[0] for types in sent)
        top = max(self._leaders, default=0)
        self.counts["split-vote"] += sum(
            len(hosts) > 1 and term not in self._leaders and term < top for term, hosts in self._candidates.items()
        )

    def _counter(self, name: str) -> FactListener:
        def count(at_ns: int, host: str, fact: object) -> None:
            self.counts[name] += 1

        return count

    def _on_raft_step(self, at_ns: int, host: str, node: RaftNode, effects: Sequence[Any]) -> None:
        for effect in effects:
            if type(effect) is Persist and type(effect.record) is LogAppended:
                entries = effect.record.entries
                self.counts["entry-overwritten"] += entries[0].index <= self._log_ends.get(host, 0)
                self._log_ends[host] = entries[-1].index

    def _on_elected(self, at_ns: int, host: str, fact: LeaderElected) -> None:
        previous = self._leaders.get(max(self._leaders, default=0), host)
        self.counts["leader-changed"] += previous != host
        self._leaders[fact.term] = host
        self._asking[host] = False

    def _on_election(self, at_ns: int, host: str, fact: ElectionStarted) -> None:
        if fact.pre:
            self.counts["pre-vote-refused"] += self._asking.get(host, False)
        else:
            self._candidates[fact.term].add(host)
        self._asking[host] = fact.pre

    def _on_daemon(self, at_ns: int, host: str, fact: DaemonStarted) -> None:
        self.counts["host-recovered"] += fact.incarnation > 1
        self.counts["torn-write-cut"] += fact.verdict is Verdict.TORN
        if fact.verdict is Verdict.CORRUPT:
            self._corrupt.add(host)
        self._asking[host] = False
        self._log_ends.pop(host, None)  # a crash may have taken the end of its log

    def _on_phase(self, at_ns: int, host: str, fact: HostPhaseChanged) -> None:
        if fact.phase == "manager" and host in self._corrupt:
            self._corrupt.discard(host)
            self.counts["corrupt-disk-rejoined"] += 1

    def _on_task(self, at_ns: int, host: str, fact: TaskMoved) -> None:
        if fact.slot:
            self._slots[fact.task_id] = (fact.service_id, fact.slot)
        if fact.state is not TaskState.RUNNING or not fact.slot:
            return
        before = self._places.get((fact.service_id, fact.slot), fact.node_id)
        self.counts["task-moved-to-another-host"] += before != fact.node_id
        self._places[(fact.service_id, fact.slot)] = fact.node_id

    def _on_container(self, at_ns: int, host: str, fact: ContainerChanged) -> None:
        self.counts["container-failed"] += fact.phase in (ContainerPhase.FAILED, ContainerPhase.UNHEALTHY)
        slot = self._slots.get(fact.task_id)
        if slot is None:
            return
        if fact.phase in (ContainerPhase.STARTED, ContainerPhase.HEALTHY):
            self._running[slot].add(fact.task_id)
            self.counts["two-containers-of-one-slot"] += len(self._running[slot]) > 1
        elif fact.phase in (ContainerPhase.EXITED, ContainerPhase.REMOVED):
            self._running[slot].discard(fact.task_id)

    def _on_operation(self, at_ns: int, host: str, sample: WriterSample) -> None:
        if sample.kind == "read":
            self.counts["read-answered"] += sample.outcome is WriteOutcome.ACKNOWLEDGED
        else:
            self.counts["write-acknowledged"] += sample.outcome is WriteOutcome.ACKNOWLEDGED
            self.counts["write-refused"] += sample.outcome is WriteOutcome.REFUSED
            self.counts["write-outcome-unknown"] += sample.outcome is WriteOutcome.UNKNOWN

    def _on_request(self, at_ns: int, host: str, sample: RequestSample) -> None:
        self.counts["request-answered" if sample.outcome is Outcome.OK else "request-failed"] += 1
