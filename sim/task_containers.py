"""Containers of tasks: made, started, stopped and removed on one machine by the orders of its daemon.

Orders take their time. Given twice they have the effect of one, and both are answered. Everything that happens to a
container is reported, and told to the world.
"""

from collections.abc import Callable
from functools import partial

from core.effects import PrepareTask, RemoveTask, StartTask, StopTask
from core.events import ContainerPhase, EngineReport
from core.ids import OperationId, TaskId
from core.ports import Deliver
from sim.container import TaskContainer
from sim.facts import ContainerChanged, WorldFact
from sim.images import Image
from sim.local_images import LocalImages
from sim.loop import Loop
from sim.processes import Processes
from sim.programs.waits import KILLED

Order = PrepareTask | StartTask | StopTask | RemoveTask
Report = Callable[[OperationId, TaskId, Deliver | None, EngineReport], None]

ANSWER_NS = 200_000
"""A round trip to the engine that changes nothing."""
BY_ITSELF = OperationId(0)
"""The operation of what nobody ordered."""


class TaskContainers:
    """Those of one machine, by task, in order of creation; `report` answers orders and says what happens otherwise."""

    def __init__(
        self,
        loop: Loop,
        images: LocalImages,
        processes: Processes,
        tell: Callable[[WorldFact], None],
        report: Report,
    ) -> None:
        self._loop = loop
        self._images = images
        self._processes = processes
        self._tell = tell
        self._report = report
        self._containers: dict[TaskId, TaskContainer] = {}
        self._preparing: dict[TaskId, OperationId] = {}
        self._to_start: dict[TaskId, tuple[StartTask, Deliver]] = {}
        """Orders to start what is still being prepared."""
        self._life = 0
        self._perform: dict[type, Callable[..., None]] = {
            PrepareTask: self._prepare,
            StartTask: self._start,
            StopTask: self._stop,
            RemoveTask: self._remove,
        }

    # --- orders

    def perform(self, order: Order, deliver: Deliver) -> None:
        """Carry out an order on one task's container."""
        self._perform[type(order)](order, deliver)

    def _prepare(self, order: PrepareTask, deliver: Deliver) -> None:
        task = order.task
        if task.id in self._containers or task.id in self._preparing:
            self._answer_soon(order.operation_id, task.id, deliver)
            return
        image = self._images.find(task.spec.container.image)
        if image is None:
            reason = f"No such image: {task.spec.container.image}"
            self._report_after(ANSWER_NS, order.operation_id, task.id, deliver, _failed(reason))
            return
        self._preparing[task.id] = order.operation_id
        delay_ns = image.create_ns + self._images.wait_ns(image)
        self._loop.call_after(delay_ns, self._prepared, self._life, order, image, deliver)

    def _prepared(self, life: int, order: PrepareTask, image: Image, deliver: Deliver) -> None:
        task = order.task
        if life != self._life or self._preparing.get(task.id) != order.operation_id:
            return
        del self._preparing[task.id]
        self._images.add(image)
        container = TaskContainer(task, image, self._processes.new_id(), self._processes.new_log())
        container.created_at = self._loop.now
        container.mount(order.secrets, order.configs)
        self._containers[task.id] = container
        self._changed(container, ContainerPhase.PREPARED, order.operation_id, deliver)
        if task.id in self._to_start:
            self._start(*self._to_start.pop(task.id))

    def _start(self, order: StartTask, deliver: Deliver) -> None:
        container = self._containers.get(order.task_id)
        if order.task_id in self._preparing:
            self._to_start[order.task_id] = (order, deliver)
        elif container is None:
            report = _failed(f"No such container for task {order.task_id}")
            self._report_after(ANSWER_NS, order.operation_id, order.task_id, deliver, report)
        elif container.phase is not ContainerPhase.PREPARED or container.life:
            self._answer_soon(order.operation_id, order.task_id, deliver)
        else:
            container.life += 1
            delay_ns = container.image.start_ns
            self._loop.call_after(delay_ns, self._started, container, container.life, order.operation_id, deliver)

    def _started(self, container: TaskContainer, life: int, operation_id: OperationId, deliver: Deliver) -> None:
        if life != container.life:
            return
        phase = self._processes.begin(container)
        self._changed(container, phase, operation_id, deliver)
        self._processes.run(container, partial(self._exit, container, life))

    def _stop(self, order: StopTask, deliver: Deliver) -> None:
        container = self._containers.get(order.task_id)
        if container is None:
            self._call_off(order.task_id)
            report = EngineReport(ContainerPhase.EXITED)
            self._report_after(ANSWER_NS, order.operation_id, order.task_id, deliver, report)
        elif not container.running:
            container.life += 1
            container.phase = ContainerPhase.EXITED
            self._answer_soon(order.operation_id, order.task_id, deliver)
        else:
            delay_ns, code = self._processes.signal_stop(container, order.grace_ns)
            self._loop.call_after(
                delay_ns, self._exit, container, container.life, code, "", order.operation_id, deliver
            )

    def _call_off(self, task_id: TaskId) -> None:
        """What is being prepared is not wanted any more."""
        self._preparing.pop(task_id, None)
        self._to_start.pop(task_id, None)

    def _remove(self, order: RemoveTask, deliver: Deliver) -> None:
        self._call_off(order.task_id)
        container = self._containers.pop(order.task_id, None)
        if container is not None:
            self._processes.end(container, KILLED, "")
            container.wipe_secrets()
            self._tell_change(container, ContainerPhase.REMOVED, order.operation_id)
        report = EngineReport(ContainerPhase.REMOVED)
        self._report_after(ANSWER_NS, order.operation_id, order.task_id, deliver, report)

    # --- what happens to containers

    def _exit(
        self,
        container: TaskContainer,
        life: int,
        code: int,
        err: str = "",
        operation_id: OperationId = BY_ITSELF,
        deliver: Deliver | None = None,
    ) -> None:
        if life != container.life:
            if deliver is not None and container.task_id in self._containers:
                self._answer_soon(operation_id, container.task_id, deliver)
            return
        self._processes.end(container, code, err)
        failed = operation_id == BY_ITSELF and code != 0
        self._tell_change(container, ContainerPhase.EXITED, operation_id, failed=failed)
        self._report(operation_id, container.task_id, deliver, container.report())

    def exit(self, task_id: TaskId, code: int = 0) -> bool:
        """Fault: the process ends by itself with this code; False if it does not run."""
        container = self._containers.get(task_id)
        if container is None or not container.running:
            return False
        self._exit(container, container.life, code, "")
        return True

    def stop_by_hand(self, task_id: TaskId, grace_ns: int, *, interrupts: bool = False) -> int | None:
        """Somebody gives it the signal to stop, or that of Ctrl-C, whoever wants it to run.

        After how many nanoseconds it ends; None if it does not run.
        """
        container = self._containers.get(task_id)
        if container is None or not container.running:
            return None
        delay_ns, code = self._processes.signal_stop(container, grace_ns, interrupts=interrupts)
        self._loop.call_after(delay_ns, self._exit, container, container.life, code)
        return delay_ns

    def remove_by_hand(self, task_id: TaskId) -> None:
        """Somebody removes it with its files, whoever wants it to run; one that runs is killed first."""
        self.exit(task_id, KILLED)
        container = self._containers.pop(task_id, None)
        if container is not None:
            container.wipe_secrets()
            self._changed(container, ContainerPhase.REMOVED)

    def run_out_of_memory(self, task_id: TaskId) -> bool:
        """Fault: the kernel kills it for using more memory than its limit; False if it does not run."""
        container = self._containers.get(task_id)
        if container is None or not container.running:
            return False
        self._exit(container, container.life, KILLED, "container was killed: out of memory")
        return True

    def become_unhealthy(self, task_id: TaskId) -> bool:
        """Fault: its health check fails from now on, and it answers with errors; False if it does not run.

        Without a health check, that is known at once, as if the engine had seen it.
        """
        container = self._containers.get(task_id)
        if container is None or not container.running:
            return False
        self._processes.probes.falls_ill(container)
        if not container.has_health_check:
            self._changed(container, ContainerPhase.UNHEALTHY)
        return True

    def power_lost(self, code: int) -> None:
        """All end so, without their secrets; what was under way is forgotten."""
        self._life += 1
        self._preparing.clear()
        self._to_start.clear()
        for container in self._containers.values():
            was_running = container.running
            self._processes.end(container, code, "")
            container.wipe_secrets()
            if was_running:
                self._tell_change(container, ContainerPhase.EXITED, BY_ITSELF)

    def probed(self, container: TaskContainer, phase: ContainerPhase) -> None:
        """Its health check has found it so."""
        self._changed(container, phase)

    # --- looking at it

    @property
    def containers(self) -> tuple[TaskContainer, ...]:
        """In order of creation."""
        return tuple(self._containers.values())

    def container(self, task_id: TaskId) -> TaskContainer | None:
        """The container of a task, if there is one."""
        return self._containers.get(task_id)

    def container_at(self, network_id: str, address: str) -> TaskContainer | None:
        """Whose process answers to this address on this network."""
        for container in self._containers.values():
            if container.running and container.addresses.get(network_id) == address:  # type: ignore[call-overload]
                return container
        return None

    # --- reports

    def _changed(
        self,
        container: TaskContainer,
        phase: ContainerPhase,
        operation_id: OperationId = BY_ITSELF,
        deliver: Deliver | None = None,
    ) -> None:
        container.phase = phase
        self._tell_change(container, phase, operation_id)
        self._report(operation_id, container.task_id, deliver, container.report())

    def _tell_change(
        self, container: TaskContainer, phase: ContainerPhase, operation_id: OperationId, *, failed: bool = False
    ) -> None:
        name = container.task.service_name
        self._tell(ContainerChanged(container.task_id, name, phase, operation_id, container.err, failed))

    def _answer_soon(self, operation_id: OperationId, task_id: TaskId, deliver: Deliver) -> None:
        """An order that finds its work done is answered with how things are by then."""
        self._loop.call_after(ANSWER_NS, self._answer, self._life, operation_id, task_id, deliver)

    def _answer(self, life: int, operation_id: OperationId, task_id: TaskId, deliver: Deliver) -> None:
        container = self._containers.get(task_id)
        if life == self._life and container is not None:
            self._report(operation_id, task_id, deliver, container.report())

    def _report_after(
        self, delay_ns: int, operation_id: OperationId, task_id: TaskId, deliver: Deliver, report: EngineReport
    ) -> None:
        life = self._life

        def report_if_powered() -> None:
            if life == self._life:
                self._report(operation_id, task_id, deliver, report)

        self._loop.call_after(delay_ns, report_if_powered)


def _failed(reason: str) -> EngineReport:
    return EngineReport(ContainerPhase.FAILED, err=reason)
