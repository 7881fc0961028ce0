"""A simulated cluster that is served in this process: for clients that block, in a thread of its own."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from docker import DockerClient

from swarmsim.scenario.plan import ClusterPlan
from swarmsim.serve.client import ControlClient
from swarmsim.serve.cluster import ServedPlan, start
from swarmsim.serve.place import Place, places_of
from swarmsim.serve.record.story import Story
from swarmsim.serve.server import Server
from swarmsim.worlds.served import ServedWorld

PATIENCE_S = 30.0
BEGAN_AT_NS = 1_800_000_000_000_000_000


class Served:
    """The places of the hosts that are served, by name."""

    def __init__(self, world: ServedWorld, places: dict[str, Place]) -> None:
        self.world = world
        """Not to be touched while it is served, but for looking at what does not change."""
        self.places = places

    def fault(self, **step: object) -> None:
        """Have a step of the scenario language done, as `fault(kill="w1")`."""
        self._control.ask("POST", "/faults", object, step)

    def end_faults(self) -> None:
        """Take back whatever holds."""
        self._control.ask("DELETE", "/faults/all", object)

    @property
    def _control(self) -> ControlClient:
        return ControlClient(next(iter(self.places.values())).socket.parent)

    def client(self, host: str) -> DockerClient:
        """The Docker SDK's client of a host; to be closed."""
        return docker.DockerClient(base_url=self.places[host].docker_host, version="auto")


@contextmanager
def served(
    directory: Path,
    plan: ServedPlan,
    first_port: int | None = None,
    tls: ssl.SSLContext | None = None,
    story: Story | None = None,
    speed: float | None = None,
    publish: bool = False,
    tell: Callable[[str], None] = lambda text: None,
) -> Iterator[Served]:
    """Serve it until the block ends, at full speed if none is said; then the story, if there is one, is told.

    With `publish` its published ports are open on this machine; `tell` hears what becomes of ports.
    """
    directory.mkdir(parents=True, exist_ok=True)
    places = places_of(plan.cluster.host_names, directory, first_port)
    formed_at = [0]
    world = start(plan, 1, BEGAN_AT_NS, lambda text: None, formed_at.append)
    recording = None if story is None else (story, formed_at[-1])
    ready = threading.Event()
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    failed: list[BaseException] = []

    async def serve() -> None:
        stopped = asyncio.Event()
        stop.append((asyncio.get_running_loop(), stopped))
        server = Server(world, speed, directory, places, tell, tls, publish, recording)
        await server.run(ready.set, stopped)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # told to the test, whatever it is
            failed.append(error)
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(PATIENCE_S), "it never came to serve"
        if failed:
            raise failed[0]
        yield Served(world, places)
    finally:
        for loop, stopped in stop:
            if not loop.is_closed():
                loop.call_soon_threadsafe(stopped.set)
        thread.join(PATIENCE_S)
        assert not thread.is_alive(), "it never ended"


def bare(count: int) -> ServedPlan:
    """Hosts that are in no swarm."""
    return ServedPlan(ClusterPlan(count), bare=True)


def swarm(manager_count: int, worker_count: int = 0) -> ServedPlan:
    """Hosts that form one."""
    return ServedPlan(ClusterPlan(manager_count, worker_count))
