"""How a group of verbs is made: `swarmsim node ls` is a verb `ls` of a group `node`."""

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from swarmsim.cli.docker.asking import HOST_HELP, Host, wish
from swarmsim.cli.docker.go_flags import GoCommand
from swarmsim.cli.served import SocketDir

Verb = Callable[..., None]
Verbs = Mapping[str, Verb]
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
            made.command(each, cls=GoCommand, hidden=each != first, context_settings=settings)(_choosing(command))
    return made


def _choose_daemon(context: typer.Context, host: Host = "", socket_dir: SocketDir = None) -> None:
    wish(context, host, socket_dir)


def _choosing(command: Verb) -> Verb:
    """The verb, which may be told whom to ask as its group is. Where `--host` means something else, `-H` does not."""
    own = inspect.signature(command).parameters
    if "context" not in own:
        return command  # it asks no daemon

    @functools.wraps(command)
    def run(context: typer.Context, asked_host: str, asked_directory: Path | None, **values: Any) -> None:
        wish(context, asked_host, asked_directory)
        command(context=context, **values)

    names = ("-H",) if "host" in own else ("--host", "-H")
    option = Annotated[str, typer.Option(*names, metavar="HOST", help=HOST_HELP, show_default=False)]
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        *(each.replace(kind=keyword) for each in own.values()),
        inspect.Parameter("asked_host", keyword, default="", annotation=option),
        inspect.Parameter("asked_directory", keyword, default=None, annotation=SocketDir),
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
