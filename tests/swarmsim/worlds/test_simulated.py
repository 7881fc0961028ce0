"""The simulator, shown as a world: hosts, power, leaders, faults by scenario word, clients."""

import pytest
from fault_effects import EFFECTS

from core.ids import Address, TaskId
from core.operations import InitSwarm
from core.phases import HostPhase
from core.raft.effects import Applied, Refused, Result
from core.timing import MS, SECOND
from core.trials import faults
from core.trials.clients import WriteOutcome, WriterSample
from core.trials.endings import LASTING, verb_of
from sim.facts import FaultEnded
from swarmsim.scenario.plan import ClusterPlan, RackPlan, WriterPlan
from swarmsim.world import NotDoneError, Power
from swarmsim.worlds.simulated import SimulatedWorld


@pytest.fixture
def world() -> SimulatedWorld:
    """One manager that leads its own swarm, and a second host in none."""
    world = SimulatedWorld(ClusterPlan(1, racks=(RackPlan("a", ("m1",)),)), (), seed=1)
    world.add_host("m1", "a")
    world.add_host("w1")
    world.run_until(1 * MS)
    answers: list[Result] = []
    world.submit("m1", InitSwarm(Address(world.address("m1"))), answers.append)
    world.run_until(1 * SECOND)
    assert isinstance(answers[0], Applied)
    return world


def test_a_leader_is_seen_from_outside(world: SimulatedWorld) -> None:
    status = world.status("m1")
    assert (status.leads, status.rack, status.phase, status.power) == (True, "a", HostPhase.MANAGER, Power.UP)
    assert status.voters == (status.raft_id,)
    assert world.leader() == "m1"
    store = world.store("m1")
    assert store is not None
    assert status.node_id in store.nodes
    assert (world.status("w1").phase, world.store("w1")) == (HostPhase.INACTIVE, None)


def test_power_is_lost_and_given_back(world: SimulatedWorld) -> None:
    undo = world.apply(faults.Kill(("m1",)))
    assert (world.power("m1"), world.leader(), world.store("m1")) == (Power.OFF, None, None)
    assert undo is not None
    undo()
    world.run_until(10 * SECOND)
    assert (world.power("m1"), world.leader()) == (Power.UP, "m1")


def test_a_paused_manager_shows_nothing(world: SimulatedWorld) -> None:
    undo = world.apply(faults.Pause(("m1",)))
    assert (world.power("m1"), world.leader(), world.store("m1")) == (Power.PAUSED, None, None)
    assert undo is not None
    undo()
    assert (world.power("m1"), world.leader()) == (Power.UP, "m1")


def test_a_dead_daemon_refuses(world: SimulatedWorld) -> None:
    world.apply(faults.KillDaemon(("m1",)))
    answers: list[Result] = []
    world.submit("m1", InitSwarm(Address("198.18.0.1:2377")), answers.append)
    world.run_until(2 * SECOND)
    assert isinstance(answers[0], Refused)


def test_the_disks_of_a_majority_are_not_taken(world: SimulatedWorld) -> None:
    with pytest.raises(NotDoneError, match="majority"):
        world.apply(faults.LoseDisk(("m1",)))
    assert world.leader() == "m1"
    world.apply(faults.LoseDisk(("w1",)))
    assert world.power("w1") is Power.OFF


def test_a_writer_is_answered_and_its_samples_carry_the_worlds_time(world: SimulatedWorld) -> None:
    samples: list[WriterSample] = []
    stop = world.start_writer(WriterPlan("w", 10.0, 10.0), lambda: "m1", samples.append)
    world.run_until(2 * SECOND)
    stop()
    world.run_until(3 * SECOND)
    count = len(samples)
    world.run_until(5 * SECOND)
    assert len(samples) == count
    assert {sample.kind for sample in samples} == {"read", "write"}
    assert all(sample.outcome is WriteOutcome.ACKNOWLEDGED for sample in samples)
    assert all(SECOND <= sample.started_at <= sample.ended_at <= 2 * SECOND + 50 * MS for sample in samples)


def test_a_container_is_befallen_wherever_it_runs(world: SimulatedWorld) -> None:
    assert world.apply(faults.CrashTask((TaskId("nowhere.1"),))) is None, "there is nothing to take back"


def test_a_rack_hears_only_itself_until_its_cable_is_mended(world: SimulatedWorld) -> None:
    undo = world.apply(faults.BreakCable(("m1",)))
    assert world.sim.network.topology.distance_ns("m1", "w1") is None
    assert undo is not None
    undo()
    assert world.sim.network.topology.distance_ns("m1", "w1") is not None


@pytest.mark.parametrize("healed", ["m1", "w1"])
def test_heal_mends_the_cables_that_lead_to_the_hosts_it_names(world: SimulatedWorld, healed: str) -> None:
    world.apply(faults.BreakCable(("m1",)))
    world.apply(faults.Heal((healed,)))
    assert world.sim.network.topology.distance_ns("m1", "w1") is not None


@pytest.mark.parametrize("kind", EFFECTS, ids=verb_of)
def test_what_lasts_comes_with_what_takes_it_back_once(kind: type) -> None:
    world = SimulatedWorld(ClusterPlan(4, racks=(RackPlan("a", ("m1",)),)), (), seed=1)
    for name in ("m1", "m2", "m3", "m4"):
        world.add_host(name, "a" if name == "m1" else "")
    world.run_until(SECOND)
    undo = world.apply(EFFECTS[kind].fault)
    assert (undo is not None) is (kind in LASTING)
    told: list[FaultEnded] = []
    world.observe(lambda at_ns, host, fact: told.append(fact) if isinstance(fact, FaultEnded) else None)
    for _ in range(2):
        if undo is not None:
            undo()
    assert len(told) == (kind in LASTING)
