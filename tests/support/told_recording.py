"""A recording written by hand: three managers, of whom the leader loses power at 10 s and comes back at 20 s.

Every time is round, so that what a report derives from it can be checked by counting on one's fingers. One service of
two tasks, one of them on the leader; ten writes and ten requests a second.
"""

from typing import Any

from core.trials.clients import Failure, Outcome, RequestSample, Why, WriteOutcome, WriterSample
from swarmsim.recording import (
    FaultBand,
    HostRecord,
    MessageCount,
    PowerSpan,
    RecordedFact,
    Recording,
    Ruling,
    ServicePoint,
    TablePoint,
    TrafficRecord,
    Verdict,
    WriterRecord,
)
from swarmsim.scenario.plan import NetworkPlan

MS = 1_000_000
END_MS = 30_000
STEP_MS = 100
KILL = "kill: leader"
TASK_1, TASK_2, TASK_3 = "task-1", "task-2", "task-3"


def fact(at_ms: int, host: str, kind: str, **data: Any) -> RecordedFact:
    """One fact."""
    return RecordedFact(at_ms * MS, host, kind, data)


def role(at_ms: int, host: str, name: str, term: int) -> RecordedFact:
    """A host becomes something in Raft."""
    return fact(at_ms, host, "role-changed", role=name, term=term, leader_id=None)


def container(at_ms: int, host: str, task_id: str, phase: str) -> RecordedFact:
    """A container of the service `web` reaches a phase."""
    return fact(at_ms, host, "container-changed", task_id=task_id, service_name="web", phase=phase)


def task(at_ms: int, task_id: str, slot: int, host: str, state: str, desired: str = "running") -> RecordedFact:
    """A task's stored status advances."""
    data = {"task_id": task_id, "service_id": "svc-1", "slot": slot, "node_id": f"node-{host}", "state": state}
    return fact(at_ms, "m1", "task-moved", **data, desired_state=desired)


def session(at_ms: int, leader: str, host: str) -> RecordedFact:
    """The leader's dispatcher accepts a host's agent."""
    return fact(at_ms, leader, "session-opened", node_id=f"node-{host}", session_id=f"s-{at_ms}-{host}")


BEFORE = (
    *(fact(-500, host, "powered-on") for host in ("m1", "m2", "m3")),
    *(fact(-500, host, "daemon-started", incarnation=1) for host in ("m1", "m2", "m3")),
    *(role(-400, host, "follower", 1) for host in ("m2", "m3")),
    fact(-400, "m1", "election-started", term=2, pre=False),
    role(-390, "m1", "leader", 2),
    fact(-390, "m1", "leader-elected", term=2),
    fact(-380, "m1", "leading", term=2),
    *(role(-370, host, "follower", 2) for host in ("m2", "m3")),
    *(session(-300, "m1", host) for host in ("m1", "m2", "m3")),
    task(100, TASK_1, 1, "m1", "assigned"),
    task(100, TASK_2, 2, "m2", "assigned"),
    container(1000, "m1", TASK_1, "healthy"),
    container(1000, "m2", TASK_2, "healthy"),
    task(1010, TASK_1, 1, "m1", "running"),
    task(1010, TASK_2, 2, "m2", "running"),
    *(fact(1020, host, "routes-programmed", version=5) for host in ("m1", "m2", "m3")),
)
FAILOVER = (
    fact(10_000, "m1", "daemon-stopped", reason="power loss"),
    container(10_000, "m1", TASK_1, "exited"),
    fact(10_000, "m1", "powered-off"),
    role(10_300, "m3", "pre-candidate", 2),
    fact(10_300, "m3", "election-started", term=3, pre=True),
    role(10_310, "m3", "candidate", 3),
    fact(10_310, "m3", "election-started", term=3, pre=False),
    role(10_320, "m2", "follower", 3),
    role(10_330, "m3", "leader", 3),
    fact(10_330, "m3", "leader-elected", term=3),
    fact(10_340, "m3", "leading", term=3),
    session(10_400, "m3", "m3"),
    session(10_500, "m3", "m2"),
    fact(12_000, "m3", "node-state-changed", node_id="node-m1", state="down"),
    task(12_000, TASK_1, 1, "m1", "running", "shutdown"),
    task(12_000, TASK_3, 1, "m3", "assigned"),
    *(fact(12_010, host, "routes-programmed", version=8) for host in ("m2", "m3")),
    container(13_000, "m3", TASK_3, "healthy"),
    task(13_010, TASK_3, 1, "m3", "running"),
    *(fact(13_020, host, "routes-programmed", version=9) for host in ("m2", "m3")),
)
RETURN = (
    fact(20_000, "m1", "powered-on"),
    fact(22_000, "m1", "daemon-started", incarnation=2),
    fact(22_000, "m1", "host-phase-changed", phase="manager"),
    role(22_100, "m1", "follower", 3),
    session(22_200, "m3", "m1"),
    fact(22_300, "m1", "routes-programmed", version=9),
    fact(29_999, "m3", "entries-committed", first_index=1, last_index=2, last_term=3),
    fact(30_500, "m3", "leader-elected", term=9),  # after the end: of no account
)


TABLES = (
    TablePoint(0, (), ()),
    TablePoint(1_010 * MS, ("m1", "m2", "m3"), ()),
    TablePoint(1_020 * MS, (), ()),
    TablePoint(10_000 * MS, (), ("m2", "m3")),
    TablePoint(12_000 * MS, ("m2", "m3"), ("m2", "m3")),
    TablePoint(12_010 * MS, (), ()),
    TablePoint(13_010 * MS, ("m2", "m3"), ()),
    TablePoint(13_020 * MS, (), ()),
    TablePoint(20_000 * MS, ("m1",), ()),
    TablePoint(22_300 * MS, (), ()),
)


def writes() -> tuple[WriterSample, ...]:
    """Those asked while nobody led wait for the new leader; one had been on its way to the old one."""
    return tuple(_write(at_ms) for at_ms in range(0, END_MS, STEP_MS))


def _write(at_ms: int) -> WriterSample:
    outcome, ended_ms = WriteOutcome.ACKNOWLEDGED, at_ms + 2
    if at_ms == 10_000:
        outcome, ended_ms = WriteOutcome.UNKNOWN, at_ms
    elif 10_000 < at_ms < 10_350:
        ended_ms = 10_350
    return WriterSample("write", f"k{at_ms}", at_ms * MS, ended_ms * MS, outcome, at_ms + 1, False, "m2")


def requests() -> tuple[RequestSample, ...]:
    """From 10 to 12 s every second one meets the task that is gone."""
    return tuple(_request(at_ms) for at_ms in range(2_000, END_MS, STEP_MS))


def _request(at_ms: int) -> RequestSample:
    if 10_000 <= at_ms < 12_000 and at_ms % 200 == 0:
        return RequestSample(at_ms * MS, 2_000 * MS, Outcome.TIMEOUT, "m2", Failure(Why.WITHOUT_POWER, "m1"))
    return RequestSample(at_ms * MS, 5 * MS, Outcome.OK, "m2")


def told_recording(**changes: Any) -> Recording:
    """The recording, or whatever `changes` make of it."""
    fields: dict[str, Any] = {
        "scenario": "Kill the leader",
        "purpose": "A story told by hand.",
        "text": "name: Kill the leader\n",
        "seed": 7,
        "timing": "lan",
        "network": NetworkPlan(),
        "end_ns": END_MS * MS,
        "formed_ns": 500 * MS,
        "hosts": tuple(_host(name) for name in ("m1", "m2", "m3")),
        "faults": (
            FaultBand("kill", KILL, ("m1",), 10_000 * MS, 20_000 * MS),
            FaultBand("restart", "restart: killed", ("m1",), 20_000 * MS, None),
        ),
        "facts": (*BEFORE, *FAILOVER, *RETURN),
        "traffic": (TrafficRecord("voters", "web", 5000, 10.0, requests()),),
        "writers": (WriterRecord("operator", 10.0, writes()),),
        "messages": (
            MessageCount("m1", "Append", 300, 60_000),
            MessageCount("m1", "Heartbeat", 500, 50_000),
            MessageCount("m2", "AppendAcked", 300, 30_000),
        ),
        "services": (
            ServicePoint(200 * MS, "web", 2, 0),
            ServicePoint(1_000 * MS, "web", 2, 2),
            ServicePoint(10_000 * MS, "web", 2, 1),
            ServicePoint(13_020 * MS, "web", 2, 2),
        ),
        "tables": TABLES,
        "verdicts": (
            Verdict("after: 10s, leader: true, within: 2s", Ruling.HELD, "after 0.330 s", 3, 10_330 * MS, 12),
            Verdict("always: raft-safety", Ruling.HELD, "no violation", 400),
        ),
        "situations": {"leader-changed": 1, "split-vote": 0},
    }
    return Recording(**{**fields, **changes})


def _host(name: str) -> HostRecord:
    return HostRecord(name, "", "manager", f"{name}:2377", (f"node-{name}",), (PowerSpan("up", 0, END_MS * MS),))
