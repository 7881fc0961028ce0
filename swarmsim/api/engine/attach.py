"""`/containers/{container}/attach`: a client reads what a container writes, from before its start to its end."""

from typing import Final

from aiohttp import web

from swarmsim.api.call import Call
from swarmsim.api.engine.container_filters import found
from swarmsim.api.engine.detach_keys import LeftByKeys, detach_keys
from swarmsim.api.route import Parameter, Route
from swarmsim.api.streams.backlog import Backlog
from swarmsim.api.streams.hijack import Hijacked, converse
from swarmsim.api.streams.multiplex import Mixer, content_type
from swarmsim.containers import Action, ContainerEvent, LogWish, Output, OutputLine, Status


async def attach(call: Call) -> web.Response:
    """Its output goes over the connection until it ends, and what is typed, until the keys to leave are."""
    engine = await call.host.engine()
    container = found(engine, call.path("container"))
    keys = detach_keys(call.text("detachKeys"))
    wanted = {Output.STDOUT: call.flag("stdout"), Output.STDERR: call.flag("stderr")}
    backlog, mixer = Backlog(), Mixer(tty=container.spec.tty)

    def take(output: Output, data: bytes) -> None:
        if wanted[output]:
            backlog.put(mixer.output(output, data))

    def take_line(line: OutputLine | None) -> None:
        if line is not None:
            take(line.output, line.data + b"\n" if line.whole else line.data)

    def happened(event: ContainerEvent) -> None:
        if event.container.id == container.id and event.action in (Action.DIE, Action.DESTROY):
            backlog.end()

    with call.host.pace.awaited():
        if call.flag("logs"):
            engine.logs(container.id, LogWish(), take_line)
        session = engine.attach(container.id, take, stdin=call.flag("stdin"))
        undo = engine.watch(happened)
        try:
            if not call.flag("stream") or container.state.status is Status.EXITED:
                backlog.end()
            connection = Hijacked(call.request, content_type(call.version, tty=container.spec.tty))
            typist = LeftByKeys(session, keys, backlog.end) if container.spec.tty else session
            return await converse(connection, backlog, typist)
        finally:
            undo()


ROUTES: Final = (
    Route(
        "POST",
        "/containers/{container}/attach",
        attach,
        "Read what a container writes.",
        query=(
            Parameter("stream", "boolean", "Whether to go on until it ends."),
            Parameter("logs", "boolean", "Whether to begin with what it has written already."),
            Parameter("stdin", "boolean", "Whether to be heard: a shell listens, and a terminal knows Ctrl-C."),
            Parameter("stdout", "boolean", "Whether to send its standard output."),
            Parameter("stderr", "boolean", "Likewise its standard error."),
            Parameter("detachKeys", "string", "What to type at a terminal to leave it; `ctrl-p,ctrl-q` if left out."),
        ),
        answer="Output",
        errors=(400, 404, 501),
    ),
)
