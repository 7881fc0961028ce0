"""Every order to a port that a driver lacks is answered, and as failed."""

import pytest

from core.absent import NO_DATA_PLANE, NO_ENGINE, REFUSED, refusal
from core.effects import PrepareTask, ProgramRoutes, RemoveTask, StartTask, StopTask
from core.events import ContainerPhase, EngineReport, RoutesApplied, RoutesFailed, TaskReported
from core.ids import OperationId, ServiceId, TaskId, Ticket
from core.mesh.routes import RouteChanges
from core.objects.task import ContainerSpec, Task, TaskSpec

TASK = Task(TaskId("t"), ServiceId("s"), 1, TaskSpec(ContainerSpec("image")), 0)
ORDERS = [
    PrepareTask(OperationId(7), TASK, (), ()),
    StartTask(OperationId(7), TASK.id),
    StopTask(OperationId(7), TASK.id, grace_ns=0),
    RemoveTask(OperationId(7), TASK.id),
]


@pytest.mark.parametrize("order", ORDERS[:3])
def test_an_order_to_the_engine_fails_with_the_reason(order: PrepareTask | StartTask | StopTask) -> None:
    report = EngineReport(ContainerPhase.FAILED, err=NO_ENGINE)
    assert refusal(order) == TaskReported(TASK.id, OperationId(7), report)


def test_removing_what_is_not_there_succeeds() -> None:
    report = EngineReport(ContainerPhase.REMOVED)
    assert refusal(RemoveTask(OperationId(7), TASK.id)) == TaskReported(TASK.id, OperationId(7), report)


def test_carrying_nothing_succeeds() -> None:
    assert refusal(ProgramRoutes(Ticket(9), RouteChanges(0, 0))) == RoutesApplied(Ticket(9))


def test_routes_fail_with_the_reason() -> None:
    assert refusal(ProgramRoutes(Ticket(9), RouteChanges(0, 5))) == RoutesFailed(Ticket(9), NO_DATA_PLANE)


def test_every_effect_that_is_said_to_be_refused_is() -> None:
    assert {type(order) for order in ORDERS} | {ProgramRoutes} == set(REFUSED)
