"""Faults of machines and daemons: a test per word that shows its effect, and that ending it takes exactly that back."""

from fault_stage import NAMES, Stage
from simulated import host_of, run_task, task

from core.raft.events import Received
from core.timing import SECOND
from core.trials import faults
from sim.facts import FaultEnded


def test_kill() -> None:
    stage = Stage()
    run_task(stage.world, "m1", task("web.1"))
    number = stage.start(faults.Kill(("m1", "m2")))
    assert stage.up() == ["m3", "m4"]
    assert not stage.world.machine("m1").powered
    assert not stage.world.containers("m1")[0].running
    stage.end(number)
    stage.world.run_for(10 * SECOND)
    assert stage.up() == list(NAMES)


def test_kill_daemon() -> None:
    stage = Stage()
    run_task(stage.world, "m1", task("web.1"))
    number = stage.start(faults.KillDaemon(("m1",)))
    assert stage.up() == ["m2", "m3", "m4"]
    assert stage.world.machine("m1").powered
    assert stage.world.containers("m1")[0].running
    stage.end(number)
    assert stage.up() == list(NAMES)


def test_a_daemon_killed_on_a_machine_that_then_reboots_comes_with_the_boot() -> None:
    stage = Stage()
    number = stage.start(faults.KillDaemon(("m1",)))
    stage.start(faults.Kill(("m1",)))
    stage.world.power_on("m1")
    stage.end(number)
    assert stage.up() == ["m2", "m3", "m4"]
    stage.world.run_for(10 * SECOND)
    assert stage.up() == list(NAMES)


def test_restart() -> None:
    stage = Stage()
    number = stage.start(faults.Kill(("m1",)))
    stage.start(faults.KillDaemon(("m2",)))
    stage.start(faults.Restart(("m1", "m2", "m3")))
    assert stage.up() == ["m2", "m4"]
    stage.world.run_for(10 * SECOND)
    assert stage.up() == list(NAMES)
    assert [stage.world.machine(name).incarnation for name in NAMES] == [2, 2, 2, 1]
    assert FaultEnded(number) in stage.facts
    assert not stage.injector.active


def test_pause() -> None:
    stage = Stage()
    number = stage.start(faults.Pause(("m1",)))
    assert stage.arrivals("m2", "m1") == 0
    stage.end(number)
    assert len(host_of(stage.world, "m1").events(Received)) == 1


def test_resume() -> None:
    stage = Stage()
    stage.start(faults.Pause(("m1", "m2")))
    stage.start(faults.Resume(("m1",)))
    assert stage.up() == ["m1", "m3", "m4"]
