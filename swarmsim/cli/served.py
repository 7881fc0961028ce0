"""What all commands that speak to a running `swarmsim serve` have in common: where it is, and when it is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from swarmsim.cli.failure import fail
from swarmsim.serve.client import ControlClient, NotServedError, RefusalError
from swarmsim.serve.place import DIRECTORY_VARIABLE, default_directory

SocketDir: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--socket-dir",
        metavar="DIR",
        help="Where the cluster is served from.",
        show_default=f"${DIRECTORY_VARIABLE}, or by user",
    ),
]


@contextmanager
def serving(directory: Path | None) -> Iterator[ControlClient]:
    """The cluster that is served from there; whatever it refuses inside ends the command."""
    try:
        yield ControlClient(directory or default_directory())
    except (NotServedError, RefusalError) as error:
        fail(str(error).replace("\n", "\nerror: "))
