"""`/services/{id}/logs` and `/tasks/{id}/logs`: what tasks write, wherever in the swarm they are."""

from collections.abc import Callable
from typing import Final

from aiohttp import web

from core.ids import ServiceId
from core.objects import Service, Task
from core.operations import Kind
from core.store import Store
from swarmsim.api.call import Call
from swarmsim.api.host import named
from swarmsim.api.route import Route
from swarmsim.api.streams.backlog import Backlog
from swarmsim.api.streams.log_request import QUERY, LogRequest, answer, log_request
from swarmsim.api.streams.multiplex import Mixer
from swarmsim.api.swarm.task_gathering import Details, Gathering
from swarmsim.containers import OutputLine


async def service_logs(call: Call) -> web.StreamResponse:
    """Of all tasks of a service; who follows hears of those to come as well."""
    asked, store = _request(call), await call.host.read()
    service = named(store, Kind.SERVICE, Service, call.path("id"))
    tty = service.spec.task.container.tty
    return await _gathered(call, asked, store, lambda task: task.service_id == service.id, service.id, tty=tty)


async def task_logs(call: Call) -> web.StreamResponse:
    """Of one task."""
    asked, store = _request(call), await call.host.read()
    wanted = named(store, Kind.TASK, Task, call.path("id"))
    tty = wanted.spec.container.tty
    return await _gathered(call, asked, store, lambda task: task.id == wanted.id, None, tty=tty)


def _request(call: Call) -> LogRequest:
    # Docker has 500 for this: no words for the status of a mistake that it does not expect of its own command line.
    return log_request(call, nothing_wanted=500, negative_tail_is_all=False)


async def _gathered(
    call: Call,
    asked: LogRequest,
    store: Store,
    wanted: Callable[[Task], bool],
    service_id: ServiceId | None,
    *,
    tty: bool,
) -> web.StreamResponse:
    backlog, mixer = Backlog(), Mixer(tty=tty)

    def take(line: OutputLine, details: Details) -> None:
        backlog.put(asked.line(mixer, line, details))

    def over(incomplete: str) -> None:
        if incomplete:
            backlog.put(mixer.error(incomplete))
        backlog.end()

    gathering = Gathering(call.host, wanted, asked.wish, take, over)
    with call.host.pace.awaited():
        try:
            gathering.begin(store, service_id)
            return await answer(call, backlog, mixer, tty=tty)
        finally:
            gathering.stop()


ROUTES: Final = tuple(
    Route("GET", path, handler, summary, query=QUERY, answer="Output", errors=(404, 503))
    for path, handler, summary in (
        ("/services/{id}/logs", service_logs, "What the tasks of a service have written."),
        ("/tasks/{id}/logs", task_logs, "What a task has written."),
    )
)
