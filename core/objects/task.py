"""Tasks: one attempt to run one container on one node."""

from enum import Enum, IntEnum

from msgspec import Struct

from core.ids import ConfigId, NetworkId, NodeId, SecretId, ServiceId, TaskId
from core.objects.endpoint import EndpointSpec
from core.objects.network import NetworkAttachment
from core.objects.port import PortConfig
from core.objects.resources import Platform, Resources
from core.timing import SECOND


class TaskState(IntEnum):
    """Task states in the order in which a task passes them; they never go back (swarmkit `TaskState`)."""

    NEW = 0
    PENDING = 64
    ASSIGNED = 192
    ACCEPTED = 256
    PREPARING = 320
    READY = 384
    STARTING = 448
    RUNNING = 512
    COMPLETE = 576
    SHUTDOWN = 640
    FAILED = 704
    REJECTED = 768
    REMOVE = 800
    """Only ever desired."""
    ORPHANED = 832


class RestartCondition(Enum):
    """After which ends a task is restarted."""

    NONE = "none"
    ON_FAILURE = "on-failure"
    ANY = "any"


class RestartPolicy(Struct, frozen=True, gc=False):
    """`max_attempts` 0 = no limit; `window_ns` 0 = attempts count for ever."""

    condition: RestartCondition = RestartCondition.ANY
    delay_ns: int = 5 * SECOND
    max_attempts: int = 0
    window_ns: int = 0


class Placement(Struct, frozen=True, gc=False):
    """Where a task may run. Constraints as written, such as `node.labels.zone == a`."""

    constraints: tuple[str, ...] = ()
    preferences: tuple[str, ...] = ()
    """Spread descriptors in order of weight, such as `node.labels.rack`."""
    max_replicas: int = 0
    """Most tasks of the service on one node; 0 = no limit."""
    platforms: tuple[Platform, ...] = ()


class HealthCheck(Struct, frozen=True, gc=False):
    """A container's health probe. An empty `test` inherits the image's; ("NONE",) disables it."""

    test: tuple[str, ...] = ()
    interval_ns: int = 30 * SECOND
    timeout_ns: int = 30 * SECOND
    start_period_ns: int = 0
    start_interval_ns: int = 5 * SECOND
    retries: int = 3


class FileTarget(Struct, frozen=True, gc=False):
    """Where a secret or config appears in the container; `mode` as permission bits."""

    name: str
    uid: str = "0"
    gid: str = "0"
    mode: int = 0o444


class SecretReference(Struct, frozen=True, gc=False):
    """A secret that a container may read, at /run/secrets/`file.name` unless that is absolute."""

    secret_id: SecretId
    secret_name: str
    file: FileTarget


class ConfigReference(Struct, frozen=True, gc=False):
    """A config that a container may read."""

    config_id: ConfigId
    config_name: str
    file: FileTarget


class Mount(Struct, frozen=True, gc=False):
    """A mount of kind `bind`, `volume`, `tmpfs`, `image` or `npipe`."""

    kind: str
    target: str
    source: str = ""
    read_only: bool = False
    options: dict[str, str] = {}
    unsupported: str = ""
    """What Docker knows of it and has no effect here, kept to be shown as it was sent (`core.codec.docker`)."""


class Ulimit(Struct, frozen=True, gc=False):
    """A resource limit of the container's processes."""

    name: str
    soft: int
    hard: int


class ContainerSpec(Struct, frozen=True, gc=False):
    """What runs: Docker's `ContainerSpec` in Docker's order."""

    image: str
    labels: dict[str, str] = {}
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    hostname: str = ""
    env: tuple[str, ...] = ()
    dir: str = ""
    user: str = ""
    groups: tuple[str, ...] = ()
    init: bool | None = None
    stop_signal: str = ""
    tty: bool = False
    open_stdin: bool = False
    read_only: bool = False
    mounts: tuple[Mount, ...] = ()
    stop_grace_period_ns: int = 10 * SECOND
    health: HealthCheck | None = None
    hosts: tuple[str, ...] = ()
    dns_nameservers: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    secrets: tuple[SecretReference, ...] = ()
    configs: tuple[ConfigReference, ...] = ()
    isolation: str = ""
    sysctls: dict[str, str] = {}
    capability_add: tuple[str, ...] = ()
    capability_drop: tuple[str, ...] = ()
    ulimits: tuple[Ulimit, ...] = ()
    oom_score_adj: int = 0
    credential_spec: dict[str, str] = {}
    unsupported: str = ""
    """What Docker knows of it and has no effect here, kept to be shown as it was sent (`core.codec.docker`)."""


class LogDriver(Struct, frozen=True, gc=False):
    """Where a container's output goes."""

    name: str = ""
    options: dict[str, str] = {}


class NetworkTarget(Struct, frozen=True, gc=False):
    """A network a task is to be attached to, and the further names it has there."""

    network_id: NetworkId
    aliases: tuple[str, ...] = ()
    driver_options: dict[str, str] = {}


class TaskSpec(Struct, frozen=True, gc=False):
    """The template from which a service's tasks are made."""

    container: ContainerSpec
    reservations: Resources = Resources()
    limits: Resources = Resources()
    restart: RestartPolicy = RestartPolicy()
    placement: Placement = Placement()
    networks: tuple[NetworkTarget, ...] = ()
    log_driver: LogDriver | None = None
    force_update: int = 0
    unsupported: str = ""
    """What Docker knows of it and has no effect here, kept to be shown as it was sent (`core.codec.docker`)."""

    def aliases_on(self, network_id: NetworkId) -> tuple[str, ...]:
        """The further names that a task has on a network, by all that the template says of that network."""
        return tuple(alias for target in self.networks if target.network_id == network_id for alias in target.aliases)


class ContainerStatus(Struct, frozen=True, gc=False):
    """What the engine reports of the container. `exit_code` is None while it runs.

    `ports` are those it has opened on its node, with their numbers: also of the ones that asked for any.
    """

    container_id: str = ""
    pid: int = 0
    exit_code: int | None = None
    ports: tuple[PortConfig, ...] = ()


class TaskStatus(Struct, frozen=True, gc=False):
    """Observed state; `timestamp` in wall-clock nanoseconds, `err` says why a task failed or is still pending."""

    state: TaskState = TaskState.NEW
    timestamp: int = 0
    message: str = "created"
    err: str = ""
    container: ContainerStatus | None = None
    ran_at: int = 0
    """When it began to run, as its host's wall clock said, in nanoseconds; 0: it never did, or not yet."""


def ran_for_ns(status: TaskStatus) -> int:
    """How long a task that has ended had run, as its host counted it: 0 if it never did."""
    return max(status.timestamp - status.ran_at, 0) if status.ran_at else 0


class Task(Struct, frozen=True, gc=False, tag="task"):
    """`slot` is 0 for tasks of global services; `node_id` is empty until the scheduler has chosen."""

    id: TaskId
    service_id: ServiceId
    slot: int
    spec: TaskSpec
    spec_version: int
    """The service's `spec_version` this task was made from."""
    node_id: NodeId = NodeId("")
    service_name: str = ""
    service_labels: dict[str, str] = {}
    desired_state: TaskState = TaskState.RUNNING
    status: TaskStatus = TaskStatus()
    attachments: tuple[NetworkAttachment, ...] = ()
    endpoint: EndpointSpec = EndpointSpec()
    """The service's when this task was made; the host-mode ports of it are opened on the task's own node."""
    job_iteration: int | None = None
    """Of which execution of its job it is a part; None: it is no job's, and runs until it is stopped."""
    by_update: bool = False
    """Made by a rolling update, which goes on to watch whether it starts and runs on."""
    drain_grace_ns: int | None = None
    """How long it has for the connections it has, once it takes no new ones, before it is told to stop.

    As its service's label said when it was made; None is the timing profile's."""
    fence_ns: int | None = None
    """How long it may run on while no leader is known to know of its host (`core.objects.fence`)."""
    failures_in_a_row: int = 0
    """Of the tasks before it, where its service asked for ever slower restarts (`core.manager.restart.policy`)."""
    version: int = 0
    created_at: int = 0
    updated_at: int = 0


def is_wanted(task: Task) -> bool:
    """Whether it is to run, to run to its end, or to get ready for it."""
    return task.desired_state <= TaskState.COMPLETE
