"""The ports that a simulated swarm publishes, open on this machine: who connects there enters the simulated mesh.

They follow what the simulated hosts have open: services' ports once some host's tables have them, and containers' own.
At 127.0.0.1 a request enters at the first host that has the port open; a host of one's choice has an address of its
own: the host 198.18.0.3 is entered at 127.18.0.3. From there a request goes the way of any in the simulation; its
answer says which container it was. A port that is in use on this machine, or not for this user to have, is told
and left out.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from core.trials.clients import Failure, Outcome
from sim.visits import Visited
from swarmsim.api.host import Pace
from swarmsim.report.availability import Reason
from swarmsim.report.reasons import grouped
from swarmsim.serve.place import LOOPBACK
from swarmsim.worlds.served import ServedWorld

REST_S: Final = 0.1
"""Between two looks at what has changed."""
_GOODBYE_S: Final = 0.1
_STATUS: Final = {Outcome.TIMEOUT: 504}
"""Of what is not answered well; else 502."""
OUTCOME_HEADER: Final = "Swarmsim-Outcome"
WHY_HEADER: Final = "Swarmsim-Why"


class PublishedPorts:
    """`tell` is told, a line each, which ports are opened, closed, and cannot be opened."""

    def __init__(self, world: ServedWorld, pace: Pace, tell: Callable[[str], None]) -> None:
        self._world = world
        self._pace = pace
        self._tell = tell
        self._sites: dict[int, list[web.TCPSite]] = {}
        self._left_out: set[int] = set()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._visit)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_GOODBYE_S)
        self._changed = asyncio.Event()
        self._watched: set[str] = set()
        world.observe(self._look)

    @property
    def open(self) -> tuple[int, ...]:
        """The ports that are open here, in the order in which they were opened."""
        return tuple(self._sites)

    def _look(self, at_ns: int = 0, host: str = "", fact: Any = None) -> None:
        self._changed.set()

    async def run(self) -> None:
        """Open and close ports as they come and go, until it is cancelled."""
        await self._runner.setup()
        try:
            while True:
                self._changed.clear()
                await self.follow()
                await asyncio.sleep(REST_S)
                await self._changed.wait()
        finally:
            await self._runner.cleanup()

    async def follow(self) -> None:
        """Have those ports open that the hosts have."""
        wanted: set[int] = set()
        for host in self._world.hosts():
            if host not in self._watched:
                self._watched.add(host)
                self._world.engine(host).watch(lambda event: self._look())
            wanted |= self._world.open_ports(host)
        self._left_out &= wanted
        for port in [port for port in self._sites if port not in wanted]:
            await _stop(self._sites.pop(port))
            self._tell(f"port {port} is closed: nothing publishes it any more")
        for port in sorted(wanted - self._sites.keys() - self._left_out):
            await self._open(port)

    async def _open(self, port: int) -> None:
        doors = (LOOPBACK, *(door_of(self._world, host) for host in self._world.hosts()))
        sites: list[web.TCPSite] = []
        try:
            for door in doors:
                sites.append(web.TCPSite(self._runner, door, port))
                await sites[-1].start()
        except OSError as error:
            self._left_out.add(port)
            await _stop(sites)
            self._tell(f"port {port} is left out: {error.strerror or error}")
        else:
            self._sites[port] = sites
            self._tell(f"port {port} is open at http://{LOOPBACK}:{port} (at {doors[1]} to enter at the first host, …)")

    async def _visit(self, request: web.Request) -> web.Response:
        assert request.transport is not None, "its client is there"
        door, port = request.transport.get_extra_info("sockname")
        answered: asyncio.Future[Visited] = asyncio.get_running_loop().create_future()

        def visited(what: Visited) -> None:
            if not answered.done():
                answered.set_result(what)

        with self._pace.awaited():
            host = self._entry(door, port)
            if host is None:
                return _failed(Outcome.REFUSED, None, "nobody has this port open there")
            self._world.visit(host, port, request.path_qs, visited)
            return response_of(await answered, host)

    def _entry(self, door: str, port: int) -> str | None:
        """The host whose door it is; at the common one, the first that has the port open."""
        for host in self._world.hosts():
            if door in (LOOPBACK, door_of(self._world, host)) and port in self._world.open_ports(host):
                return host
        return None


def door_of(world: ServedWorld, host: str) -> str:
    """The loopback address that stands for a host: 127.18.0.3 for 198.18.0.3."""
    return "127." + world.address(host).rpartition(":")[0].partition(".")[2]


async def _stop(sites: list[web.TCPSite]) -> None:
    for site in sites:
        await site.stop()


def response_of(visited: Visited, host: str) -> web.Response:
    """What a client is told of a request that entered at this host."""
    answer = visited.answer
    if answer is None:
        failure = visited.failure
        reason = Reason(visited.outcome.value, failure, "", 1)
        words = grouped((reason,))[0].words if failure is not None else visited.outcome.value
        return _failed(visited.outcome, failure, f"entered at {host}: {words}")
    return web.Response(text=f"{answer.text}Entered at: {host}\n", headers={OUTCOME_HEADER: visited.outcome.value})


def _failed(outcome: Outcome, failure: Failure | None, words: str) -> web.Response:
    headers = {OUTCOME_HEADER: outcome.value} | ({WHY_HEADER: failure.why.value} if failure is not None else {})
    return web.Response(status=_STATUS.get(outcome, 502), text=f"{outcome.value}: {words}\n", headers=headers)
