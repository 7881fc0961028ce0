"""`swarmsim service logs`: what tasks write, wherever they run."""

import sys
from datetime import UTC, datetime
from typing import Annotated, BinaryIO, Final

import typer

from core.document import parse_duration_ns
from core.timing import SECOND
from swarmsim.cli.docker.asking import daemon
from swarmsim.cli.docker.client import Daemon, DaemonError, Json, Refused
from swarmsim.cli.docker.log_frames import FAILURE, STDERR, Line, frames, parsed
from swarmsim.cli.docker.names_of import Names
from swarmsim.cli.docker.options import NoResolve, NoTruncation
from swarmsim.cli.docker.places import find

_ID_LENGTH: Final = 12
_NOT_FOUND: Final = 404


def logs(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="SERVICE|TASK", show_default=False)],
    details: Annotated[bool, typer.Option("--details", help="Show what else is known of each line.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written from now on.")] = False,
    no_resolve: NoResolve = False,
    no_task_ids: Annotated[bool, typer.Option("--no-task-ids", help="Leave out the ids of tasks.")] = False,
    no_trunc: NoTruncation = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print what was written and nothing else.")] = False,
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="Only what is as new: a time, or an age like 10m.")
    ] = "",
    tail: Annotated[
        str, typer.Option("--tail", "-n", metavar="N|all", help="Only the last lines of each task.")
    ] = "all",
    timestamps: Annotated[bool, typer.Option("--timestamps", "-t", help="Show when each line was written.")] = False,
) -> None:
    """Show what the tasks of a service have written, or one task."""
    asked = daemon(context)
    path, found = _found(asked, target)
    terminal = find(found, "Spec.TaskTemplate.ContainerSpec.TTY") or find(found, "Spec.ContainerSpec.TTY")
    if terminal and not raw:
        raise DaemonError("tty service logs only supported with --raw")
    chunks = asked.stream(
        f"{path}/logs",
        stdout=True,
        stderr=True,
        follow=follow or None,
        timestamps=timestamps or None,
        since=_moment(since) if since else None,
        tail=tail,
        details=details if raw else True,
    )
    if terminal:
        for chunk in chunks:
            _write(sys.stdout.buffer, chunk)
        return
    writers = _Writers(asked, found, no_resolve=no_resolve, no_task_ids=no_task_ids, no_trunc=no_trunc)
    for stream, content in frames(chunks):
        if stream == FAILURE:
            raise DaemonError(f"error from daemon in stream: {content.decode(errors='replace').strip()}")
        if not raw:
            line = parsed(content, timestamps=timestamps)
            content = writers.head(line) + (f"{line.details} ".encode() if details else b"") + line.message
        _write(sys.stderr.buffer if stream == STDERR else sys.stdout.buffer, content)


class _Writers:
    """Who wrote a line, as docker says it: `web.1.ID@NODE    | `, padded as the service's highest slot demands."""

    def __init__(self, asked: Daemon, found: Json, *, no_resolve: bool, no_task_ids: bool, no_trunc: bool) -> None:
        self._asked = asked
        self._names = Names(asked, resolve=not no_resolve)
        self._no_task_ids = no_task_ids
        self._no_trunc = no_trunc
        self._digits = len(str(find(found, "Spec.Mode.Replicated.Replicas", 1)))
        self._slots: dict[str, int] = {}

    def head(self, line: Line) -> bytes:
        """All before the message."""
        slot = self._slot(line.task_id)
        name = f"{self._names.service(line.service_id)}.{slot}"
        if not self._no_task_ids:
            name += f".{line.task_id if self._no_trunc else line.task_id[:_ID_LENGTH]}"
        name += f"@{self._names.node(line.node_id)}{' ' * (self._digits - len(str(slot)))}"
        return (line.timestamp + b" " if line.timestamp else b"") + f"{name}    | ".encode()

    def _slot(self, task_id: str) -> int:
        if task_id not in self._slots:
            try:
                self._slots[task_id] = self._asked.get(f"/tasks/{task_id}").get("Slot", 0)
            except Refused:
                self._slots[task_id] = 0
        return self._slots[task_id]


def _found(asked: Daemon, target: str) -> tuple[str, Json]:
    for path in (f"/services/{target}", f"/tasks/{target}"):
        try:
            return path, asked.get(path)
        except Refused as refused:
            if refused.status != _NOT_FOUND:
                raise
    raise DaemonError(f"no such task or service: {target}")


def _moment(text: str) -> str:
    """Seconds since the epoch, of an age or a time."""
    age_ns = parse_duration_ns(text)
    if age_ns is not None:
        return f"{datetime.now(UTC).timestamp() - age_ns / SECOND:.9f}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DaemonError(f"{text!r} is no time: write it like 2026-01-31T12:00:00Z, or an age like 10m") from None
    return f"{(moment if moment.tzinfo else moment.astimezone()).timestamp():.9f}"


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()
