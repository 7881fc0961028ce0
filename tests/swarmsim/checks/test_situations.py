"""Each hard state is recognised from the facts that make it, and not from others."""

from typing import Any

import pytest
from fake_world import FakeWorld
from writer_histories import read, write

from core.durability import Verdict
from core.events import ContainerPhase
from core.facts import HostPhaseChanged, TaskMoved
from core.ids import NodeId, OperationId, TaskId
from core.objects.task import TaskState
from core.raft.effects import ElectionStarted, LeaderElected, QuorumLost, SnapshotRestored
from core.trials.clients import Outcome, RequestSample, WriteOutcome
from sim.facts import ContainerChanged, DaemonStarted
from swarmsim.checks.situations import Situations
from swarmsim.checks.watch import Watch

CANDIDATES = [("m1", ElectionStarted(3, False)), ("m2", ElectionStarted(3, False))]


def counts_of(told: list[tuple[str, Any]], sent: dict[str, dict[str, tuple[int, int]]] | None = None) -> dict[str, int]:
    """The situations that were reached."""
    world = FakeWorld("m1", "m2", "m3")
    world.counts = sent or {}
    situations = Situations()
    watch = Watch(world, [situations])
    for host, fact in told:
        watch.tell(0, host, fact)
    watch.finish()
    return {name: count for name, count in situations.counts.items() if count}


@pytest.mark.parametrize(
    ("told", "reached"),
    [
        ([("m1", LeaderElected(1))], {}),
        ([("m1", LeaderElected(1)), ("m2", LeaderElected(2))], {"leader-changed": 1}),
        ([("m1", LeaderElected(1)), ("m1", LeaderElected(2))], {}),
        ([*CANDIDATES, ("m1", LeaderElected(4))], {"split-vote": 1}),
        ([*CANDIDATES, ("m1", LeaderElected(3))], {}),
        (CANDIDATES, {}),  # undecided yet
        ([("m1", ElectionStarted(2, True)), ("m1", ElectionStarted(2, True))], {"pre-vote-refused": 1}),
        ([("m1", ElectionStarted(2, True)), ("m1", ElectionStarted(2, False))], {}),
        ([("m1", QuorumLost(2))], {"leader-stepped-down": 1}),
        ([("m3", SnapshotRestored(9))], {"snapshot-installed": 1}),
        ([("m1", DaemonStarted(1, 0, Verdict.INTACT))], {}),
        ([("m1", DaemonStarted(2, 5, Verdict.TORN))], {"host-recovered": 1, "torn-write-cut": 1}),
        ([("m1", DaemonStarted(1, 5, Verdict.CORRUPT))], {}),
        (
            [("m1", DaemonStarted(1, 5, Verdict.CORRUPT)), ("m1", HostPhaseChanged("manager"))],
            {"corrupt-disk-rejoined": 1},
        ),
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


def test_a_transfer_shows_in_the_messages() -> None:
    assert counts_of([], {"m1": {"TimeoutNow": (2, 40)}}) == {"leadership-transferred": 2}
