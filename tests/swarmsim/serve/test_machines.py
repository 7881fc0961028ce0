"""Machines are switched on and off by steps that a scenario has, and are told of as they are."""

from pathlib import Path

import pytest

from core.phases import HostPhase
from core.timing import SECOND
from swarmsim.scenario.plan import ClusterPlan
from swarmsim.serve.cluster import ServedPlan, start
from swarmsim.serve.faults import Faults
from swarmsim.serve.machines import Machine, Switch, machine_of, switch
from swarmsim.serve.place import Place
from swarmsim.world import Power
from swarmsim.worlds.simulated import SimulatedWorld


class Machines:
    """A world of one manager and one worker, and the steps that were played in it."""

    def __init__(self) -> None:
        self.world: SimulatedWorld = start(ServedPlan(ClusterPlan(1, 1)), 1, 0, lambda text: None)
        self.faults = Faults(self.world)
        self.played: list[str] = []
        self.faults.began.append(lambda played: self.played.append(played.step.text))

    def switch(self, host: str, what: Switch) -> Machine:
        """Do it, and let time pass until it is done."""
        ended: list[None] = []
        switch(self.world, self.faults.do, host, what, lambda: ended.append(None))
        give_up_at = self.world.now_ns + 60 * SECOND
        while not ended and self.world.now_ns < give_up_at:
            self.world.run_until(self.world.now_ns + SECOND // 10)
        assert len(ended) == 1
        return self.look(host)

    def look(self, host: str) -> Machine:
        return machine_of(self.world, host, Place(Path(f"/run/{host}.sock")))


@pytest.fixture
def machines() -> Machines:
    return Machines()


def test_one_that_is_stopped_has_its_daemon_ended_before_its_power(machines: Machines) -> None:
    began_at = machines.world.now_ns
    assert machines.switch("w1", Switch.STOP).state == "stopped"
    assert machines.played == ["kill-daemon: w1", "kill: w1"]
    assert machines.world.now_ns >= began_at + SECOND


def test_one_that_is_killed_has_no_time_for_anything(machines: Machines) -> None:
    assert machines.switch("w1", Switch.KILL).state == "stopped"
    assert machines.played == ["kill: w1"]


def test_one_that_is_started_runs_when_that_is_done(machines: Machines) -> None:
    machines.switch("w1", Switch.KILL)
    assert machines.switch("w1", Switch.START).state == "running"
    assert machines.played == ["kill: w1", "restart: w1"]


def test_a_restart_stops_and_starts(machines: Machines) -> None:
    assert machines.switch("m1", Switch.RESTART).state == "running"
    assert machines.played == ["kill-daemon: m1", "kill: m1", "restart: m1"]


@pytest.mark.parametrize("what", [Switch.STOP, Switch.KILL])
def test_what_is_so_already_needs_nothing(machines: Machines, what: Switch) -> None:
    machines.switch("w1", Switch.KILL)
    machines.switch("w1", what)
    machines.switch("m1", Switch.START)
    assert machines.played == ["kill: w1"]


def test_one_that_is_started_while_it_stops_keeps_its_power(machines: Machines) -> None:
    switch(machines.world, machines.faults.do, "w1", Switch.STOP, lambda: None)
    machines.switch("w1", Switch.START)
    machines.world.run_until(machines.world.now_ns + 3 * SECOND)
    assert machines.look("w1").state == "running"


def test_what_is_told_of_a_machine(machines: Machines) -> None:
    assert (machines.look("m1").swarm, machines.look("w1").swarm) == ("leader", "worker")
    machines.faults.play(machines.faults.read({"pause": "w1"}))
    machines.faults.play(machines.faults.read({"kill-daemon": "m1"}))
    assert (machines.look("w1").state, machines.look("w1").swarm) == ("paused", "worker")
    assert (machines.look("m1").state, machines.look("m1").swarm) == ("daemon dead", "-")


@pytest.mark.parametrize(
    ("phase", "swarm"), [(HostPhase.INACTIVE, "-"), (HostPhase.LOCKED, "locked manager"), (HostPhase.LEAVING, "-")]
)
def test_a_machine_that_takes_part_in_nothing_is_no_member(phase: HostPhase, swarm: str) -> None:
    assert Machine("m1", Power.UP, phase, False, "", "", "").swarm == swarm
