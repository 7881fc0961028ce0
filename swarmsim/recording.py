"""What is known of one run, once it is over: the one input of every report.

A recording is a pure function of scenario, seed and code: simulated times only, no paths, no wall time. Times are
nanoseconds since the scenario's time 0, negative while the swarm was being formed. `encode` gives the same bytes for
the same run on any machine.
"""

from enum import Enum
from typing import Any

import msgspec
from msgspec import Struct

from core.trials.clients import RequestSample, WriterSample
from swarmsim.scenario.plan import NetworkPlan


class Ruling(Enum):
    """What is known of an expectation."""

    HELD = "held"
    VIOLATED = "violated"
    UNKNOWN = "unknown"
    """It could not be judged: no sample, no target, or the run ended before it was decided."""


class Verdict(Struct, frozen=True, gc=False):
    """One expectation or check, judged."""

    name: str
    """The expectation as written, or the check's name."""
    ruling: Ruling
    detail: str
    """What was measured, or the violation."""
    checked_count: int
    """How often it was looked at; requests or writes for rates."""
    at_ns: int | None = None
    """When it was decided (reached, or violated); None if over the whole run."""
    line: int = 0
    """Of the scenario's file; 0 for what is checked in every run."""

    @property
    def idle(self) -> bool:
        """Whether it held only because there was nothing to check."""
        return self.ruling is Ruling.HELD and not self.checked_count


class RecordedFact(Struct, frozen=True, gc=False):
    """One fact in plain values: `kind` is its record's name in kebab case, `data` its fields."""

    at_ns: int
    host: str
    kind: str
    data: dict[str, Any]


class FaultBand(Struct, frozen=True, gc=False):
    """One step as it was played: what, on whom, from when to when (None: never taken back in the run)."""

    verb: str
    text: str
    """As written in the scenario."""
    hosts: tuple[str, ...]
    """Whom it hit, its targets resolved."""
    from_ns: int
    to_ns: int | None
    groups: tuple[tuple[str, ...], ...] = ()
    """Of a step that parts hosts: those that still hear each other, as its targets were resolved."""
    others: tuple[str, ...] = ()
    """Hosts that such a step names nowhere: they form one group more."""
    refused: str = ""
    """Why the swarm refused it, where that was meant to be so."""
    addresses: tuple[tuple[str, str], ...] = ()
    """Of a step that moves hosts: from where to where, host by host."""


class PowerSpan(Struct, frozen=True, gc=False):
    """A stretch of a host's life in which it was `up`, `paused`, `no-daemon` or `off`."""

    power: str
    from_ns: int
    to_ns: int


class HostRecord(Struct, frozen=True, gc=False):
    """One host. `node_ids` are all it ever had, in order, its Raft identities among them: facts name hosts by these."""

    name: str
    rack: str
    role: str
    """`manager` or `worker`: what it was started as."""
    address: str
    node_ids: tuple[str, ...]
    power: tuple[PowerSpan, ...]


class TrafficRecord(Struct, frozen=True, gc=False):
    """A traffic source and every request it made, in the order they started."""

    name: str
    service: str
    port: int
    rate_per_s: float
    samples: tuple[RequestSample, ...]


class WriterRecord(Struct, frozen=True, gc=False):
    """A writer and every operation of its history, in the order they started."""

    name: str
    rate_per_s: float
    samples: tuple[WriterSample, ...]


class MessageCount(Struct, frozen=True, gc=False):
    """What one host sent of one type from time 0 to the end."""

    host: str
    type: str
    count: int
    bytes: int


class ServicePoint(Struct, frozen=True, gc=False):
    """From `at_ns` on, until the next point of the service: tasks desired, and healthy running ones on living hosts."""

    at_ns: int
    service: str
    desired: int
    running: int
    """Of a job: completed ones."""
    iteration: int | None = None
    """Of a job: which execution of it these are of, the first being 0; None: it is no job."""


class TablePoint(Struct, frozen=True, gc=False):
    """From `at_ns` on, until the next point: what is wrong with the routing tables of hosts that have power."""

    at_ns: int
    lagging: tuple[str, ...]
    """Hosts whose table is not what the store amounts to, as the leader has it, or whoever has most of it."""
    misled: tuple[str, ...]
    """Hosts whose table sends connections to tasks that do not run any more."""


class Recording(Struct, frozen=True, gc=False):
    """One run."""

    scenario: str
    purpose: str
    text: str
    """The scenario as written."""
    seed: int
    timing: str
    network: NetworkPlan
    end_ns: int
    formed_ns: int
    """How long the swarm took to form, before time 0."""
    hosts: tuple[HostRecord, ...]
    faults: tuple[FaultBand, ...]
    facts: tuple[RecordedFact, ...]
    traffic: tuple[TrafficRecord, ...]
    writers: tuple[WriterRecord, ...]
    messages: tuple[MessageCount, ...]
    services: tuple[ServicePoint, ...]
    verdicts: tuple[Verdict, ...]
    """First the scenario's expectations in order, then every check."""
    situations: dict[str, int]
    """How often each hard state was reached, by name in order."""
    tables: tuple[TablePoint, ...] = ()
    """Every change of what is wrong with routing tables, where facts are recorded."""
    service_names: dict[str, str] = {}
    """The name of every service there ever was, by its id: facts and failures may have no more than that."""
    problems: tuple[str, ...] = ()
    """What kept the run from being played as written."""
    remarks: tuple[str, ...] = ()
    """What came of a step otherwise than its reader might think, though it was played as written."""

    @property
    def ruling(self) -> Ruling:
        """VIOLATED if anything was, else UNKNOWN if anything is, else HELD."""
        rulings = {verdict.ruling for verdict in self.verdicts}
        if Ruling.VIOLATED in rulings:
            return Ruling.VIOLATED
        return Ruling.UNKNOWN if Ruling.UNKNOWN in rulings or self.problems else Ruling.HELD


def encode(recording: Recording) -> bytes:
    """As JSON; the same bytes for equal recordings."""
    return msgspec.json.encode(recording)


def decode(text: bytes) -> Recording:
    """What `encode` wrote; msgspec.ValidationError if it is something else."""
    return msgspec.json.decode(text, type=Recording)
