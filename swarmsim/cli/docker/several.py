"""One thing done to several objects: what can be done is done, and what cannot is told after."""

import sys
from collections.abc import Callable, Iterable

import typer

from swarmsim.cli.docker.client import DaemonError


def do_each(names: Iterable[str], act: Callable[[str], None], *, label: bool = False) -> None:
    """Ends the command with exit code 1 if anything could not be done; with `label`, its name is told, too."""
    failures = []
    for name in names:
        try:
            act(name)
        except DaemonError as error:
            failures.append(f"{name}: {error}" if label else str(error))
    if failures:
        print("\n".join(failures), file=sys.stderr)
        raise typer.Exit(1)
