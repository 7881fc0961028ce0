"""The cluster's own socket: what is asked about the simulation itself, by `swarmsim machine` and its like.

HTTP with JSON, as the hosts' endpoints speak; no client but ours is meant to use it.
"""

from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web

from swarmsim.api.host import Pace
from swarmsim.serve.machines import Machine, machine_of
from swarmsim.serve.place import CONTROL, Place
from swarmsim.worlds.simulated import SimulatedWorld

_GOODBYE_S: Final = 0.1
_ENCODE: Final = msgspec.json.Encoder().encode


class ControlSocket:
    """Open between `begin` and `end`."""

    def __init__(self, world: SimulatedWorld, pace: Pace, directory: Path, places: dict[str, Place]) -> None:
        self._world = world
        self._pace = pace
        self._socket = directory / CONTROL
        self._places = places
        app = web.Application()
        app.router.add_get("/machines", self._machines)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GOODBYE_S)

    async def begin(self) -> None:
        """Answer from here on."""
        await self._runner.setup()
        self._socket.unlink(missing_ok=True)
        await web.UnixSite(self._runner, str(self._socket)).start()

    async def end(self) -> None:
        """Answer no more."""
        await self._runner.cleanup()
        self._socket.unlink(missing_ok=True)

    async def _machines(self, request: web.Request) -> web.Response:
        return _json([machine_of(self._world, host, place) for host, place in self._places.items()])


def _json(answer: list[Machine] | Any) -> web.Response:
    return web.Response(body=_ENCODE(answer), content_type="application/json")
