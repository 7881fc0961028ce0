"""Every kind of expectation held, violated, and not to be told."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from fake_world import FakeWorld
from msgspec.structs import replace
from writer_histories import write

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.mesh.afresh import afresh
from core.mesh.routes import Neighbour
from core.objects import Node, Service, StoredObject, Task
from core.objects.node import Availability, NodeSpec, NodeState, NodeStatus
from core.objects.service import GlobalJob, JobStatus, ReplicatedJob, ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec, TaskState, TaskStatus
from core.operations import Kind
from core.raft.effects import EntriesCommitted, LeaderElected
from core.store import Create, Delete, Store, Transaction
from core.timing import MS, SECOND
from core.trials.clients import Outcome, RequestSample, WriteOutcome, WriterSample
from swarmsim.checks.tables import Tables
from swarmsim.player.census import Census
from swarmsim.player.convergence import missing
from swarmsim.player.eventual import Eventually, eventually, leader_missing, left, reason_missing
from swarmsim.player.operator import Operator
from swarmsim.player.rates import judge_success_rate, judge_write_acknowledged, judge_writes
from swarmsim.player.roster import Roster
from swarmsim.player.windows import LeaderHistory, judge_elections, judge_leader_over, judge_running
from swarmsim.recording import Ruling, ServicePoint
from swarmsim.scenario import expectations as claims
from swarmsim.scenario.expectations import Expectation, LeaderThroughout, Window
from swarmsim.scenario.targets import Group, HostGroup
from swarmsim.world import Power

HELD, VIOLATED, UNKNOWN = Ruling.HELD, Ruling.VIOLATED, Ruling.UNKNOWN
WINDOW = Window(10 * SECOND, 20 * SECOND)


# --- rates


def request(at_s: float, outcome: Outcome = Outcome.OK, latency_ns: int = MS) -> RequestSample:
    return RequestSample(round(at_s * SECOND), latency_ns, outcome, "m1")


GOOD, BAD, LATE = request(12), request(13, Outcome.RESET), request(14, latency_ns=SECOND + 1)


@pytest.mark.parametrize(
    ("samples", "at_least", "ruling"),
    [
        ([GOOD] * 95 + [BAD] * 5, 0.95, HELD),
        ([GOOD] * 94 + [BAD] * 6, 0.95, VIOLATED),
        ([GOOD] * 999 + [LATE], 0.9995, VIOLATED),  # an answer after a second is no success
        ([GOOD, request(9.9, Outcome.TIMEOUT), request(20, Outcome.TIMEOUT)], 1.0, HELD),  # not in the window
        ([request(9), request(21)], 0.5, UNKNOWN),
    ],
)
def test_success_rate(samples: list[RequestSample], at_least: float, ruling: Ruling) -> None:
    claim = claims.SuccessRate(WINDOW, "voters", at_least)
    assert judge_success_rate(Expectation(claim), claim, samples).ruling is ruling


def timed(outcome: WriteOutcome, took_ns: int = MS) -> WriterSample:
    return write("a", 12 * SECOND, 12 * SECOND + took_ns, 5, outcome)


@pytest.mark.parametrize(
    ("outcome", "samples", "ruling"),
    [
        (WriteOutcome.ACKNOWLEDGED, [timed(WriteOutcome.ACKNOWLEDGED)], HELD),
        (WriteOutcome.ACKNOWLEDGED, [timed(WriteOutcome.UNKNOWN)], VIOLATED),
        (WriteOutcome.REFUSED, [timed(WriteOutcome.REFUSED)] * 2, HELD),
        (WriteOutcome.REFUSED, [timed(WriteOutcome.REFUSED, 3 * SECOND)], VIOLATED),  # too slow to be clear
        (WriteOutcome.REFUSED, [timed(WriteOutcome.REFUSED), timed(WriteOutcome.ACKNOWLEDGED)], VIOLATED),
        (WriteOutcome.REFUSED, [], UNKNOWN),
    ],
)
def test_writes(outcome: WriteOutcome, samples: list[WriterSample], ruling: Ruling) -> None:
    claim = claims.Writes(WINDOW, outcome)
    assert judge_writes(Expectation(claim), claim, {"w": samples}, "lan").ruling is ruling


@pytest.mark.parametrize(
    ("samples", "ruling"),
    [
        ([write("a", 10 * SECOND, 11 * SECOND, 5)], HELD),
        ([write("a", 9 * SECOND, 11 * SECOND, 5)], UNKNOWN),  # it had started before
        ([write("a", 10 * SECOND, 14 * SECOND, 5)], VIOLATED),
        ([write("a", 10 * SECOND, 11 * SECOND, 0, WriteOutcome.UNKNOWN)], VIOLATED),
    ],
)
def test_write_acknowledged(samples: list[WriterSample], ruling: Ruling) -> None:
    claim = claims.WriteAcknowledged(10 * SECOND, 3 * SECOND)
    verdict = judge_write_acknowledged(Expectation(claim), claim, {"w": samples}, end_ns=60 * SECOND)
    assert verdict.ruling is ruling


def test_that_none_was_acknowledged_is_said_with_who_was_asked_and_what_they_answered() -> None:
    samples = [write("a", at * SECOND, at * SECOND + 1, 0, WriteOutcome.REFUSED) for at in (12, 13)]
    samples.append(write("b", 14 * SECOND, 15 * SECOND, 0, WriteOutcome.UNKNOWN))
    some, share = claims.WriteAcknowledged(10 * SECOND, 3 * SECOND), claims.Writes(WINDOW, WriteOutcome.ACKNOWLEDGED)
    verdict = judge_write_acknowledged(Expectation(some), some, {"w": samples}, end_ns=60 * SECOND)
    assert verdict.detail == "of 3 writes none was; asked at m1: 2 refused, 1 unknown"
    verdict = judge_writes(Expectation(share), share, {"w": samples}, "lan")
    assert verdict.detail == "0 of 3 acknowledged; asked at m1: 2 refused, 1 unknown"


def test_a_run_that_ends_before_its_time_is_up_tells_nothing() -> None:
    claim = claims.WriteAcknowledged(10 * SECOND, 3 * SECOND)
    samples = {"w": [write("a", 10 * SECOND, 11 * SECOND, 0, WriteOutcome.REFUSED)]}
    assert judge_write_acknowledged(Expectation(claim), claim, samples, end_ns=12 * SECOND).ruling is UNKNOWN


# --- windows


def test_running_counts_the_worst_instant_of_the_window() -> None:
    points = [ServicePoint(at * SECOND, "web", 3, running) for at, running in ((0, 1), (5, 3), (15, 2), (25, 0))]

    def ruling(from_s: int, to_s: int, at_least: int) -> Ruling:
        claim = claims.Running(Window(from_s * SECOND, to_s * SECOND), "web", at_least)
        return judge_running(Expectation(claim), claim, points).ruling

    assert ruling(10, 20, 2) is HELD
    assert ruling(10, 20, 3) is VIOLATED
    assert ruling(10, 14, 3) is HELD
    assert ruling(12, 12, 3) is HELD  # a single instant
    assert ruling(20, 30, 1) is VIOLATED


def test_too_few_running_is_told_with_how_many_and_from_when_to_when() -> None:
    points = [ServicePoint(at * SECOND, "web", 3, running) for at, running in ((1, 3), (12, 2), (14, 1), (16, 3))]
    claim = claims.Running(WINDOW, "web", 3)
    verdict = judge_running(Expectation(claim), claim, points)
    assert (verdict.at_ns, verdict.detail) == (12 * SECOND, "only 1 from 14.000 s to 16.000 s")
    late = claims.Running(Window(15 * SECOND, 20 * SECOND), "web", 2)
    verdict = judge_running(Expectation(late), late, points)
    assert (verdict.at_ns, verdict.detail) == (15 * SECOND, "only 1 from 15.000 s to 16.000 s")
    held = judge_running(Expectation(claim), claims.Running(WINDOW, "web", 1), points)
    assert (held.ruling, held.at_ns, held.detail) == (HELD, None, "never fewer than 1")


def history_of(*told: Callable[[FakeWorld], None]) -> LeaderHistory:
    """m1 leads from the start; `told` happens at 1 s, 2 s, ...; the world runs to 30 s."""
    world = FakeWorld("m1", "m2")
    lead(world, "m1", 1)
    history = LeaderHistory(world, 0)
    for number, happens in enumerate(told, start=1):
        world.call_at(number * SECOND, lambda happens=happens: happens(world))  # type: ignore[misc]
    world.run_until(30 * SECOND)
    return history


def lead(world: FakeWorld, leader: str | None, term: int) -> None:
    for host, status in world.statuses.items():
        world.statuses[host] = replace(status, leads=host == leader, term=term)


def elect_m2(world: FakeWorld) -> None:
    lead(world, "m2", 2)
    world.tell("m2", LeaderElected(2))


def commit_by(host: str) -> Callable[[FakeWorld], None]:
    return lambda world: world.tell(host, EntriesCommitted(5, 5, 1))


WHOLE = Window(0, 30 * SECOND)


@pytest.mark.parametrize(
    ("told", "throughout", "ruling"),
    [
        ([], LeaderThroughout.UNCHANGED, HELD),
        ([elect_m2], LeaderThroughout.UNCHANGED, VIOLATED),
        ([lambda world: lead(world, None, 1)], LeaderThroughout.UNCHANGED, VIOLATED),
        ([commit_by("m1")], LeaderThroughout.NONE, VIOLATED),
        ([commit_by("m2")], LeaderThroughout.NONE, HELD),  # a follower learns late what had been committed
    ],
)
def test_leader_over(told: list[Callable[[FakeWorld], None]], throughout: LeaderThroughout, ruling: Ruling) -> None:
    claim = claims.LeaderOver(WHOLE, throughout)
    assert judge_leader_over(Expectation(claim), claim, history_of(*told)).ruling is ruling


@pytest.mark.parametrize(("at_most", "ruling"), [(0, VIOLATED), (1, HELD)])
def test_elections(at_most: int, ruling: Ruling) -> None:
    claim = claims.Elections(WHOLE, at_most)
    assert judge_elections(Expectation(claim), claim, history_of(elect_m2)).ruling is ruling


# --- in time


def verdict_of(world: FakeWorld, holds_from_s: float, run_to_s: float) -> Ruling:
    claim = claims.Leader(10 * SECOND, 5 * SECOND)
    judge = Eventually(world, 0, Expectation(claim), lambda: "" if world.now_ns >= holds_from_s * SECOND else "not yet")
    world.run_until(round(run_to_s * SECOND))
    return judge.verdict().ruling


@pytest.mark.parametrize(
    ("holds_from_s", "run_to_s", "ruling"),
    [(0, 20, HELD), (14.9, 20, HELD), (15.1, 20, VIOLATED), (14, 12, UNKNOWN), (99, 5, UNKNOWN)],
)
def test_something_comes_to_hold_in_time(holds_from_s: float, run_to_s: float, ruling: Ruling) -> None:
    assert verdict_of(FakeWorld("m1"), holds_from_s, run_to_s) is ruling


def test_a_leader_counts_when_a_majority_follows_it() -> None:
    world = FakeWorld("m1", "m2", "m3")
    voters = tuple(NodeId(f"raft-{host}") for host in world.hosts())
    assert leader_missing(world) == "no living manager leads"
    for host, status in world.statuses.items():
        leads = host == "m1"
        world.statuses[host] = replace(status, leads=leads, voters=voters, leader_id=voters[0], term=3)
    assert leader_missing(world) == ""
    world.statuses["m3"] = replace(world.statuses["m3"], power=Power.OFF)
    assert leader_missing(world) == ""
    world.statuses["m2"] = replace(world.statuses["m2"], term=4)
    assert "only m1 of 3 follow" in leader_missing(world)


def test_a_leader_that_led_before_must_prove_that_it_still_does() -> None:
    world = FakeWorld("m1", "m2", "m3")
    voters = tuple(NodeId(f"raft-{host}") for host in world.hosts())

    def lead(host: str, term: int, asked: int, answered: int) -> None:
        for each, status in world.statuses.items():
            known = {"leader_id": NodeId(f"raft-{host}"), "term": term, "voters": voters, "leads": each == host}
            world.statuses[each] = replace(status, round=asked, confirmed_round=answered, **known)

    def ruling_of(*story: tuple[str, int, int, int]) -> Ruling:
        lead("m1", 3, 7, 7)
        since = world.now_ns
        judge = eventually(
            world,
            since,
            Roster(world, Random(1)),
            Operator(world),
            Census(world),
            Expectation(claims.Leader(1 * SECOND, 2 * SECOND)),
        )
        assert isinstance(judge, Eventually)
        for second, told in enumerate(story, 2):
            world.run_until(since + second * SECOND)
            lead(*told)
        world.run_until(since + 9 * SECOND)
        return judge.verdict().ruling

    assert ruling_of(("m1", 3, 9, 7)) is VIOLATED  # the answer of before counts for nothing
    assert ruling_of(("m1", 3, 9, 8)) is HELD
    assert ruling_of(("m2", 4, 0, 0)) is HELD  # elected since, by a majority


def test_a_manager_that_boots_has_not_caught_up() -> None:
    world = FakeWorld("m1", "m2", "w1")
    for host in ("m1", "m2"):
        world.stores[host] = Store()
        world.statuses[host] = replace(world.statuses[host], commit_index=7, applied_index=7)
    world.statuses["m2"] = replace(world.statuses["m2"], power=Power.NO_DAEMON)
    claim = claims.CaughtUp(10 * SECOND, 5 * SECOND, Group(HostGroup.MANAGERS))
    judge = eventually(world, 0, Roster(world, Random(1)), Operator(world), Census(world), Expectation(claim))
    assert judge is not None
    world.run_until(11 * SECOND)
    assert (judge.verdict().ruling, judge.verdict().detail) == (UNKNOWN, "not applied index 7: m2")
    world.statuses["m2"] = replace(world.statuses["m2"], power=Power.UP)
    world.run_until(16 * SECOND)
    assert (judge.verdict().ruling, judge.verdict().at_ns) == (HELD, 11 * SECOND + 1)


def test_nobody_has_not_caught_up() -> None:
    claim = claims.CaughtUp(0, SECOND, Group(HostGroup.JOINED))
    world = FakeWorld("m1")
    judge = eventually(world, 0, Roster(world, Random(1)), Operator(world), Census(world), Expectation(claim))
    world.run_until(2 * SECOND)
    assert judge is not None
    assert judge.verdict().ruling is VIOLATED


@pytest.mark.parametrize(
    ("power", "lacks"), [(Power.OFF, ""), (Power.NO_DAEMON, "m2 has no whole"), (Power.UP, "m2 has no whole")]
)
def test_a_swarm_has_converged_when_every_node_with_power_forwards_right(power: Power, lacks: str) -> None:
    world = FakeWorld("m1", "m2", "w9")
    store = world.stores["m1"] = Store()
    nodes = tuple(Create(Node(NodeId(f"node-{host}"), NodeSpec(), version=1)) for host in ("m1", "m2"))
    store.apply(1, Transaction(nodes, 1))
    lead(world, "m1", 1)
    world.routes["m1"] = (1, afresh(store, NodeId("node-m1")))
    world.statuses["m2"] = replace(world.statuses["m2"], power=power)
    assert missing(world, Tables(world)).startswith(lacks)
    assert bool(missing(world, Tables(world))) is bool(lacks)


def test_a_swarm_has_converged_only_while_its_tables_are_what_the_store_says_now() -> None:
    world = FakeWorld("m1", "m2")
    store = world.stores["m1"] = Store()
    store.apply(1, Transaction((Create(Node(NodeId("node-m1"), NodeSpec(), version=1)),), 1))
    lead(world, "m1", 1)
    world.routes["m1"] = (1, afresh(store, NodeId("node-m1")))
    tables = Tables(world)
    assert missing(world, tables) == missing(world, tables) == ""
    record = Neighbour(NetworkId("n"), "10.0.0.2", NodeId("node-m2"), "198.18.0.1")
    world.routes["m1"] = (2, {record.key: record})
    assert missing(world, tables) == "m1 forwards by version 2, which is not what the store says at 1"
    world.routes["m1"] = (3, afresh(store, NodeId("node-m1")))
    assert missing(world, tables) == ""
    store.apply(2, Transaction((Create(Node(NodeId("node-m2"), NodeSpec(), version=2)),), 1))
    assert missing(world, tables) == "m2 has no whole routing table"


def waiting(name: str, reason: str = "", state: TaskState = TaskState.PENDING, **changes: Any) -> Task:
    status = TaskStatus(state, err=reason)
    spec = TaskSpec(ContainerSpec("app"))
    return Task(TaskId(name), ServiceId("web-id"), 1, spec, 1, status=status, version=1, **changes)


@pytest.mark.parametrize(
    ("tasks", "lacks"),
    [
        ([waiting("a", "no suitable node (too small)")], ""),
        ([waiting("a", "too large"), waiting("b", "it is too small", TaskState.NEW)], ""),
        ([waiting("a", "too large")], "1 task of web waiting, who say: too large"),
        ([waiting("a")], "1 task of web waiting, who say: nothing"),
        ([waiting("a", "too small", desired_state=TaskState.SHUTDOWN)], "0 tasks of web waiting"),
        ([waiting("a", "too small", TaskState.FAILED)], "0 tasks of web waiting"),
        ([], "0 tasks of web waiting"),
    ],
)
def test_a_task_that_waits_says_why(tasks: list[Task], lacks: str) -> None:
    world = FakeWorld("m1")
    service = Service(ServiceId("web-id"), ServiceSpec("web", TaskSpec(ContainerSpec("app"))), version=1)
    world.stores["m1"] = Store()
    created = (Create(service), *(Create(task) for task in tasks))
    world.stores["m1"].apply(1, Transaction(created, 1))
    assert reason_missing(world, claims.Pending(0, SECOND, "web", "too small")) == lacks
    assert reason_missing(world, claims.Pending(0, SECOND, "api", "too small")) == "there is no service api"


def test_what_has_not_converged_is_every_service_with_too_few_tasks_and_why() -> None:
    world = FakeWorld("m1")
    lead(world, "m1", 1)
    spec = TaskSpec(ContainerSpec("app"))
    services = [Service(ServiceId(f"{each}-id"), ServiceSpec(each, spec), version=1) for each in ("web", "db", "api")]
    reasons = ["too small", "too small", "no such disk", "nor a third"]
    tasks = [waiting(f"t{number}", reason) for number, reason in enumerate(reasons)]
    store = world.stores["m1"] = Store()
    store.apply(1, Transaction((*(Create(each) for each in services), *(Create(each) for each in tasks)), 1))
    assert missing(world, Tables(world)) == (
        "web has 0 of 1 tasks running (too small; no such disk); db has 0 of 1 tasks running; "
        "api has 0 of 1 tasks running"
    )
    more = [Service(ServiceId(f"s{each}"), ServiceSpec(f"s{each}", spec), version=2) for each in range(4)]
    store.apply(2, Transaction(tuple(Create(each) for each in more), 2))
    assert missing(world, Tables(world)).endswith("; 2 more services likewise")


def test_a_service_is_gone_once_its_tasks_are() -> None:
    world = FakeWorld("m1")
    assert left(world, "shop_web") == "no living manager leads"
    store = world.stores["m1"] = Store()
    spec = TaskSpec(ContainerSpec("web:1"))
    store.put(Create(Service(ServiceId("service"), ServiceSpec("shop_web", spec))))
    store.put(Create(Task(TaskId("task"), ServiceId("service"), 1, spec, 1, service_name="shop_web")))
    assert left(world, "shop_web") == "there is a service shop_web"
    store.put(Delete(Kind.SERVICE, "service", 0))
    assert left(world, "shop_web") == "1 task of shop_web left"
    assert left(world, "shop_db") == ""


def test_a_job_has_converged_when_each_of_its_slots_has_completed_in_its_present_execution() -> None:
    world = FakeWorld("m1")
    store = world.stores["m1"] = Store()
    lead(world, "m1", 1)
    spec = ServiceSpec("batch", TaskSpec(ContainerSpec("image")), mode=ReplicatedJob(2, 2))
    job = Service(ServiceId("batch"), spec, job=JobStatus(2), version=1)
    completions = [("a", 1, 1), ("b", 1, 2), ("c", 1, 2)]  # an earlier execution, then the same slot twice
    store.apply(1, Transaction((Create(job), *(Create(completed(*each)) for each in completions)), 1))
    assert missing(world, Tables(world)) == "batch has 1 of 2 tasks completed"
    store.apply(2, Transaction((Create(replace(completed("d", 2, 2), version=2)),), 1))
    assert missing(world, Tables(world)) == ""


def test_a_global_job_counts_nodes_that_take_tasks_only() -> None:
    world = FakeWorld("m1", "w1", "w2")
    store = world.stores["m1"] = Store()
    lead(world, "m1", 1)
    spec = ServiceSpec("sweep", TaskSpec(ContainerSpec("image")), mode=GlobalJob())
    nodes = [
        Node(NodeId("w1"), NodeSpec(), status=NodeStatus(NodeState.READY), version=1),
        Node(NodeId("w2"), NodeSpec(availability=Availability.DRAIN), status=NodeStatus(NodeState.READY), version=1),
    ]
    done = [
        replace(completed(name, 0, 1), service_id=ServiceId("sweep"), node_id=NodeId(name)) for name in ("w1", "w2")
    ]
    job = Service(ServiceId("sweep"), spec, job=JobStatus(1), version=1)
    objects: list[StoredObject] = [job, *nodes, *done]
    store.apply(1, Transaction(tuple(Create(each) for each in objects), 1))
    world.routes["m1"] = (1, afresh(store, NodeId("node-m1")))
    assert "sweep" not in missing(world, Tables(world))


def completed(name: str, slot: int, iteration: int) -> Task:
    return Task(
        TaskId(name),
        ServiceId("batch"),
        slot,
        TaskSpec(ContainerSpec("image")),
        1,
        status=TaskStatus(TaskState.COMPLETE),
        desired_state=TaskState.COMPLETE,
        job_iteration=iteration,
        version=1,
    )
