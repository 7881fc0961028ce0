"""Each hard state is recognised from the facts that make it, and not from others."""

from collections import Counter
from typing import Any

import pytest
from fake_world import FakeWorld
from msgspec.structs import replace
from raft_cluster import Cluster
from writer_histories import read, write

from core.durability import Verdict
from core.events import ContainerPhase
from core.facts import BegunAnew, HostPhaseChanged, TaskMoved
from core.ids import Address, NetworkId, NodeId, OperationId, SecretId, TaskId
from core.objects.task import TaskState
from core.raft.effects import (
    ElectionStarted,
    LeaderElected,
    MembershipChanged,
    Observe,
    PreVoteRefused,
    QuorumLost,
    Send,
    SnapshotRestored,
)
from core.raft.members import Member
from core.raft.messages import TimeoutNow
from core.trials.clients import Outcome, RequestSample, WriteOutcome
from sim.facts import ContainerChanged, DaemonStarted
from swarmsim.checks.situations import Situations
from swarmsim.checks.situations_of_raft import RaftSituations
from swarmsim.checks.situations_of_services import ServiceSituations
from swarmsim.checks.watch import Watch
from swarmsim.fuzz.engine import FuzzReport, unreached
from swarmsim.world import ContainerView

CANDIDATES = [("m1", ElectionStarted(3, False)), ("m2", ElectionStarted(3, False))]


def counts_of(told: list[tuple[str, Any]]) -> dict[str, int]:
    """The situations that were reached."""
    situations = Situations()
    watch = Watch(FakeWorld("m1", "m2", "m3"), [situations])
    for host, fact in told:
        watch.tell(0, host, fact)
    watch.finish()
    return {name: count for name, count in situations.counts.items() if count}


def begun(index: int, certain_index: int) -> BegunAnew:
    return BegunAnew(NodeId("r"), index, certain_index)


@pytest.mark.parametrize(
    ("told", "reached"),
    [
        ([("m1", LeaderElected(1))], {}),
        ([("m1", LeaderElected(1)), ("m2", LeaderElected(2))], {"leader-changed": 1}),
        ([("m1", LeaderElected(1)), ("m1", LeaderElected(2))], {}),
        ([*CANDIDATES, ("m1", LeaderElected(4))], {"split-vote": 1}),
        ([*CANDIDATES, ("m1", LeaderElected(3))], {}),
        (CANDIDATES, {}),  # undecided yet
        ([("m1", ElectionStarted(2, True)), ("m1", ElectionStarted(2, True))], {}),  # perhaps nobody heard it
        ([("m2", PreVoteRefused(NodeId("n1")))], {"pre-vote-refused": 1}),
        ([("m1", QuorumLost(2))], {"leader-stepped-down": 1}),
        ([("m3", SnapshotRestored(9))], {"snapshot-installed": 1}),
        ([("m1", DaemonStarted(1, 0, Verdict.INTACT))], {}),
        ([("m1", DaemonStarted(2, 5, Verdict.TORN))], {"host-recovered": 1, "torn-write-cut": 1}),
        ([("m1", DaemonStarted(1, 5, Verdict.CORRUPT))], {}),
        (
            [("m1", DaemonStarted(1, 5, Verdict.CORRUPT)), ("m1", HostPhaseChanged("manager"))],
            {"corrupt-disk-rejoined": 1},
        ),
        (
            [("m1", HostPhaseChanged("locked")), ("m1", HostPhaseChanged("manager"))],
            {"manager-locked": 1, "manager-unlocked": 1},
        ),
        ([("m1", HostPhaseChanged("locked")), ("m1", HostPhaseChanged("inactive"))], {"manager-locked": 1}),
        ([("m1", HostPhaseChanged("manager"))], {}),
        ([("m1", begun(1_000, 5))], {"swarm-begun-anew": 1}),
        ([("m1", begun(1_000, 5)), ("m2", begun(2_000, 1_003))], {"swarm-begun-anew": 2}),
        ([("m1", begun(2_000, 5)), ("m2", begun(1_000, 7))], {"swarm-begun-anew": 2, "swarms-begun-anew-apart": 1}),
        ([("m1", write("a", 0, 1, 5))], {"write-acknowledged": 1}),
        ([("m1", write("a", 0, 1, 0, WriteOutcome.UNKNOWN))], {"write-outcome-unknown": 1}),
        ([("m1", write("a", 0, 1, 0, WriteOutcome.REFUSED))], {"write-refused": 1}),
        ([("m1", read("a", 0, 1, 5, True))], {"read-answered": 1}),
        ([("m1", RequestSample(0, 1, Outcome.OK, "m1"))], {"request-answered": 1}),
        ([("m1", RequestSample(0, 1, Outcome.TIMEOUT, "m1"))], {"request-failed": 1}),
    ],
)
def test_a_situation_is_recognised(told: list[tuple[str, Any]], reached: dict[str, int]) -> None:
    assert counts_of(told) == reached


def moved(task_id: str, slot: int) -> TaskMoved:
    state = TaskState.ASSIGNED
    return TaskMoved(TaskId(task_id), "web", slot, NodeId("n1"), state, TaskState.RUNNING)


def changed(task_id: str, phase: ContainerPhase) -> ContainerChanged:
    return ContainerChanged(TaskId(task_id), "web", phase, OperationId(2))


@pytest.mark.parametrize(
    ("slots", "ends_first", "count"), [((1, 1), False, 1), ((1, 1), True, 0), ((1, 2), False, 0), ((0, 0), False, 0)]
)
def test_two_containers_of_one_slot_are_seen_while_both_run(
    slots: tuple[int, int], ends_first: bool, count: int
) -> None:
    told: list[tuple[str, Any]] = [("m1", moved("a", slots[0])), ("m1", moved("b", slots[1]))]
    told.append(("w1", changed("a", ContainerPhase.HEALTHY)))
    if ends_first:
        told.append(("w1", changed("a", ContainerPhase.EXITED)))
    told.append(("w2", changed("b", ContainerPhase.STARTED)))
    assert counts_of(told).get("two-containers-of-one-slot", 0) == count


@pytest.mark.parametrize(
    ("fact", "count"),
    [
        (changed("a", ContainerPhase.FAILED), 1),
        (changed("a", ContainerPhase.UNHEALTHY), 1),
        (replace(changed("a", ContainerPhase.EXITED), failed=True), 1),
        (changed("a", ContainerPhase.EXITED), 0),
    ],
)
def test_a_container_that_crashed_has_failed_and_one_that_was_stopped_has_not(fact: Any, count: int) -> None:
    assert counts_of([("w1", fact)]).get("container-failed", 0) == count


@pytest.mark.parametrize(("winner", "term", "count"), [("n2", 4, 1), ("n2", 5, 0), ("n3", 4, 0)])
def test_a_transfer_counts_when_who_was_asked_wins_the_next_term(winner: str, term: int, count: int) -> None:
    reached: Counter[str] = Counter()
    situations = RaftSituations(reached)
    cluster = Cluster(3)
    situations.on_step(0, "m1", cluster.node(NodeId("n1")), [Send(NodeId("n2"), TimeoutNow(3))])
    situations.on_step(1, "m2", cluster.node(NodeId(winner)), [Observe(LeaderElected(term))])
    assert reached["leadership-transferred"] == count


def test_voters_that_come_and_go_count_once_and_learners_do_not() -> None:
    one, two = (Member(NodeId(each), Address("h"), voter=True) for each in ("n1", "n2"))
    learner = Member(NodeId("n2"), Address("h"), voter=False)
    story = [(1, (one,)), (2, (one, learner)), (3, (one, two)), (4, (one,))]
    told = [(host, MembershipChanged(index, members)) for index, members in story for host in ("m1", "m2")]
    assert counts_of(told) == {"voter-added": 2, "voter-removed": 1}


def test_what_happened_before_the_story_began_does_not_count() -> None:
    situations = Situations()
    watch = Watch(FakeWorld("m1"), [situations])
    watch.tell(0, "m1", QuorumLost(2))
    situations.begin()
    watch.tell(1, "m1", QuorumLost(3))
    assert situations.counts["leader-stepped-down"] == 1


def test_addresses_and_secrets_that_change_hands_are_seen() -> None:
    world = FakeWorld("w1")
    reached: Counter[str] = Counter()
    situations = ServiceSituations(reached)
    place = (NetworkId("net"), "10.0.0.5")
    for task_id, secrets in (("a", ("s1",)), ("a", ("s1",)), ("b", ())):
        world.boxes["w1"] = (ContainerView(TaskId(task_id), True, True, (), (place,)),)
        world.secrets["w1"] = tuple(SecretId(each) for each in secrets)
        situations.sample(world)
    assert +reached == {"address-given-again": 1, "secret-held": 1, "secret-revoked": 1}


@pytest.mark.parametrize(("profile", "wanted"), [("raft", True), ("everything", False)])
def test_campaigns_without_services_have_to_begin_swarms_anew(profile: str, wanted: bool) -> None:
    never = unreached(FuzzReport(profile, 1, 1, 0, 0, {}, {}, {}, None))
    assert ({"swarm-begun-anew", "swarms-begun-anew-apart"} <= set(never)) is wanted
    assert {"manager-locked", "manager-unlocked"} <= set(never)
