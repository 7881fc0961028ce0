"""How a group of verbs is made: `swarmsim node ls` is a verb `ls` of a group `node`."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from swarmsim.cli.docker.go_flags import GoCommand

Verbs = Mapping[str, Callable[..., None]]
"""Commands by their names; further names that docker has for one follow after `|`."""


def group(name: str, summary: str, verbs: Verbs) -> typer.Typer:
    """A group of commands that ask one daemon (`swarmsim.cli.docker.asking`)."""
    made = typer.Typer(
        name=name, help=summary, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]}
    )
    made.callback()(_choose_daemon)
    for names, command in verbs.items():
        first, *others = names.split("|")
        for each in (first, *others):
            settings: dict[str, Any] = getattr(command, "settings", {})
            made.command(each, cls=GoCommand, hidden=each != first, context_settings=settings)(command)
    return made


def _choose_daemon(
    context: typer.Context,
    host: Annotated[
        str, typer.Option("--host", "-H", metavar="HOST", help="Daemon to ask: unix://PATH or tcp://ADDRESS:PORT.")
    ] = "",
) -> None:
    context.obj = host
