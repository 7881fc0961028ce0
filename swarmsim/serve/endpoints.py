"""Each simulated host's endpoints: a Unix socket and, if asked for, a loopback port, for as long as its daemon lives.

A daemon that dies takes its connections with it, and who then connects is refused, as with Docker. One that is paused
takes connections and answers nothing. A port that somebody else has taken when a daemon starts again is told, and that
host has only its socket until the next time.
"""

import asyncio
import os
import ssl
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from aiohttp import web

from swarmsim.api.host import ApiHost, Pace
from swarmsim.api.server import application
from swarmsim.containers import EngineWorld
from swarmsim.serve.patience import HEAD_PATIENCE_S, PatientProtocol, heard
from swarmsim.serve.place import LOOPBACK, Place, PlaceError
from swarmsim.world import Power

_GOODBYE_S: Final = 0.1
"""What requests under way get to end when a daemon dies, or when all is over."""


_BACKLOG: Final = 1024
"""Connections that may wait to be taken while the world has its slice: who comes in a crowd is not refused."""


class _Endpoint(NamedTuple):
    """What is open for one host."""

    runner: web.AppRunner
    listening: list[asyncio.Server]


class Endpoints:
    """Of all hosts of a world; `places` by host, `tls` for their ports; `tell` hears of ports that were lost."""

    def __init__(
        self,
        world: EngineWorld,
        pace: Pace,
        places: dict[str, Place],
        tls: ssl.SSLContext | None,
        tell: Callable[[str], None],
        head_patience_s: float = HEAD_PATIENCE_S,
    ) -> None:
        self.places = places
        self._world = world
        self._pace = pace
        self._tls = tls
        self._tell = tell
        self._head_patience_s = head_patience_s
        self._open: dict[str, _Endpoint] = {}
        self._changed = asyncio.Event()
        world.observe(self._look)

    def _look(self, at_ns: int, host: str, fact: Any) -> None:
        self._changed.set()

    async def begin(self) -> None:
        """Have the first of them open. Raises PlaceError for a port that cannot be had."""
        for refused in await self._follow():
            raise PlaceError(f"{refused}; name another --tcp-base")

    async def run(self) -> None:
        """Open and close endpoints as daemons come and go, until it is cancelled."""
        while True:
            self._changed.clear()
            for refused in await self._follow():
                self._tell(f"{refused}; it has only its socket until its daemon starts again")
            await self._changed.wait()

    async def close(self) -> None:
        """Nobody is answered any more."""
        for host in tuple(self._open):
            await self._close(host)

    async def _follow(self) -> list[str]:
        """Have those endpoints open whose daemons are there. Which ports could not be had, and why."""
        refused = []
        for host in self.places:
            there = self._world.power(host) in (Power.UP, Power.PAUSED)
            if there and host not in self._open:
                refused += await self._begin(host)
            elif not there and host in self._open:
                await self._close(host)
        return refused

    async def _begin(self, host: str) -> list[str]:
        place = self.places[host]
        app = application(ApiHost(self._world, host, self._pace))
        app.middlewares.insert(0, heard)
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=_GOODBYE_S)
        self._open[host] = _Endpoint(runner, [])
        await runner.setup()
        handlers = runner.server
        assert handlers is not None, "it is set up"

        def protocol() -> PatientProtocol:
            return PatientProtocol(handlers(), self._head_patience_s)

        loop, listening = asyncio.get_running_loop(), self._open[host].listening
        place.socket.unlink(missing_ok=True)
        listening.append(await loop.create_unix_server(protocol, str(place.socket), backlog=_BACKLOG))
        if place.port:
            try:
                server = await loop.create_server(protocol, LOOPBACK, place.port, ssl=self._tls, backlog=_BACKLOG)
            except OSError as error:
                return [f"port {place.port} for {host}: {os.strerror(error.errno) if error.errno else error}"]
            listening.append(server)
        return []

    async def _close(self, host: str) -> None:
        endpoint = self._open.pop(host)
        for server in endpoint.listening:
            server.close()
        await endpoint.runner.cleanup()
        self.places[host].socket.unlink(missing_ok=True)
