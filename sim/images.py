"""How the containers of an image behave: what stands in for the programs inside."""

from collections.abc import Callable

from msgspec import Struct

from core.timing import MS, SECOND

MIB = 1024 * 1024


class Call(Struct, frozen=True, gc=False):
    """What a container asks of another service to answer one request: a DNS name as the container sees it.

    `port` None = the port on which the called container's image listens.
    """

    name: str
    port: int | None = None


class Image(Struct, frozen=True, gc=False):
    """One image: times in nanoseconds."""

    name: str
    pull_ns: int = 500 * MS
    """The first time on each machine."""
    create_ns: int = 50 * MS
    start_ns: int = 200 * MS
    """From the order to start until the process runs and listens."""
    healthy_after_ns: int = 0
    """From start until a probe of a declared health check is good (`sim.probes`)."""
    probe_ns: int = 1 * MS
    """What a probe takes."""
    stop_ns: int = 100 * MS
    """From the stop signal until the process has ended, if the grace period is that long."""
    port: int | None = None
    """Where it listens; None = nowhere."""
    other_ports: tuple[int, ...] = ()
    """Where it listens as well."""
    any_port: bool = False
    """It listens on whatever port it is asked at."""
    runs_commands: bool = False
    """Its containers do what their command line says (`sim.programs`); else it stands in for that, whatever it says."""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    """What its containers run, if they do and are not told otherwise; with neither, its own program."""
    calls: tuple[Call, ...] = ()
    """One after the other, for each request."""
    call_timeout_ns: int = 1 * SECOND
    service_ns: int = 5 * MS
    """Its own time to answer a request, calls excluded; half of it to twice it, at random."""
    memory_bytes: int = 32 * MIB
    memory_per_request_bytes: int = 0
    """A leak: beyond the task's memory limit the kernel kills it."""
    exits_after_ns: int | None = None
    """None = it runs until stopped."""
    exit_code: int = 0
    crash_every_ns: int = 0
    """Mean time to a crash (exit code 139), exponentially distributed; 0 = never."""

    def listens(self, port: int | None) -> bool:
        """Whether its program listens on this port; None: on any at all."""
        if port is None:
            return self.any_port or self.port is not None
        return self.any_port or port == self.port or port in self.other_ports


class Catalogue:
    """All images there are. A reference without a known tag falls back on the name without it.

    What is not there `fallback` makes, if it is given; else, if `lenient`, it is an image of which nothing is known.
    """

    def __init__(
        self,
        images: tuple[Image, ...] = (),
        lenient: bool = False,
        fallback: Callable[[str], Image] | None = None,
    ) -> None:
        self._images = {image.name: image for image in images}
        self._fallback = fallback or (Image if lenient else None)

    def add(self, image: Image) -> None:
        """Put an image into every registry; replaces one of the same name."""
        self._images[image.name] = image

    def find(self, reference: str) -> Image | None:
        """The image that a task's spec asks for."""
        for name in (reference, reference.partition("@")[0], untagged(reference)):
            if name in self._images:
                return self._images[name]
        return self._fallback(reference) if self._fallback is not None else None


def untagged(reference: str) -> str:
    """The reference without digest and tag: `registry:5000/web:1.2` is `registry:5000/web`."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return head + slash + last.partition(":")[0]
