"""What the API needs of one host's container engine: a small port, which a simulated or a real engine fills.

Nothing here blocks. An order is answered through the callback that came with it, once: with what it was for, or with an
`EngineError`. What cannot be begun at all raises that error instead, and so does looking at an engine that does not
answer. Times are wall-clock nanoseconds since the epoch, as the host takes them; 0 is never.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Protocol, TypeAlias, TypeVar

from msgspec import Struct

from core.ids import NetworkId, TaskId
from core.objects.port import PortConfig
from core.objects.task import ContainerSpec
from swarmsim.world import World

Content = TypeVar("Content")


class Trouble(Enum):
    """Why an engine does not do something."""

    INVALID = "invalid"
    """It makes no sense."""
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    """Not as things are."""
    FAILED = "failed"
    """It tried, or does not answer."""
    UNSUPPORTED = "unsupported"
    """This engine cannot do that at all."""


class EngineError(Exception):
    """Says what is wrong, and what to do about it where that is known."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.message = message


Told: TypeAlias = Callable[[Content | EngineError], None]
"""Called once with the answer to an order."""
Undo: TypeAlias = Callable[[], None]
"""Ends what it was returned for; a second call does nothing."""


class Output(Enum):
    """Where a process writes."""

    STDOUT = "stdout"
    STDERR = "stderr"


OutputTaker: TypeAlias = Callable[[Output, bytes], None]


class Session(Protocol):
    """Somebody who is connected to a process: hears what it writes, and may say something to it."""

    def feed(self, data: bytes) -> None:
        """So much more of its input; lost on one that reads none."""

    def end_input(self) -> None:
        """There will be no more of it."""

    def leave(self) -> None:
        """They are there no more; the process goes on."""


class OutputLine(Struct, frozen=True, gc=False):
    """One line, without its end if it is `whole`; else a piece of one, after which its rest may come."""

    at: int
    output: Output
    data: bytes
    whole: bool = True


LineTaker: TypeAlias = Callable[[OutputLine | None], None]
"""Told lines in order; None: there will be no more."""


class Broken(Struct, frozen=True, gc=False):
    """There may be more, but nobody can be asked for it; says why."""

    reason: str


RemoteTaker: TypeAlias = Callable[[OutputLine | Broken | None], None]
"""Told lines in order, and in the end None, that it is broken, or both."""


class LogWish(Struct, frozen=True, gc=False):
    """Which lines: of these outputs, from `since` to `until`, of those that are there the last `tail` (None: all)."""

    stdout: bool = True
    stderr: bool = True
    since: int | None = None
    until: int | None = None
    tail: int | None = None
    follow: bool = False
    """Also those that are yet to come, until the container ends."""


class Status(Enum):
    """Where a container's process stands."""

    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"


class Health(Enum):
    """What a declared health check has found so far."""

    NONE = "none"
    """There is none."""
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class ContainerState(Struct, frozen=True, gc=False):
    """`exit_code` and `pid` are 0 where there is none."""

    status: Status
    pid: int = 0
    exit_code: int = 0
    error: str = ""
    out_of_memory: bool = False
    started_at: int = 0
    finished_at: int = 0
    health: Health = Health.NONE
    failing_streak: int = 0

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.status is Status.RUNNING


class Attachment(Struct, frozen=True, gc=False):
    """A container on a network; the address with its prefix length, as CIDR."""

    network_id: NetworkId
    network_name: str
    address: str
    aliases: tuple[str, ...] = ()


class EngineContainer(Struct, frozen=True, kw_only=True):
    """One container at one instant. `name` has no slash before it."""

    id: str
    name: str
    created_at: int
    spec: ContainerSpec
    image_id: str
    argv: tuple[str, ...]
    """What really runs: the image's own words where the spec has none."""
    environment: tuple[str, ...]
    hostname: str
    labels: Mapping[str, str]
    """Those of the spec, and for a task's what tells which it is."""
    state: ContainerState
    asked_ports: tuple[PortConfig, ...] = ()
    ports: tuple[PortConfig, ...] = ()
    """Those of its host that it has opened."""
    attachments: tuple[Attachment, ...] = ()
    memory_limit_bytes: int = 0
    task_id: TaskId | None = None
    auto_remove: bool = False


class Wanted(Struct, frozen=True, kw_only=True):
    """A container that is to be made; an empty name leaves it to the engine."""

    spec: ContainerSpec
    name: str = ""
    ports: tuple[PortConfig, ...] = ()
    auto_remove: bool = False
    """It is removed when it has ended."""


class EngineImage(Struct, frozen=True, gc=False):
    """An image that is there. `reference` has a tag and no digest."""

    id: str
    reference: str
    digest: str
    created_at: int
    size_bytes: int
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()


class Remote(Struct, frozen=True, gc=False):
    """What a registry says of an image."""

    digest: str
    size_bytes: int


class Action(Enum):
    """What happens to containers, in Docker's words."""

    CREATE = "create"
    START = "start"
    KILL = "kill"
    DIE = "die"
    STOP = "stop"
    DESTROY = "destroy"
    HEALTHY = "health_status: healthy"
    UNHEALTHY = "health_status: unhealthy"


class ContainerEvent(Struct, frozen=True):
    """Something has happened to this container, which is as it is by then."""

    action: Action
    container: EngineContainer
    details: Mapping[str, str] = {}
    """Such as `exitCode`, `signal`."""


class ContainerEngine(Protocol):
    """Of one host. Containers are named by their whole ids, images by anything that means one."""

    # --- containers

    def containers(self) -> tuple[EngineContainer, ...]:
        """All of them, tasks' and others, in order of creation."""

    def container(self, container_id: str) -> EngineContainer:
        """One of them."""

    def create(self, wanted: Wanted, told: Told[str]) -> None:
        """Make a container of an image that is there; its id."""

    def start(self, container_id: str, told: Told[None]) -> None:
        """Run it; nothing happens to one that runs."""

    def stop(self, container_id: str, grace_ns: int | None, told: Told[None]) -> None:
        """Give it the signal to stop, and kill it after the grace period (None: its own)."""

    def kill(self, container_id: str, signal: str) -> None:
        """Send it a signal, such as `SIGTERM`."""

    def remove(self, container_id: str, force: bool) -> None:
        """With its files; one that runs only by force."""

    def watch(self, listener: Callable[[ContainerEvent], None]) -> Undo:
        """Have all that happens to containers told from now on."""

    # --- what they write, and what is run beside them

    def logs(self, container_id: str, wish: LogWish, taker: LineTaker) -> Undo:
        """What it has written, in its last lives too; `taker` may be called before this returns."""

    def attach(self, container_id: str, taker: OutputTaker, *, stdin: bool) -> Session:
        """Hear everything it writes from now on, as it comes; with `stdin`, be heard by it."""

    def run(
        self,
        container_id: str,
        argv: tuple[str, ...],
        variables: tuple[str, ...],
        taker: OutputTaker,
        ended: Callable[[int], None],
        *,
        stdin: bool,
        tty: bool,
    ) -> Session:
        """Run a command in a container that runs, with further variables; `ended` is told its exit code, once."""

    # --- images

    def images(self) -> tuple[EngineImage, ...]:
        """All that are there."""

    def image(self, reference: str) -> EngineImage | None:
        """The one that is called so: by name, digest or the beginning of its id."""

    def pull(self, reference: str, told: Told[EngineImage]) -> None:
        """Have it there."""

    def remove_image(self, reference: str) -> None:
        """It is there no more; a container that was made of it stays."""

    def remote(self, reference: str) -> Remote:
        """What the registry says of it."""


class EngineWorld(World, Protocol):
    """A world whose hosts' engines can be worked with."""

    def engine(self, host: str) -> ContainerEngine:
        """That of a host; KeyError if there is none of that name."""

    def task_logs(self, asking: str, host: str, task_id: TaskId, wish: LogWish, taker: RemoteTaker) -> Undo:
        """What a task's container has written, as the daemon of one host is told it by that of another.

        `taker` may be called before this returns. What cannot be reached is told as broken in bounded time.
        """
