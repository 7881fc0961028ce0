"""Standard input among the files of a command: `-`, once."""

from collections.abc import Sequence
from pathlib import Path

import typer

from swarmsim.compose_files import STANDARD_INPUT


def check_read_once(files: Sequence[Path]) -> None:
    """Raise typer.BadParameter if it is named twice: the second time there is nothing left to read."""
    if list(files).count(STANDARD_INPUT) > 1:
        raise typer.BadParameter("standard input can be read once", param_hint="'-'")
