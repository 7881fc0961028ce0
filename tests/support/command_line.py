"""One command of the command line, run in this process."""

from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest

from swarmsim.cli import main


class Ended:
    """How a command ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def lines(self) -> list[str]:
        """Of standard output."""
        return self.out.splitlines()


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
