"""What a driver answers for a port it does not have, so that the swarm knows and nobody waits. Pure."""

from typing import Final, get_args

from core.effects import PrepareTask, ProgramRoutes, RemoveTask, StartTask, StopTask
from core.events import ContainerPhase, EngineReport, RoutesApplied, RoutesFailed, TaskReported
from core.mesh.routes import RouteChanges

EngineOrder = PrepareTask | StartTask | StopTask | RemoveTask
REFUSED: Final = (*get_args(EngineOrder), ProgramRoutes)
"""The effects that `refusal` answers."""
NO_ENGINE: Final = "this driver has no container engine"
NO_DATA_PLANE: Final = "this driver has no data plane"


def refusal(effect: EngineOrder | ProgramRoutes) -> TaskReported | RoutesApplied | RoutesFailed:
    """The report of failure on an order; of success only for removing what is not there: a container, all routes."""
    match effect:
        case ProgramRoutes(changes=RouteChanges(to_version=0)):
            return RoutesApplied(effect.ticket)
        case ProgramRoutes():
            return RoutesFailed(effect.ticket, NO_DATA_PLANE)
        case RemoveTask():
            return TaskReported(effect.task_id, effect.operation_id, EngineReport(ContainerPhase.REMOVED))
        case PrepareTask():
            task_id = effect.task.id
        case StartTask() | StopTask():
            task_id = effect.task_id
    return TaskReported(task_id, effect.operation_id, EngineReport(ContainerPhase.FAILED, err=NO_ENGINE))
