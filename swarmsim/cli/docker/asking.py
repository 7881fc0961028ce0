"""Which daemon a command asks: a group's `-H`, else `DOCKER_HOST`, else the first host of a cluster that is served."""

import os
from typing import Final

import typer

from swarmsim.cli.docker.client import Daemon, is_answered, none_found
from swarmsim.serve.place import CONTROL, default_directory

VARIABLE: Final = "DOCKER_HOST"


def daemon(context: typer.Context) -> Daemon:
    """The daemon that a command of such a group asks, until the command ends."""
    asked = Daemon(context.obj or os.environ.get(VARIABLE) or _first_served())
    context.call_on_close(asked.close)
    return asked


def _first_served() -> str:
    # Hosts are opened in their order, managers first; one that has lost its power leaves its socket behind.
    sockets = [file for file in default_directory().glob("*.sock") if file.name != CONTROL]
    for file in sorted(sockets, key=lambda file: (file.stat().st_mtime_ns, file.name)):
        if is_answered(str(file)):
            return f"unix://{file}"
    raise none_found()
