"""The cluster's own socket: what is asked about the simulation itself, by `swarmsim machine`, `fault` and `top`.

HTTP with JSON, as the hosts' endpoints speak; no client but ours is meant to use it. Every refusal is `{"message": …}`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web

from core.mistakes import DocumentError
from core.suggestions import what_there_is
from swarmsim.api.host import Pace
from swarmsim.player.roster import NobodyThereError
from swarmsim.serve.faults import Faults
from swarmsim.serve.machines import Switch, machine_of, switch
from swarmsim.serve.picture import Painter
from swarmsim.serve.place import CONTROL, Place
from swarmsim.world import NotDoneError
from swarmsim.worlds.simulated import SimulatedWorld

PICTURE_EVERY_S: Final = 0.5
_GOODBYE_S: Final = 0.1
_ENCODE: Final = msgspec.json.Encoder().encode
_HandleRequest = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RefusedError(Exception):
    """What was asked cannot be done; the text says why, and what to do."""


class ControlSocket:
    """Open between `begin` and `end`."""

    def __init__(
        self, world: SimulatedWorld, pace: Pace, directory: Path, places: dict[str, Place], faults: Faults
    ) -> None:
        self._world = world
        self._pace = pace
        self._socket = directory / CONTROL
        self._places = places
        self._faults = faults
        app = web.Application(middlewares=[_refusals])
        app.router.add_get("/machines", self._machines)
        switches = "|".join(each.value for each in Switch)
        app.router.add_post(f"/machines/{{name}}/{{switch:{switches}}}", self._switch)
        app.router.add_get("/faults", self._holding)
        app.router.add_post("/faults", self._play)
        app.router.add_delete("/faults/{number:all|[0-9]{1,9}}", self._end)
        app.router.add_get("/pictures", self._pictures)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_GOODBYE_S)

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
        with self._pace.awaited():
            return _json([machine_of(self._world, host, place) for host, place in self._places.items()])

    async def _switch(self, request: web.Request) -> web.Response:
        host = request.match_info["name"]
        if host not in self._places:
            raise RefusedError(f"there is no machine {host!r}{what_there_is(host, self._places)}")
        ended = asyncio.Event()
        with self._pace.awaited():
            switch(self._world, self._faults.do, host, Switch(request.match_info["switch"]), ended.set)
            await ended.wait()
            return _json(machine_of(self._world, host, self._places[host]))

    async def _holding(self, request: web.Request) -> web.Response:
        with self._pace.awaited():
            return _json({"now_ns": self._world.now_ns, "faults": self._faults.holding})

    async def _play(self, request: web.Request) -> web.Response:
        written = msgspec.json.decode(await request.read(), type=dict[str, Any])
        with self._pace.awaited():
            return _json(self._faults.play(self._faults.read(written)))

    async def _end(self, request: web.Request) -> web.Response:
        asked = request.match_info["number"]
        with self._pace.awaited():
            before = self._faults.holding
            ending = [fault for fault in before if asked in ("all", str(fault.number))]
            if not ending and asked != "all":
                numbers = [str(fault.number) for fault in before]
                raise RefusedError(f"no fault has the number {asked}{what_there_is(asked, numbers)}")
            for fault in ending:
                self._faults.end(fault.number)
            return _json(ending)

    async def _pictures(self, request: web.Request) -> web.StreamResponse:
        """A line of JSON for each, until the client goes. Nobody waits for the world here: looking does not move it."""
        response = web.StreamResponse()
        response.content_type = "application/jsonl"
        await response.prepare(request)
        painter = Painter(self._world, self._places, self._faults)
        while True:
            await response.write(_ENCODE(painter.paint()) + b"\n")
            await asyncio.sleep(PICTURE_EVERY_S)


@web.middleware
async def _refusals(request: web.Request, handler: _HandleRequest) -> web.StreamResponse:
    try:
        return await handler(request)
    except (RefusedError, DocumentError, NobodyThereError, NotDoneError, msgspec.DecodeError) as refusal:
        return web.json_response({"message": str(refusal)}, status=400)


def _json(answer: Any) -> web.Response:
    return web.Response(body=_ENCODE(answer), content_type="application/json")
