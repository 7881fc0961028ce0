"""`swarmsim` and its commands. A new command is one more entry of `COMMANDS`, or of `GROUPS`.

Exit codes: 0 all is as expected; 1 an expectation did not hold, or a daemon refused; 2 could not tell, or bad input;
130 interrupted; 141 whoever read the output has seen enough of it.
"""

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any, Final, NoReturn

import typer

from swarmsim.cli.check import check
from swarmsim.cli.docker.asking import Host, wish
from swarmsim.cli.docker.client import DaemonError
from swarmsim.cli.docker.verbs import GROUPS as DOCKER_GROUPS
from swarmsim.cli.exit_codes import BAD_INPUT, INTERRUPTED, NOT_DONE, UNREAD
from swarmsim.cli.fault import fault
from swarmsim.cli.fuzz import fuzz
from swarmsim.cli.machine import machine
from swarmsim.cli.openapi import openapi
from swarmsim.cli.plan import plan
from swarmsim.cli.run import run
from swarmsim.cli.scenarios import scenarios
from swarmsim.cli.schema import schema
from swarmsim.cli.serve import serve
from swarmsim.cli.top import top
from swarmsim.product import package_version
from swarmsim.yaml_source import SourceError

COMMANDS: Final[tuple[Callable[..., Any], ...]] = (run, scenarios, check, plan, fuzz, serve, top, openapi, schema)
GROUPS: Final[dict[str, Callable[[], typer.Typer]]] = {"machine": machine, "fault": fault}
"""Commands that have commands of their own."""

_EPILOG: Final = (
    "Exit codes: 0 all is as expected; 1 something was violated, or refused; 2 could not tell, or bad input; "
    "130 interrupted; 141 nobody reads on."
)


def application() -> typer.Typer:
    """The command line with all its commands."""
    app = typer.Typer(
        name="swarmsim",
        help="A container swarm, simulated: play scenarios, inject faults, read what happened.",
        epilog=_EPILOG,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for command in COMMANDS:
        app.command()(command)
    for name, group in GROUPS.items():
        app.add_typer(group(), name=name)
    for verb_group in DOCKER_GROUPS:
        app.add_typer(verb_group)
    return app


def main(arguments: list[str] | None = None) -> None:
    """Run one command; bad input ends in a line per mistake and exit code 2, never in a traceback."""
    try:
        _run(arguments)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):  # Typer makes a 1 of it, which would mean "violated"
            _leave_unread()
        if left.code == INTERRUPTED:
            print("interrupted", file=sys.stderr)
        raise
    except SourceError as error:
        for mistake in error.each:
            print(f"error: {mistake}", file=sys.stderr)
        sys.exit(BAD_INPUT)
    except DaemonError as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_DONE)
    except BrokenPipeError:
        _leave_unread()
    except OSError as error:  # a report or a failing schedule that cannot be written
        print(f"error: {error.filename or 'writing'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(BAD_INPUT)


def _run(arguments: list[str] | None) -> None:
    try:
        application()(arguments, prog_name="swarmsim")
    finally:
        print(end="", flush=True)  # here, and not when the interpreter ends: there nobody can be told what comes of it


def _leave_unread() -> NoReturn:
    # What is still to be written would fail once more when the interpreter ends, and with a message.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    sys.exit(UNREAD)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"swarmsim {package_version() or '(not installed)'}")
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    host: Host = "",
) -> None:
    asks = [group.info.name for group in DOCKER_GROUPS]
    if host and context.invoked_subcommand not in asks:
        raise typer.BadParameter(f"only {', '.join(map(str, asks))} ask a daemon", param_hint="--host")
    wish(context, host)
