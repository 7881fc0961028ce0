"""`/containers/{container}/logs`: what one container of this host has written, and writes."""

from typing import Final

from aiohttp import web

from swarmsim.api.call import Call
from swarmsim.api.engine.container_filters import found
from swarmsim.api.route import Route
from swarmsim.api.streams.backlog import Backlog
from swarmsim.api.streams.log_request import QUERY, UNTIL, answer, log_request
from swarmsim.api.streams.multiplex import Mixer
from swarmsim.containers import OutputLine


async def container_logs(call: Call) -> web.StreamResponse:
    """Its lines, in order."""
    asked = log_request(call, nothing_wanted=400, negative_tail_is_all=True)
    engine = await call.host.engine()
    container = found(engine, call.path("container"))
    backlog, mixer = Backlog(), Mixer(tty=container.spec.tty)

    def take(line: OutputLine | None) -> None:
        if line is None:
            backlog.end()
        else:
            backlog.put(asked.line(mixer, line, {}))

    with call.host.pace.awaited():
        undo = engine.logs(container.id, asked.wish, take)
        try:
            return await answer(call, backlog, mixer, tty=container.spec.tty)
        finally:
            undo()


ROUTES: Final = (
    Route(
        "GET",
        "/containers/{container}/logs",
        container_logs,
        "What a container has written.",
        query=(*QUERY, UNTIL),
        answer="Output",
        errors=(404, 501),
    ),
)
