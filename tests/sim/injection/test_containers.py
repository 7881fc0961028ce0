"""Faults of engines, containers and tables: a test per word for its effect, and that its end takes that back."""

import pytest
from fault_stage import Stage
from simulated import host_of, order, phases, run_task, task

from core.effects import PrepareTask, ProgramRoutes
from core.events import (
    ContainerPhase,
    EngineDown,
    EngineUp,
    RoutesApplied,
    RoutesFailed,
)
from core.ids import OperationId, TaskId, Ticket
from core.mesh.routes import RouteChanges
from core.timing import SECOND
from core.trials import faults
from core.trials.faults import Fault
from sim.facts import ContainerChanged

WEB = TaskId("web.1")


def ends(stage: Stage) -> list[ContainerChanged]:
    """What was told of containers that exited."""
    changes = [fact for fact in stage.facts if isinstance(fact, ContainerChanged)]
    return [change for change in changes if change.phase is ContainerPhase.EXITED]


def test_stop_engine() -> None:
    stage = Stage()
    run_task(stage.world, "m1", task("web.1"))
    number = stage.start(faults.StopEngine(("m1",)))
    order(stage.world, "m1", PrepareTask(OperationId(1), task("web.2"), (), ()))
    stage.world.run_for(10 * SECOND)
    assert len(host_of(stage.world, "m1").events(EngineDown)) == 1
    assert not phases(stage.world, "m1", "web.2")
    assert stage.world.containers("m1")[0].running
    stage.end(number)
    stage.world.run_for(SECOND)
    assert phases(stage.world, "m1", "web.2") == [ContainerPhase.PREPARED]
    assert len(host_of(stage.world, "m1").events(EngineUp)) == 2


def test_fail_pulls() -> None:
    stage = Stage()
    number = stage.start(faults.FailPulls(("m1",)))
    for name in ("m1", "m2"):
        order(stage.world, name, PrepareTask(OperationId(1), task("web.1"), (), ()))
    stage.world.run_for(SECOND)
    assert phases(stage.world, "m1", WEB) == [ContainerPhase.FAILED]
    assert phases(stage.world, "m2", WEB) == [ContainerPhase.PREPARED]
    stage.end(number)
    order(stage.world, "m1", PrepareTask(OperationId(2), task("web.1"), (), ()))
    stage.world.run_for(SECOND)
    assert phases(stage.world, "m1", WEB)[-1] is ContainerPhase.PREPARED


@pytest.mark.parametrize(
    ("fault", "code"),
    [(faults.CrashTask((WEB,)), 139), (faults.ExitTask((WEB,), 7), 7), (faults.OutOfMemory((WEB,)), 137)],
)
def test_crash_task_and_exit_and_out_of_memory(fault: Fault, code: int) -> None:
    stage = Stage()
    run_task(stage.world, "m2", task("web.1"))
    stage.start(fault)
    (container,) = stage.world.containers("m2")
    assert (container.running, container.exit_code) == (False, code)
    assert phases(stage.world, "m2", WEB)[-1] is ContainerPhase.EXITED
    assert ends(stage)[-1].failed


@pytest.mark.parametrize("fault", [faults.Kill(("m2",)), faults.ExitTask((WEB,), 0)])
def test_a_container_whose_machine_is_killed_or_that_ends_with_0_has_not_failed(fault: Fault) -> None:
    stage = Stage()
    run_task(stage.world, "m2", task("web.1"))
    stage.start(fault)
    assert [fact.failed for fact in ends(stage)] == [False]


def test_unhealthy() -> None:
    stage = Stage()
    run_task(stage.world, "m2", task("web.1"))
    stage.start(faults.Unhealthy((WEB,)))
    (container,) = stage.world.containers("m2")
    assert (container.running, container.healthy) == (True, False)
    assert phases(stage.world, "m2", WEB)[-1] is ContainerPhase.UNHEALTHY


def test_fail_routes() -> None:
    stage = Stage()
    number = stage.start(faults.FailRoutes(("m1",)))
    order(stage.world, "m1", ProgramRoutes(Ticket(3), RouteChanges(0, 3)))
    stage.world.run_for(SECOND)
    assert [event.ticket for event in host_of(stage.world, "m1").events(RoutesFailed)] == [3]
    assert stage.world.machine("m1").data_plane.tables.version == 0
    stage.end(number)
    order(stage.world, "m1", ProgramRoutes(Ticket(4), RouteChanges(0, 3)))
    stage.world.run_for(SECOND)
    assert host_of(stage.world, "m1").events(RoutesApplied) == [RoutesApplied(Ticket(4))]


def test_mute_routes() -> None:
    """What was reported in vain is reported again to who gives the order again."""
    stage = Stage()
    number = stage.start(faults.MuteRoutes(("m1",)))
    effect = ProgramRoutes(Ticket(3), RouteChanges(0, 3))
    order(stage.world, "m1", effect)
    stage.world.run_for(SECOND)
    assert stage.world.machine("m1").data_plane.tables.version == 3
    stage.end(number)
    stage.world.run_for(SECOND)
    assert not host_of(stage.world, "m1").events(RoutesApplied)
    order(stage.world, "m1", effect)
    stage.world.run_for(SECOND)
    assert host_of(stage.world, "m1").events(RoutesApplied) == [RoutesApplied(Ticket(3))]


def test_slow_routes() -> None:
    stage = Stage()
    stage.start(faults.SlowRoutes(("m1",), 5 * SECOND))
    order(stage.world, "m1", ProgramRoutes(Ticket(3), RouteChanges(0, 3)))
    stage.world.run_for(4 * SECOND)
    assert not host_of(stage.world, "m1").events(RoutesApplied)
    stage.world.run_for(2 * SECOND)
    assert host_of(stage.world, "m1").events(RoutesApplied) == [RoutesApplied(Ticket(3))]
