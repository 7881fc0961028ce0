"""A container engine played by hand: orders are carried out, or refused, when a test says so."""

from typing import Any, Final

from core.effects import PrepareTask, StartTask, StopTask
from core.events import ContainerPhase, EngineReport, TaskReported
from core.ids import TaskId
from core.objects.task import ContainerStatus

RUNNING_PHASES: Final = (ContainerPhase.STARTED, ContainerPhase.HEALTHY, ContainerPhase.UNHEALTHY)


class Engine:
    """Containers, and orders not yet carried out: those on one task in the order given."""

    def __init__(self) -> None:
        self.containers: dict[TaskId, ContainerPhase] = {}
        self.orders: list[Any] = []
        self.up = True
        self.started: list[TaskId] = []
        """Every container ever started, in order."""

    def perform(self, choice: int, refuse: bool = False) -> TaskReported | None:
        """Carry out the first order of some task, or say that it cannot be."""
        if not self.orders or not self.up:
            return None
        task_id = task_in(self.orders[choice % len(self.orders)])
        order = next(order for order in self.orders if task_in(order) == task_id)
        self.orders.remove(order)
        if refuse:
            return TaskReported(task_id, order.operation_id, EngineReport(ContainerPhase.FAILED, err="refused"))
        return TaskReported(task_id, order.operation_id, self._carry_out(task_id, order))

    def _carry_out(self, task_id: TaskId, order: Any) -> EngineReport:
        phase = self.containers.get(task_id)
        if isinstance(order, PrepareTask):
            container = order.task.spec.container
            assert [secret.id for secret in order.secrets] == [named.secret_id for named in container.secrets]
            assert [config.id for config in order.configs] == [named.config_id for named in container.configs]
            phase = phase or ContainerPhase.PREPARED
        elif isinstance(order, StartTask):
            if phase is None:
                return EngineReport(ContainerPhase.FAILED, err="no such container")
            if phase is ContainerPhase.PREPARED:
                self.started.append(task_id)
                phase = ContainerPhase.HEALTHY
        elif isinstance(order, StopTask):
            if phase is None:
                return EngineReport(ContainerPhase.EXITED)
            phase = ContainerPhase.EXITED
        else:
            self.containers.pop(task_id, None)
            return EngineReport(ContainerPhase.REMOVED)
        self.containers[task_id] = phase
        return self.report(task_id)

    def report(self, task_id: TaskId) -> EngineReport:
        phase = self.containers[task_id]
        exit_code = 137 if phase is ContainerPhase.EXITED else None
        return EngineReport(phase, ContainerStatus(f"container of {task_id}", exit_code=exit_code))

    def start_count(self, task_id: TaskId) -> int:
        """How often the container was started, or is about to be."""
        ordered = [order for order in self.orders if isinstance(order, StartTask) and order.task_id == task_id]
        return self.started.count(task_id) + len(ordered)

    def running(self) -> list[TaskId]:
        return [task_id for task_id, phase in self.containers.items() if phase in RUNNING_PHASES]


def task_in(order: Any) -> TaskId:
    return order.task.id if isinstance(order, PrepareTask) else order.task_id
