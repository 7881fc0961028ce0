"""A machine's container engine: carries out orders on tasks' containers, and reports on them to the machine's daemon.

Orders are answered through the callback they came with. If the daemon that gave an order has died meanwhile, the engine
goes on, and whoever is connected then hears of it as of something that happened by itself. While the engine is down
orders wait for it.
"""

from collections.abc import Callable
from random import Random
from typing import Final

from core.events import ContainerPhase, EngineDown, EngineInventory, EngineReport, EngineUp, TaskReported
from core.ids import OperationId, TaskId
from core.objects.port import Protocol
from core.ports import Deliver
from sim.container import Container, TaskContainer
from sim.facts import WorldFact
from sim.images import Catalogue
from sim.local_images import LocalImages
from sim.loop import Loop
from sim.plain_containers import PlainContainers
from sim.processes import Processes
from sim.programs.programs import Programs
from sim.task_containers import BY_ITSELF, Order, TaskContainers

LOST_POWER: Final = 255
"""The exit code that is put down for a container found dead at boot."""


class Engine:
    """Implements `core.ports.Engine` and lends itself to faults."""

    def __init__(
        self,
        loop: Loop,
        images: Catalogue,
        rng: Random,
        tell: Callable[[WorldFact], None],
        programs: Programs,
        keeps_logs: bool = False,
    ) -> None:
        self.images = LocalImages(images)
        self._listener: Deliver | None = None
        self._down_reason = ""
        self._postponed: list[tuple[Order, Deliver]] = []
        self._processes = Processes(loop, rng, programs, self._probed, keeps_logs)
        self.tasks = TaskContainers(loop, self.images, self._processes, tell, self._report)
        """Those of tasks, which the daemon orders and hears of."""
        self.plain = PlainContainers(loop, self.images, self._processes)
        """Those that are no task's, of which no daemon hears."""

    # --- the port

    def perform(self, effect: Order, deliver: Deliver) -> None:
        """Carry out an order on one task's container."""
        if self._down_reason:
            self._postponed.append((effect, deliver))
        else:
            self.tasks.perform(effect, deliver)

    def connect(self, listener: Deliver) -> None:
        """A daemon begins to listen: it hears at once what there is, then whatever happens."""
        self._listener = listener
        if self._down_reason:
            listener(EngineDown(self._down_reason))
        else:
            listener(EngineUp())
            listener(self.inventory())

    def disconnect(self) -> None:
        """The daemon is gone."""
        self._listener = None

    def inventory(self) -> EngineInventory:
        """Every task's container there is, in order of creation."""
        return EngineInventory(tuple((found.task_id, found.report()) for found in self.tasks.containers))

    def _report(
        self, operation_id: OperationId, task_id: TaskId, deliver: Deliver | None, report: EngineReport
    ) -> None:
        if deliver is not None and deliver == self._listener:
            deliver(TaskReported(task_id, operation_id, report))
        elif self._listener is not None:
            self._listener(TaskReported(task_id, BY_ITSELF, report))

    # --- what happens to it

    def power_lost(self) -> None:
        """Every container ends; what is left of them is found at the next boot, without their secrets."""
        self._postponed.clear()
        self._listener = None
        self.tasks.power_lost(LOST_POWER)
        self.plain.power_lost(LOST_POWER)

    def go_down(self, reason: str) -> None:
        """Fault: the engine does not answer; its containers live on."""
        self._down_reason = reason
        if self._listener is not None:
            self._listener(EngineDown(reason))

    def come_up(self) -> None:
        """It answers again, and does first what it was asked meanwhile."""
        if not self._down_reason:
            return
        self._down_reason = ""
        postponed, self._postponed = self._postponed, []
        for order, deliver in postponed:
            self.perform(order, deliver)
        if self._listener is not None:
            self.connect(self._listener)

    def _probed(self, container: Container, phase: ContainerPhase) -> None:
        if isinstance(container, TaskContainer):
            self.tasks.probed(container, phase)
        else:
            self.plain.probed(container, phase)

    def served(self, container: Container) -> None:
        """One request was answered: what that leaks may be too much."""
        container.served_count += 1
        container.memory_bytes += container.image.memory_per_request_bytes
        limit = container.memory_limit_bytes
        if limit and container.memory_bytes > limit and isinstance(container, TaskContainer):
            self.tasks.run_out_of_memory(container.task_id)

    # --- looking at it

    @property
    def down_reason(self) -> str:
        """Why it does not answer; empty if it does."""
        return self._down_reason

    def publisher(self, port: int, protocol: Protocol) -> tuple[Container, int] | None:
        """Whose process has this port of the machine for itself (host mode), and its own port behind it."""
        return self._processes.publisher(port, protocol)
