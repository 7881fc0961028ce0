"""`/exec`: commands that are run beside what runs in a container."""

from typing import Final

from aiohttp import web
from msgspec import Struct

from swarmsim.api.bodies import read
from swarmsim.api.call import Call, Json
from swarmsim.api.engine.container_filters import found
from swarmsim.api.engine.detach_keys import LeftByKeys, detach_keys
from swarmsim.api.engine.execs import Exec
from swarmsim.api.errors import ApiError, bad_request
from swarmsim.api.route import Parameter, Route
from swarmsim.api.streams.backlog import Backlog
from swarmsim.api.streams.hijack import Hijacked, converse
from swarmsim.api.streams.multiplex import Mixer, content_type
from swarmsim.containers import Output


class ExecRequest(Struct, frozen=True, rename="pascal"):
    """The body of `POST /containers/{container}/exec`, as far as it has an effect."""

    cmd: list[str] | None = None
    env: list[str] | None = None
    tty: bool = False
    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    detach_keys: str = ""


class StartRequest(Struct, frozen=True, rename="pascal"):
    """The body of `POST /exec/{id}/start`, likewise."""

    detach: bool = False
    tty: bool = False


async def create_exec(call: Call) -> Json:
    """Make a command ready for a container that runs."""
    wanted = read(await call.body(), ExecRequest, "exec")
    if not wanted.cmd:
        raise bad_request("No exec command specified")
    container = found(await call.host.engine(), call.path("container"))
    if not container.state.running:
        raise ApiError(409, f"container {container.id} is not running")
    made = Exec(
        call.host.execs.new_id(),
        container.id,
        tuple(wanted.cmd),
        tuple(wanted.env or ()),
        tty=wanted.tty,
        stdin=wanted.attach_stdin,
        stdout=wanted.attach_stdout,
        stderr=wanted.attach_stderr,
        detach_keys=detach_keys(wanted.detach_keys),
    )
    call.host.execs.add(made)
    return {"Id": made.id}


async def start_exec(call: Call) -> web.Response | None:
    """Run it: its input and output go over the connection, unless it is detached."""
    made, engine = call.host.execs.find(call.path("id")), await call.host.engine()
    wanted = read(await call.body(), StartRequest, "start of an exec")
    if made.started:
        raise ApiError(409, f"exec {made.id} has been started: make another one")
    backlog, mixer = Backlog(), Mixer(tty=made.tty)

    def take(output: Output, data: bytes) -> None:
        if not wanted.detach and (made.stdout if output is Output.STDOUT else made.stderr):
            backlog.put(mixer.output(output, data))

    def ended(code: int) -> None:
        made.exit_code = code
        backlog.end()

    with call.host.pace.awaited():
        stdin = made.stdin and not wanted.detach
        session = engine.run(made.container_id, made.argv, made.variables, take, ended, stdin=stdin, tty=made.tty)
        made.started = True
        if wanted.detach:
            return None
        connection = Hijacked(call.request, content_type(call.version, tty=made.tty))
        typist = LeftByKeys(session, made.detach_keys, backlog.end) if made.tty else session
        return await converse(connection, backlog, typist)


async def inspect_exec(call: Call) -> Json:
    """How it is doing, or how it ended."""
    made = call.host.execs.find(call.path("id"))
    return {
        "ID": made.id,
        "Running": made.running,
        "ExitCode": made.exit_code,
        "ProcessConfig": {
            "tty": made.tty,
            "entrypoint": made.argv[0],
            "arguments": list(made.argv[1:]),
            "privileged": False,
        },
        "OpenStdin": made.stdin,
        "OpenStderr": made.stderr,
        "OpenStdout": made.stdout,
        "CanRemove": False,
        "ContainerID": made.container_id,
        "DetachKeys": "",
        "Pid": 0,
    }


async def resize_exec(call: Call) -> None:
    """A terminal's size changes nothing here."""
    call.host.execs.find(call.path("id"))


ROUTES: Final = (
    Route(
        "POST",
        "/containers/{container}/exec",
        create_exec,
        "Make a command ready to run in a container.",
        body="ExecRequest",
        answer="ExecCreated",
        success=201,
        errors=(404, 409),
    ),
    Route(
        "POST",
        "/exec/{id}/start",
        start_exec,
        "Run it; what it writes is the answer.",
        body="ExecStartRequest",
        answer="Output",
        errors=(404, 409),
    ),
    Route("GET", "/exec/{id}/json", inspect_exec, "How it is doing.", answer="Exec", errors=(404,)),
    Route(
        "POST",
        "/exec/{id}/resize",
        resize_exec,
        "Tell the size of its terminal.",
        query=(Parameter("h", "integer", "Lines."), Parameter("w", "integer", "Columns.")),
        errors=(404,),
    ),
)
