"""One container: a process that stands in for its image's program, its addresses and its file system."""

from msgspec import Struct

from core.events import ContainerPhase, EngineReport
from core.ids import NetworkId, TaskId
from core.objects.config import Config
from core.objects.port import PortConfig
from core.objects.secret import Secret
from core.objects.task import ContainerSpec, ContainerStatus, FileTarget, Task
from sim.container_log import ContainerLog
from sim.images import Image
from sim.programs.process import Process

_RUNNING = (ContainerPhase.STARTED, ContainerPhase.HEALTHY, ContainerPhase.UNHEALTHY)


class Probing(Struct, gc=False):
    """Where the health check of one life of a container stands."""

    life: int
    started_at: int
    last_ended_at: int
    failing_streak: int = 0
    was_good: bool = False
    resting: bool = False
    """No probe is due until it falls ill."""
    test: tuple[str, ...] = ()
    """The command line that each probe runs; empty where the image stands in for that."""


class Container:
    """Anybody's. `life` counts starts and ends, so that what was due to an earlier life is known for that.

    `name` is what it calls itself to those who ask it; `asked_ports` are the ports of its machine that it is to have.
    """

    __slots__ = (
        "_secret_paths",
        "addresses",
        "asked_ports",
        "began_at",
        "created_at",
        "ended_at",
        "err",
        "execs",
        "exit_code",
        "files",
        "id",
        "ill",
        "image",
        "life",
        "listening",
        "log",
        "main",
        "memory_bytes",
        "name",
        "phase",
        "pid",
        "ports",
        "probing",
        "served_count",
        "spec",
    )

    def __init__(
        self,
        spec: ContainerSpec,
        image: Image,
        container_id: str,
        name: str,
        addresses: dict[NetworkId, str],
        asked_ports: tuple[PortConfig, ...],
        log: ContainerLog | None = None,
    ) -> None:
        self.id = container_id
        self.spec = spec
        self.image = image
        self.name = name
        self.asked_ports = asked_ports
        self.log = log
        """What it writes, if that is kept."""
        self.main: Process | None = None
        """Its own command, if it is one that is really run."""
        self.execs: tuple[Process, ...] = ()
        self.phase = ContainerPhase.PREPARED
        self.listening = False
        """From the start of the process until its stop signal: whether it takes new connections."""
        self.exit_code: int | None = None
        self.err = ""
        self.pid = 0
        self.created_at = self.began_at = self.ended_at = 0
        """World times of its making, and of the last beginning and end of its process; 0 = not yet."""
        self.life = 0
        self.ill = False
        """It answers with errors, and every probe of its health fails."""
        self.probing: Probing | None = None
        """Where its health check stands, if it declares one and was started."""
        self.memory_bytes = image.memory_bytes
        self.served_count = 0
        self.addresses = addresses
        """Without prefix; answered to while the process runs."""
        self.ports: tuple[PortConfig, ...] = ()
        """Those it has opened on its machine, while the process runs."""
        self.files: dict[str, bytes] = {}
        self._secret_paths: list[str] = []

    @property
    def service_name(self) -> str:
        """Of the service that it is of, or its own name if of none."""
        return self.name

    @property
    def memory_limit_bytes(self) -> int:
        """0 = no limit."""
        return 0

    @property
    def hostname(self) -> str:
        """What it takes its machine's name to be."""
        return self.spec.hostname or self.id[:12]

    @property
    def argv(self) -> tuple[str, ...]:
        """Its command line; empty for the image's own program."""
        if self.spec.command:
            return self.spec.command + self.spec.args
        return self.image.entrypoint + (self.spec.args or self.image.command)

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.phase in _RUNNING

    @property
    def healthy(self) -> bool:
        """Whether it lives, is not ill, and was found healthy if it declares a health check."""
        return self.phase is ContainerPhase.HEALTHY and not self.ill

    @property
    def networks(self) -> tuple[NetworkId, ...]:
        """In the order in which names are looked up."""
        return tuple(self.addresses)

    @property
    def has_health_check(self) -> bool:
        """Whether its spec declares one."""
        health = self.spec.health
        return health is not None and health.test != ("NONE",)

    def mount(self, secrets: tuple[Secret, ...], configs: tuple[Config, ...]) -> None:
        """Put the files in place that the spec names, from those that came with the order."""
        secret_data = {secret.id: secret.spec.data for secret in secrets}
        config_data = {config.id: config.spec.data for config in configs}
        spec = self.spec
        for secret in spec.secrets:
            if secret.secret_id in secret_data:
                path = _path("/run/secrets/", secret.file)
                self.files[path] = secret_data[secret.secret_id]
                self._secret_paths.append(path)
        for config in spec.configs:
            if config.config_id in config_data:
                self.files[_path("/", config.file)] = config_data[config.config_id]

    def wipe_secrets(self) -> None:
        """The memory file system with the secrets is gone."""
        for path in self._secret_paths:
            self.files.pop(path, None)
        self._secret_paths.clear()

    @property
    def secret_names(self) -> tuple[str, ...]:
        """Files it can read under /run/secrets, or wherever its secrets are mounted."""
        return tuple(path.removeprefix("/run/secrets/") for path in self._secret_paths)

    def report(self) -> EngineReport:
        """This container as the engine sees it."""
        return EngineReport(self.phase, ContainerStatus(self.id, self.pid, self.exit_code, self.ports), self.err)


class TaskContainer(Container):
    """The container of a task."""

    __slots__ = ("task",)

    def __init__(self, task: Task, image: Image, container_id: str, log: ContainerLog | None = None) -> None:
        addresses = {attachment.network_id: attachment.address.partition("/")[0] for attachment in task.attachments}
        spec, name = task.spec.container, f"{task.service_name}.{task.slot or task.node_id}"
        super().__init__(spec, image, container_id, name, addresses, task.endpoint.host_ports, log)
        self.task = task

    @property
    def task_id(self) -> TaskId:
        return self.task.id

    @property
    def service_name(self) -> str:
        return self.task.service_name

    @property
    def memory_limit_bytes(self) -> int:
        return self.task.spec.limits.memory_bytes


def _path(directory: str, file: FileTarget) -> str:
    return file.name if file.name.startswith("/") else directory + file.name
