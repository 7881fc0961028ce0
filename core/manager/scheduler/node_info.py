"""What the scheduler knows of a node: what it offers, what is taken, and how often tasks failed on it of late."""

from collections import deque
from typing import Final, TypeVar

from msgspec import Struct

from core.ids import ServiceId, TaskId
from core.objects.node import Availability, Node, NodeState
from core.objects.port import Protocol
from core.objects.task import Task, TaskState, is_wanted
from core.timing import SECOND

MAX_FAILURES: Final = 5
"""From this many recent failures of a service version on a node, fewer failures come before anything else."""
FAILURE_WINDOW_NS: Final = 300 * SECOND
"""How long a failure counts (swarmkit `monitorFailures`)."""

HostPort = tuple[Protocol, int]
K = TypeVar("K")
ServiceVersion = tuple[ServiceId, int]


def occupies(task: Task) -> bool:
    """Whether a task takes up room on its node: assigned, and not known to have stopped."""
    return TaskState.ASSIGNED <= task.status.state <= TaskState.RUNNING


class Load(Struct, frozen=True, gc=False):
    """What one task takes up on its node; `active` if it is there to stay."""

    service_id: ServiceId
    nano_cpus: int
    memory_bytes: int
    host_ports: tuple[HostPort, ...]
    active: bool


def load_of(task: Task) -> Load:
    """What a task takes up wherever it is."""
    ports = tuple((port.protocol, port.published_port) for port in task.endpoint.host_ports if port.published_port)
    reserved = task.spec.reservations
    return Load(task.service_id, reserved.nano_cpus, reserved.memory_bytes, ports, is_wanted(task))


class NodeInfo:
    """One node and the loads on it, kept by adding and taking away."""

    __slots__ = (
        "active_by_service",
        "active_count",
        "failures",
        "free_memory_bytes",
        "free_nano_cpus",
        "host_ports",
        "loads",
        "node",
        "ready",
    )

    def __init__(self, node: Node) -> None:
        self.node = node
        self.ready = False
        self.free_nano_cpus = 0
        self.free_memory_bytes = 0
        self.active_count = 0
        self.active_by_service: dict[ServiceId, int] = {}
        self.host_ports: dict[HostPort, int] = {}
        self.loads: dict[TaskId, Load] = {}
        self.failures: dict[ServiceVersion, deque[int]] = {}
        self.free_nano_cpus = node.description.resources.nano_cpus
        self.free_memory_bytes = node.description.resources.memory_bytes
        self._judge()

    def set_node(self, node: Node) -> None:
        """The node's own record changed."""
        before, after = self.node.description.resources, node.description.resources
        self.free_nano_cpus += after.nano_cpus - before.nano_cpus
        self.free_memory_bytes += after.memory_bytes - before.memory_bytes
        self.node = node
        self._judge()

    def _judge(self) -> None:
        up = self.node.status.state is NodeState.READY
        self.ready = up and self.node.spec.availability is Availability.ACTIVE

    def set_load(self, task_id: TaskId, load: Load | None) -> None:
        """What this task takes up here from now on; None = nothing."""
        before = self.loads.pop(task_id, None)
        if before is not None:
            self._account(before, -1)
        if load is not None:
            self.loads[task_id] = load
            self._account(load, 1)

    def _account(self, load: Load, sign: int) -> None:
        self.free_nano_cpus -= sign * load.nano_cpus
        self.free_memory_bytes -= sign * load.memory_bytes
        if load.active:
            self.active_count += sign
            _add(self.active_by_service, load.service_id, sign)
        for port in load.host_ports:
            _add(self.host_ports, port, sign)

    def add_failure(self, now: int, service: ServiceVersion) -> None:
        """A task of this service version has failed here."""
        self.failures.setdefault(service, deque(maxlen=4 * MAX_FAILURES)).append(now)

    def failure_rank(self, now: int, service: ServiceVersion) -> int:
        """Recent failures if they are many enough to count, else 0."""
        times = self.failures.get(service)
        if times is None:
            return 0
        while times and times[0] <= now - FAILURE_WINDOW_NS:
            times.popleft()
        if not times:
            del self.failures[service]
        return len(times) if len(times) >= MAX_FAILURES else 0

    def failures_until(self, service: ServiceVersion) -> int:
        """When the first of the failures that there are is forgotten."""
        return self.failures[service][0] + FAILURE_WINDOW_NS


def _add(counts: dict[K, int], key: K, amount: int) -> None:
    count = counts.get(key, 0) + amount
    if count:
        counts[key] = count
    else:
        del counts[key]
