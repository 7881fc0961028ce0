"""Steps are played when they are due, on whom they mean then, and taken back when they end."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from fake_world import FakeWorld
from msgspec.structs import replace

from core.ids import ClusterId, NodeId
from core.objects import Cluster, Node
from core.objects.cluster import JoinTokens
from core.objects.node import Availability, NodeSpec
from core.operations import Inspect, JoinSwarm, Kind, ListObjects, Operation, UpdateNode
from core.raft.effects import Applied, Refused, Result
from core.store import Store
from core.timing import SECOND
from swarmsim.player.operator import Operator
from swarmsim.player.roster import Roster
from swarmsim.player.timeline import Timeline
from swarmsim.scenario import steps
from swarmsim.scenario.plan import WriterPlan
from swarmsim.scenario.steps import Step
from swarmsim.scenario.targets import Group, Host, HostGroup, several
from swarmsim.world import NotDoneError

ORIGIN = 3 * SECOND
LEADER = Group(HostGroup.LEADER)


class Stage:
    """A fake world with three managers, m1 leading, and a timeline that is played in it."""

    def __init__(self) -> None:
        self.world = FakeWorld("m1", "m2", "m3")
        self.world.now_ns = ORIGIN
        self.lead("m1")
        for host in self.world.hosts():
            self.world.stores[host] = Store()
        self.writers: list[tuple[WriterPlan, int]] = []
        self.roster = Roster(self.world, Random(1))
        operator = Operator(self.world, patience_ns=SECOND)
        self.timeline = Timeline(
            self.world, ORIGIN, self.roster, operator, lambda plan, for_ns: self.writers.append((plan, for_ns))
        )

    def lead(self, leader: str | None) -> None:
        for host, status in self.world.statuses.items():
            self.world.statuses[host] = replace(status, leads=host == leader)

    def play(self, *story: Step, until_ns: int = 30 * SECOND) -> None:
        for step in story:
            self.timeline.schedule(step)
        self.world.run_until(ORIGIN + until_ns)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_step_hits_whoever_leads_then(stage: Stage) -> None:
    stage.world.call_at(ORIGIN + 1 * SECOND, lambda: stage.lead("m3"))
    stage.play(Step(2 * SECOND, steps.Isolate(LEADER), until_ns=5 * SECOND))
    isolate = steps.Isolate(("m3",))
    assert stage.world.applied == [(ORIGIN + 2 * SECOND, isolate)]
    assert stage.world.undone == [(ORIGIN + 5 * SECOND, isolate)]
    (band,) = stage.timeline.bands
    assert (band.verb, band.hosts, band.from_ns, band.to_ns) == ("isolate", ("m3",), 2 * SECOND, 5 * SECOND)


def test_a_step_waits_for_its_target(stage: Stage) -> None:
    stage.lead(None)
    stage.world.call_at(ORIGIN + 4 * SECOND, lambda: stage.lead("m2"))
    stage.play(Step(2 * SECOND, steps.Pause(LEADER)))
    assert stage.world.applied == [(ORIGIN + 4 * SECOND, steps.Pause(("m2",)))]
    assert stage.timeline.problems == []


def test_a_step_that_finds_nobody_is_a_problem(stage: Stage) -> None:
    stage.lead(None)
    stage.play(Step(2 * SECOND, steps.Pause(LEADER), line=7, text="pause: leader"))
    assert stage.world.applied == []
    assert stage.timeline.problems == ["line 7: pause: leader at 2s could not be played: it fits nobody now"]


@pytest.mark.parametrize("action", [steps.Unlock(Group(HostGroup.LOCKED)), steps.Restart(Group(HostGroup.KILLED))])
def test_a_step_that_finds_nothing_to_put_right_says_so_and_is_no_problem(stage: Stage, action: Any) -> None:
    stage.play(Step(2 * SECOND, action, line=7, text="unlock: locked"))
    assert stage.world.applied == []
    assert stage.timeline.problems == []
    assert stage.timeline.remarks == ["line 7: unlock: locked at 2s fits nobody: there was nothing to put right"]
    [band] = stage.timeline.bands
    assert band.hosts == ()


def test_a_step_that_still_waits_when_the_story_ends_is_a_problem_and_never_played(stage: Stage) -> None:
    stage.lead(None)
    stage.play(Step(2 * SECOND, steps.Pause(LEADER), text="pause: leader"), until_ns=3 * SECOND)
    stage.timeline.end()
    stage.lead("m2")
    stage.world.run_until(ORIGIN + 30 * SECOND)
    assert stage.world.applied == []
    assert stage.timeline.problems == ["pause: leader at 2s was still waiting at the end: it fits nobody now"]


def test_a_step_that_was_played_late_does_not_wait_at_the_end(stage: Stage) -> None:
    stage.lead(None)
    stage.world.call_at(ORIGIN + 3 * SECOND, lambda: stage.lead("m2"))
    stage.play(Step(2 * SECOND, steps.Pause(LEADER)), until_ns=4 * SECOND)
    stage.timeline.end()
    assert len(stage.world.applied) == 1
    assert stage.timeline.problems == []


def test_a_partition_is_noted_with_its_groups_and_with_those_in_none(stage: Stage) -> None:
    stage.play(Step(SECOND, steps.Partition((LEADER, Host("m2")))))
    (band,) = stage.timeline.bands
    assert (band.groups, band.others) == ((("m1",), ("m2",)), ("m3",))


def test_what_the_world_refuses_is_a_problem_and_no_fault(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(action: steps.Action) -> None:
        raise NotDoneError("too many disks")

    monkeypatch.setattr(stage.world, "apply", refuse)
    stage.play(Step(SECOND, steps.LoseDisk(several(["m1", "m2"])), text="lose-disk: [m1, m2]"))
    assert stage.timeline.problems == ["lose-disk: [m1, m2] at 1s was not done: too many disks"]
    assert (stage.timeline.bands, stage.roster.killed) == ((), {})


def test_a_swarm_is_begun_anew_by_one(stage: Stage) -> None:
    stage.play(Step(SECOND, steps.ForceNewCluster(several(["m1", "m2"])), text="force-new-cluster: [m1, m2]"))
    [problem] = stage.timeline.problems
    assert problem.endswith("could not be played: one manager begins a swarm anew, not m1, m2")


def test_putting_right_what_is_right_is_no_problem(stage: Stage) -> None:
    stage.play(
        Step(SECOND, steps.Restart(Group(HostGroup.KILLED))), Step(SECOND, steps.Resume(Group(HostGroup.PAUSED)))
    )
    assert (stage.world.applied, stage.timeline.problems) == ([], [])


def test_killed_hosts_are_remembered_until_they_are_restarted(stage: Stage) -> None:
    killed = Group(HostGroup.KILLED)
    stage.play(Step(SECOND, steps.Kill(several(["m2", "m3"]))), until_ns=2 * SECOND)
    assert stage.roster.hosts(killed) == ("m2", "m3")
    stage.play(Step(3 * SECOND, steps.Restart(killed)))
    assert stage.world.applied[-1][1] == steps.Restart(("m2", "m3"))
    assert stage.roster.hosts(killed) == ()
    assert [band.to_ns for band in stage.timeline.bands] == [3 * SECOND, None]


def test_machines_with_a_new_disk_are_killed_until_they_are_restarted(stage: Stage) -> None:
    lost, restart = steps.LoseDisk(several(["m2"])), steps.Restart(Group(HostGroup.KILLED))
    stage.play(Step(SECOND, lost), Step(2 * SECOND, restart))
    assert stage.world.applied[-1][1] == steps.Restart(("m2",))
    assert [band.to_ns for band in stage.timeline.bands] == [2 * SECOND, None]
    assert not stage.roster.killed


def test_the_operator_repeats_what_a_swarm_without_quorum_refuses(stage: Stage) -> None:
    node = Node(NodeId("node-m2"), NodeSpec(), version=5)
    answers: Iterator[Result] = iter([Refused("no quorum"), Applied(1, node), Refused("no leader"), Applied(2, None)])
    stage.world.answer = lambda host, operation: next(answers)
    stage.play(Step(SECOND, steps.Drain(several(["m2"]))))
    asked = [operation for _, operation in stage.world.asked]
    update = UpdateNode("node-m2", 5, NodeSpec(availability=Availability.DRAIN))
    assert asked == [Inspect(Kind.NODE, "node-m2")] * 2 + [update] * 2
    assert stage.timeline.problems == []


def test_an_operator_who_is_never_served_gives_up(stage: Stage) -> None:
    stage.world.answer = lambda host, operation: Refused("no quorum")
    stage.play(Step(SECOND, steps.Drain(several(["m2"]))))
    assert stage.timeline.problems == ["drain at 1s was not carried out: no quorum"]


def test_hosts_that_join_carry_on_the_numbering(stage: Stage) -> None:
    def answer(host: str, operation: Operation) -> Result:
        return Applied(1, (_cluster(),)) if isinstance(operation, ListObjects) else Applied(1, "id")

    stage.world.answer = answer
    stage.play(Step(SECOND, steps.Join(2, 1)))
    joins = {host: operation for host, operation in stage.world.asked if isinstance(operation, JoinSwarm)}
    assert list(joins) == ["m4", "m5", "w1"]
    assert [joins[host].token for host in joins] == ["M", "M", "W"]
    assert stage.roster.hosts(Group(HostGroup.JOINED)) == ("m4", "m5", "w1")


def test_a_burst_is_a_writer_of_its_own(stage: Stage) -> None:
    stage.play(Step(SECOND, steps.BurstWrites(500, 2 * SECOND)))
    ((plan, for_ns),) = stage.writers
    assert (plan.rate_per_s, plan.read_rate_per_s, for_ns) == (250.0, 0.0, 2 * SECOND)


def _cluster() -> Cluster:
    return Cluster(ClusterId("c"), tokens=JoinTokens("W", "M"))
