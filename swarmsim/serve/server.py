"""Everything that runs while a cluster is served: the world's time, the hosts' endpoints, and that of the cluster."""

import asyncio
import fcntl
import os
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from swarmsim.serve.control import ControlSocket
from swarmsim.serve.endpoints import Endpoints
from swarmsim.serve.faults import Faults
from swarmsim.serve.pace import Pace
from swarmsim.serve.place import Place, PlaceError
from swarmsim.serve.publish import PublishedPorts
from swarmsim.serve.record.recorder import Recorder
from swarmsim.serve.record.story import Story
from swarmsim.worlds.served import ServedWorld

_LOCK: Final = "serve.lock"


class Server:
    """Serves one world; `speed` as `Pace` takes it; `recording`: in which story, and when (by the world) that began.

    With `publish` the ports that the world publishes are open on this machine. `tell` hears, a line each, which ports
    are opened and closed while it serves, and which cannot be had.
    """

    def __init__(
        self,
        world: ServedWorld,
        speed: float | None,
        directory: Path,
        places: dict[str, Place],
        tell: Callable[[str], None],
        tls: ssl.SSLContext | None = None,
        publish: bool = False,
        recording: tuple[Story, int] | None = None,
    ) -> None:
        self._world = world
        self._speed = speed
        self._directory = directory
        self._places = places
        self._tell = tell
        self._tls = tls
        self._publish = publish
        self._faults = Faults(world)
        self.recorder = None if recording is None else Recorder(world, self._faults, *recording)
        """Tells the story, if one is wanted; it is saved for the last time when all is over."""

    async def run(self, ready: Callable[[], None], stopped: asyncio.Event) -> None:
        """Until that is set; `ready` is called once everything answers. Raises PlaceError, OSError.

        Whoever does not know that nobody else serves from the directory holds it by `only_one_in`.
        """
        pace = Pace(self._world, self._speed, time.monotonic_ns)
        endpoints = Endpoints(self._world, pace, self._places, self._tls, self._tell)
        control = ControlSocket(self._world, pace, self._directory, self._places, self._faults)
        try:
            await endpoints.begin()
            await control.begin()
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(pace.run()), group.create_task(endpoints.run())]
                if self._publish:
                    tasks.append(group.create_task(PublishedPorts(self._world, pace, self._tell).run()))
                if self.recorder is not None:
                    tasks.append(group.create_task(self.recorder.run()))
                ready()
                await stopped.wait()
                for task in tasks:
                    task.cancel()
        finally:
            await control.end()
            await endpoints.close()
        if self.recorder is not None:
            self.recorder.save()


@contextmanager
def only_one_in(directory: Path) -> Iterator[None]:
    """Make the directory, and have nobody else serve from it meanwhile. Raises PlaceError if somebody does.

    The lock file stays: who unlinked it might take it from somebody who has just opened it, and two would serve.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PlaceError(
                f"{directory}: another swarmsim serves from there; stop it, or name another --socket-dir"
            ) from None
        yield
    finally:
        os.close(handle)
