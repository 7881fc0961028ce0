"""What a command of the command line prints, for tests that run many of them."""

from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest
from command_line import Ended

from swarmsim.cli import main


def command(*arguments: str) -> Ended:
    """Run it to its end; whatever it raises but its exit comes through."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
        main(list(arguments))
    return Ended(int(left.value.code or 0), out.getvalue(), err.getvalue())


def told(*arguments: str) -> str:
    """The same for one that is to end well: what it printed."""
    ended = command(*arguments)
    assert (ended.code, ended.err) == (0, "")
    return ended.out


def rows(table: str) -> Iterator[list[str]]:
    """The cells of a printed table's rows, without its head."""
    yield from ([cell.strip() for cell in line.split("   ") if cell.strip()] for line in table.splitlines()[1:])
