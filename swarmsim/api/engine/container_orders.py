"""What is done to containers: they are made, started, stopped, killed, waited for and removed."""

from typing import Final

import msgspec
from aiohttp import web

from core.timing import SECOND
from swarmsim.api.call import Call, Json
from swarmsim.api.engine.container_filters import found
from swarmsim.api.engine.container_requests import decode_create
from swarmsim.api.engine.platforms import is_ours
from swarmsim.api.errors import ApiError, bad_request, not_found, unsupported
from swarmsim.api.route import FILTERS, Parameter, Route
from swarmsim.api.streams.backlog import Backlog
from swarmsim.containers import Action, ContainerEvent, Status

_UNTIL_NEVER: Final = ("", "not-running", "next-exit", "removed")


async def create_container(call: Call) -> Json:
    """Of an image that is there."""
    wanted, warnings = decode_create(await call.body(), call.text("name").removeprefix("/"))
    if not is_ours(call.text("platform")):
        raise not_found(f"image {wanted.spec.image} does not provide the platform {call.text('platform')}")
    engine = await call.host.engine()
    container_id = await call.host.order(engine.create, wanted)
    return {"Id": container_id, "Warnings": warnings}


async def start_container(call: Call) -> web.Response | None:
    """Unless it runs."""
    engine = await call.host.engine()
    container = found(engine, call.path("container"))
    if container.state.running:
        return web.Response(status=304)
    await call.host.order(engine.start, container.id)
    return None


async def stop_container(call: Call) -> web.Response | None:
    """Unless it has ended; its swarm starts another in place of a task's."""
    engine = await call.host.engine()
    container = found(engine, call.path("container"))
    if not container.state.running:
        return web.Response(status=304)
    grace_ns = _grace_ns(call)
    await call.host.order(engine.stop, container.id, grace_ns)
    return None


async def restart_container(call: Call) -> None:
    """Stop it if it runs, then start it."""
    engine = await call.host.engine()
    container = found(engine, call.path("container"))
    if container.task_id is not None:
        raise unsupported(f"{container.name} is a task's: stop it, and its swarm starts another in its place")
    grace_ns = _grace_ns(call)
    await call.host.order(engine.stop, container.id, grace_ns)
    await call.host.order(engine.start, container.id)


def _grace_ns(call: Call) -> int | None:
    """The client's patience in seconds; less than 0 is for ever."""
    text = call.text("t") or call.text("timeout")
    if not text:
        return None
    return 1 << 60 if text.startswith("-") else call.number("t" if call.text("t") else "timeout") * SECOND


async def kill_container(call: Call) -> None:
    """Send it a signal, by name or number."""
    engine = await call.host.engine()
    container = found(engine, call.path("container"))
    with call.host.pace.awaited():
        engine.kill(container.id, call.text("signal") or "KILL")


async def remove_container(call: Call) -> None:
    """With its files."""
    engine = await call.host.engine()
    container = found(engine, call.path("container"))
    with call.host.pace.awaited():
        engine.remove(container.id, call.flag("force"))


async def prune_containers(call: Call) -> Json:
    """Remove all that do not run; those of tasks are the swarm's to remove."""
    filters = call.filters("label", "label!", "until")
    if filters.of("until"):
        raise unsupported("filter until: containers are pruned whatever their age")
    engine = await call.host.engine()
    removed: list[str] = []
    for container in engine.containers():
        ended = not container.state.running and container.task_id is None
        if ended and filters.prunable(container.labels):
            engine.remove(container.id, False)
            removed.append(container.id)
    return {"ContainersDeleted": removed or None, "SpaceReclaimed": 0}


async def wait_container(call: Call) -> web.StreamResponse:
    """Its exit code once it does not run, has ended the next time, or is removed."""
    condition = call.text("condition")
    if condition not in _UNTIL_NEVER:
        raise bad_request(f"invalid condition: {condition!r}")
    engine = await call.host.engine()
    container = found(engine, call.path("container"))
    exit_code, backlog = container.state.exit_code, Backlog()
    awaited = Action.DESTROY if condition == "removed" else Action.DIE

    def answer() -> None:
        backlog.put(msgspec.json.encode({"StatusCode": exit_code}) + b"\n")
        backlog.end()

    def happened(event: ContainerEvent) -> None:
        nonlocal exit_code
        if event.container.id == container.id:
            exit_code = event.container.state.exit_code
            if event.action in (awaited, Action.DESTROY):
                answer()

    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    undo = engine.watch(happened)
    with call.host.pace.awaited():
        try:
            if condition in ("", "not-running") and not container.state.running:
                answer()
            await response.prepare(call.request)  # so that the client knows that it waits, and may start it
            while data := await backlog.next():
                await response.write(data)
            return response
        finally:
            undo()


async def resize_container(call: Call) -> None:
    """A terminal's size changes nothing here."""
    found(await call.host.engine(), call.path("container"))


async def top(call: Call) -> Json:
    """Its processes: its own, as nobody counts others."""
    container = found(await call.host.engine(), call.path("container"))
    if container.state.status is not Status.RUNNING:
        raise ApiError(409, f"container {container.id} is not running")
    pid, words = str(container.state.pid), " ".join(container.argv)
    return {
        "Titles": ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
        "Processes": [["root", pid, "1", "0", "?", "?", "00:00:00", words]],
    }


async def not_here(call: Call) -> None:
    """What no simulated container can do."""
    engine = await call.host.engine()
    container = found(engine, call.path("container"))
    what = call.request.path.rpartition("/")[2]
    raise unsupported(f"{what} of container {container.name}: simulated containers cannot do that")


_GRACE: Final = Parameter("t", "integer", "Seconds until it is killed, if the signal to stop has not ended it.")
_UNSUPPORTED: Final = (
    ("POST", "pause"),
    ("POST", "unpause"),
    ("POST", "update"),
    ("POST", "rename"),
    ("GET", "stats"),
    ("GET", "changes"),
    ("GET", "export"),
    ("GET", "archive"),
    ("PUT", "archive"),
    ("HEAD", "archive"),
)


def _order(word: str, handler: object, summary: str, *query: Parameter, errors: tuple[int, ...] = (404,)) -> Route:
    return Route("POST", f"/containers/{{container}}/{word}", handler, summary, query=query, success=204, errors=errors)  # type: ignore[arg-type]


ROUTES: Final = (
    Route(
        "POST",
        "/containers/create",
        create_container,
        "Make a container of an image that is there.",
        query=(
            Parameter("name", "string", "What it is to be called; else a name is found for it."),
            Parameter("platform", "string", "What it is to run on, as `os/architecture`."),
        ),
        body="ContainerCreateRequest",
        answer="ContainerCreated",
        success=201,
        errors=(404, 409, 501),
    ),
    Route(
        "POST",
        "/containers/prune",
        prune_containers,
        "Remove the containers that do not run.",
        query=(FILTERS,),
        answer="ContainersPruned",
        errors=(501,),
    ),
    _order("start", start_container, "Run it.", errors=(304, 404, 501)),
    _order("stop", stop_container, "Stop it.", _GRACE, errors=(304, 404)),
    _order("restart", restart_container, "Stop it and run it again.", _GRACE, errors=(404, 501)),
    _order(
        "kill",
        kill_container,
        "Send it a signal.",
        Parameter("signal", "string", "By name or number; KILL if it is left out."),
        errors=(404, 409),
    ),
    _order("resize", resize_container, "Tell the size of its terminal."),
    Route(
        "POST",
        "/containers/{container}/wait",
        wait_container,
        "Wait until it has ended.",
        query=(Parameter("condition", "string", "`not-running`, `next-exit` or `removed`."),),
        answer="ContainerWaitResponse",
        errors=(404,),
    ),
    Route("GET", "/containers/{container}/top", top, "Its processes.", answer="ContainerTop", errors=(404, 409)),
    Route(
        "DELETE",
        "/containers/{container}",
        remove_container,
        "Remove it.",
        query=(
            Parameter("force", "boolean", "Kill it first if it runs."),
            Parameter("v", "boolean", "With its volumes; it has none."),
        ),
        success=204,
        errors=(404, 409),
    ),
    *(
        Route(method, f"/containers/{{container}}/{word}", not_here, "Cannot be done here.", errors=(404, 501))
        for method, word in _UNSUPPORTED
    ),
)
