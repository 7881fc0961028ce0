"""Which daemon a command asks.

What `-H` or `--socket-dir` says, at the command, at its group or before that (the last one counts); else `DOCKER_HOST`;
else, of the hosts of a cluster that is served, one that runs: the leader before managers before others.
"""

import os
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer
from msgspec import Struct

from core.phases import HostPhase
from swarmsim.cli.docker.client import Daemon, is_answered, none_found
from swarmsim.serve.client import ControlClient, NotServedError, RefusalError
from swarmsim.serve.machines import Machine
from swarmsim.serve.place import CONTROL, default_directory
from swarmsim.world import Power

VARIABLE: Final = "DOCKER_HOST"
HOST_HELP: Final = "Daemon to ask: unix://PATH or tcp://ADDRESS:PORT."
_PATIENCE_S: Final = 5.0
"""How long the cluster may take to say what its hosts are."""

Host: TypeAlias = Annotated[str, typer.Option("--host", "-H", metavar="HOST", help=HOST_HELP, show_default=False)]


class Wish(Struct, frozen=True):
    """Whom to ask, as far as the command line says."""

    host: str = ""
    directory: Path | None = None
    """Where a cluster is served from, if a host of that is to be asked."""


def wish(context: typer.Context, host: str, directory: Path | None = None) -> None:
    """Have what is said here count for the commands below; if nothing is, what was said before does."""
    if host or directory:
        context.obj = Wish(host, directory)


def daemon(context: typer.Context) -> Daemon:
    """The daemon that a command of such a group asks, until the command ends."""
    wished: Wish = context.obj or Wish()
    host, chosen = wished.host, ""
    if not host and wished.directory is None:
        host = os.environ.get(VARIABLE, "")
    if not host:
        socket = _served(wished.directory or default_directory())
        host, chosen = f"unix://{socket}", socket.stem
    asked = Daemon(host, chosen)
    context.call_on_close(asked.close)
    return asked


def _served(directory: Path) -> Path:
    """The socket of a host; one that has lost its power leaves its own behind."""
    for socket in (*_likely(directory), *_all(directory)):
        if is_answered(str(socket)):
            return socket
    raise none_found()


def _likely(directory: Path) -> list[Path]:
    """Those of hosts that manage the swarm."""
    try:
        machines = ControlClient(directory, _PATIENCE_S).ask("GET", "/machines", list[Machine])
    except (NotServedError, RefusalError):
        return []
    managers = [each for each in machines if each.power is Power.UP and each.phase is HostPhase.MANAGER]
    return [directory.absolute() / f"{each.name}.sock" for each in sorted(managers, key=lambda each: not each.leads)]


def _all(directory: Path) -> list[Path]:
    # Hosts are opened in their order, managers first.
    sockets = [file for file in directory.absolute().glob("*.sock") if file.name != CONTROL]
    return sorted(sockets, key=lambda file: (file.stat().st_mtime_ns, file.name))
