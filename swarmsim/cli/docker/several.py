"""One thing done to several objects: what can be done is done, and what cannot is told after."""

import sys
from collections.abc import Callable, Iterable

import typer

from swarmsim.cli.docker.client import DaemonError


def do_each(
    names: Iterable[str],
    act: Callable[[str], None],
    *,
    label: bool = False,
    then: Callable[[], None] | None = None,
) -> None:
    """Ends the command with exit code 1 if anything could not be done; with `label`, its name is told, too.

    `then` is done after, before failures are told.
    """
    failures = []
    for name in names:
        try:
            act(name)
        except DaemonError as error:
            failures.append(f"{name}: {error}" if label else str(error))
    if then is not None:
        then()
    if failures:
        print("\n".join(failures), file=sys.stderr)
        raise typer.Exit(1)
