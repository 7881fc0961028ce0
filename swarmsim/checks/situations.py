"""Counts the hard states that a run reached: the `sometimes` beside every `always`.

A property that held because nothing ever went wrong has not been tested. Each situation is recognised from facts,
samples and a look at the world now and then. What happens while the swarm forms does not count: `begin` forgets it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from core.durability import Verdict
from core.facts import BegunAnew, HostPhaseChanged
from core.trials.clients import Outcome, RequestSample, WriteOutcome, WriterSample
from sim.facts import DaemonStarted, WritesLost
from swarmsim.checks.check import Check
from swarmsim.checks.situations_of_raft import RaftSituations
from swarmsim.checks.situations_of_services import ServiceSituations
from swarmsim.checks.situations_of_tables import TableSituations
from swarmsim.checks.situations_of_updates import UpdateSituations
from swarmsim.world import AppliedListener, FactListener, RaftListener, World

OF_SERVICES: Final = (
    "task-moved-to-another-host",
    "two-containers-of-one-slot",
    "container-failed",
    "address-given-again",
    "secret-held",
    "secret-revoked",
    "request-answered",
    "request-failed",
    "table-caught-up",
    "backends-took-turns",
    "task-found-no-node",
    "update-completed",
    "update-paused",
    "update-replaced",
    "update-rolled-back-by-itself",
    "rollback-completed",
    "leader-changed-in-mid-update",
)
"""Those that nobody reaches without services."""
OF_JOBS: Final = ("job-task-completed", "job-task-repeated")
"""Those that nobody reaches without jobs."""
OF_FORCE: Final = ("swarm-begun-anew", "swarms-begun-anew-apart")
"""Those that an operator brings about by force."""
SITUATIONS: Final = (
    "leader-changed",
    "split-vote",
    "pre-vote-refused",
    "leader-stepped-down",
    "leadership-transferred",
    "entry-overwritten",
    "snapshot-taken",
    "snapshot-installed",
    "voter-added",
    "voter-removed",
    "host-recovered",
    "unsynced-write-lost",
    "torn-write-cut",
    "corrupt-disk-rejoined",
    "manager-locked",
    "manager-unlocked",
    *OF_FORCE,
    "write-acknowledged",
    "write-refused",
    "write-outcome-unknown",
    "read-answered",
    *OF_SERVICES,
    *OF_JOBS,
)
"""The names that `sometimes:` knows."""


class Situations(Check):
    """Never fails; `counts` has every situation in order, also those that were not reached."""

    name = "situations"

    def __init__(self) -> None:
        super().__init__()
        self._reached: Counter[str] = Counter()
        self._raft = RaftSituations(self._reached)
        self._services = ServiceSituations(self._reached)
        self._tables = TableSituations(self._reached)
        self._updates = UpdateSituations(self._reached)
        self._corrupt: set[str] = set()
        self._locked: set[str] = set()
        self._begun: list[BegunAnew] = []

    @property
    def counts(self) -> dict[str, int]:
        """How often each was reached, in the order of `SITUATIONS`."""
        return {name: self._reached[name] for name in SITUATIONS}

    def begin(self) -> None:
        """The story begins: what has happened so far does not count."""
        self._reached.clear()
        self._tables.begin()

    def handlers(self) -> Mapping[type, FactListener]:
        listeners: dict[type, list[FactListener]] = {}
        for part in (self._raft, self._services, self._updates):
            for kind, listener in part.handlers().items():
                listeners.setdefault(kind, []).append(listener)
        return {kind: _told_to(*several) for kind, several in listeners.items()} | {
            DaemonStarted: self._on_daemon,
            WritesLost: self._on_writes_lost,
            HostPhaseChanged: self._on_phase,
            BegunAnew: self._on_begun_anew,
            WriterSample: self._on_operation,
            RequestSample: self._on_request,
        }

    def raft_listener(self) -> RaftListener:
        return self._raft.on_step

    def applied_listener(self) -> AppliedListener:
        return self._updates.on_applied

    def sample(self, world: World) -> None:
        self._services.sample(world)
        self._tables.sample(world)

    def finish(self, world: World) -> None:
        self._raft.finish()

    def _on_daemon(self, at_ns: int, host: str, fact: DaemonStarted) -> None:
        self._reached["host-recovered"] += fact.incarnation > 1
        self._reached["torn-write-cut"] += fact.verdict is Verdict.TORN
        if fact.verdict is Verdict.CORRUPT:
            self._corrupt.add(host)
        self._raft.restarted(host)

    def _on_writes_lost(self, at_ns: int, host: str, fact: WritesLost) -> None:
        self._reached["unsynced-write-lost"] += fact.lost_count > 0

    def _on_phase(self, at_ns: int, host: str, fact: HostPhaseChanged) -> None:
        if fact.phase == "manager" and host in self._corrupt:
            self._corrupt.discard(host)
            self._reached["corrupt-disk-rejoined"] += 1
        if fact.phase == "locked":
            self._locked.add(host)
            self._reached["manager-locked"] += 1
        elif host in self._locked:
            self._locked.discard(host)
            self._reached["manager-unlocked"] += fact.phase == "manager"

    def _on_begun_anew(self, at_ns: int, host: str, fact: BegunAnew) -> None:
        self._reached["swarm-begun-anew"] += 1
        follows_all = all(earlier.index <= fact.certain_index for earlier in self._begun)
        self._reached["swarms-begun-anew-apart"] += not follows_all
        self._begun.append(fact)

    def _on_operation(self, at_ns: int, host: str, sample: WriterSample) -> None:
        if sample.kind == "read":
            self._reached["read-answered"] += sample.outcome is WriteOutcome.ACKNOWLEDGED
        else:
            self._reached["write-acknowledged"] += sample.outcome is WriteOutcome.ACKNOWLEDGED
            self._reached["write-refused"] += sample.outcome is WriteOutcome.REFUSED
            self._reached["write-outcome-unknown"] += sample.outcome is WriteOutcome.UNKNOWN

    def _on_request(self, at_ns: int, host: str, sample: RequestSample) -> None:
        self._reached["request-answered" if sample.outcome is Outcome.OK else "request-failed"] += 1


def _told_to(*listeners: FactListener) -> FactListener:
    def tell(at_ns: int, host: str, fact: Any) -> None:
        for listener in listeners:
            listener(at_ns, host, fact)

    return tell
