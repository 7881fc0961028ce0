"""Services: the declared state that orchestrators turn into tasks."""

from enum import Enum

from msgspec import Struct

from core.ids import NetworkId, ServiceId
from core.objects.endpoint import EndpointMode as EndpointMode
from core.objects.endpoint import EndpointSpec as EndpointSpec
from core.objects.port import PortConfig as PortConfig
from core.objects.port import Protocol as Protocol
from core.objects.port import PublishMode as PublishMode
from core.objects.task import TaskSpec
from core.timing import SECOND


class Replicated(Struct, frozen=True, gc=False, tag="replicated"):
    """A number of interchangeable tasks in slots 1..replicas."""

    replicas: int = 1


class Global(Struct, frozen=True, gc=False, tag="global"):
    """One task on every node that satisfies the constraints."""


class ReplicatedJob(Struct, frozen=True, gc=False, tag="replicated-job"):
    """Tasks that run to completion, `max_concurrent` at a time."""

    max_concurrent: int = 1
    total_completions: int = 1


class GlobalJob(Struct, frozen=True, gc=False, tag="global-job"):
    """One task that runs to completion on every eligible node."""


ServiceMode = Replicated | Global | ReplicatedJob | GlobalJob


def is_job(mode: ServiceMode) -> bool:
    """Whether its tasks run to completion."""
    return isinstance(mode, ReplicatedJob | GlobalJob)


class FailureAction(Enum):
    """What an update does once too many of its tasks have failed."""

    PAUSE = "pause"
    CONTINUE = "continue"
    ROLLBACK = "rollback"


class UpdateOrder(Enum):
    """Whether the old task of a slot stops before the new one starts, or after."""

    STOP_FIRST = "stop-first"
    START_FIRST = "start-first"


class UpdateConfig(Struct, frozen=True, gc=False):
    """Settings of a rolling update or rollback; `parallelism` 0 means all slots at once."""

    parallelism: int = 1
    delay_ns: int = 0
    failure_action: FailureAction = FailureAction.PAUSE
    monitor_ns: int = 5 * SECOND
    max_failure_ratio: float = 0.0
    order: UpdateOrder = UpdateOrder.STOP_FIRST


class VirtualIP(Struct, frozen=True, gc=False):
    """A service's virtual address on one network, with prefix length, as CIDR."""

    network_id: NetworkId
    address: str


class Endpoint(Struct, frozen=True, gc=False):
    """What the allocator gave a service: the spec it worked from, the ports and the virtual addresses."""

    spec: EndpointSpec = EndpointSpec()
    ports: tuple[PortConfig, ...] = ()
    virtual_ips: tuple[VirtualIP, ...] = ()


class UpdateState(Enum):
    """Where the update or rollback of a service stands."""

    UPDATING = "updating"
    PAUSED = "paused"
    COMPLETED = "completed"
    ROLLBACK_STARTED = "rollback_started"
    ROLLBACK_PAUSED = "rollback_paused"
    ROLLBACK_COMPLETED = "rollback_completed"


class UpdateStatus(Struct, frozen=True, gc=False):
    """Progress of the last update; times are wall-clock nanoseconds, 0 = not yet."""

    state: UpdateState
    started_at: int = 0
    completed_at: int = 0
    message: str = ""
    slot_count: int = 0
    """How many slots were to be updated when it began: what the failure ratio is a ratio of."""
    failure_count: int = 0
    """How many of its tasks did not start, or ended while they were watched."""
    spec_version: int = 0
    """The service's when it began: a later one that lets it go on makes the same tasks. 0: not known yet."""


class JobStatus(Struct, frozen=True, gc=False):
    """Which execution of a job is the current one (each update begins another), and since when by wall clock."""

    iteration: int = 0
    last_execution: int = 0


class ServiceSpec(Struct, frozen=True, gc=False):
    """What a user declares."""

    name: str
    task: TaskSpec
    labels: dict[str, str] = {}
    mode: ServiceMode = Replicated()
    update: UpdateConfig = UpdateConfig()
    rollback: UpdateConfig = UpdateConfig()
    endpoint: EndpointSpec = EndpointSpec()


class Service(Struct, frozen=True, gc=False, tag="service"):
    """`spec_version` is the log index of the last change of `spec`; `version` that of any write."""

    id: ServiceId
    spec: ServiceSpec
    spec_version: int = 0
    previous_spec: ServiceSpec | None = None
    endpoint: Endpoint = Endpoint()
    update_status: UpdateStatus | None = None
    job: JobStatus | None = None
    """None: it is no job."""
    version: int = 0
    created_at: int = 0
    updated_at: int = 0
