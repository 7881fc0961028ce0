"""A shell for somebody who types: each line is run as `sh -c LINE` in the container, one after the other.

Ctrl-C kills what runs, Ctrl-D or `exit` leaves. Nothing outlives its line, so there is no `cd`, and a variable is set
for the line that sets it.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from sim.programs.waits import INTERRUPTED
from swarmsim.containers import Output, OutputTaker, Undo
from swarmsim.worlds.typing import Typing

PROMPT: Final = b"# "
MOST_LINES: Final = 1000
"""That wait while a command runs; more are lost."""
_SHELLS: Final = frozenset(("sh", "bash", "ash", "dash"))
_INTERACTIVE: Final = frozenset(("-i", "-l", "--login"))

Run = Callable[[tuple[str, ...], Callable[[int], None]], Undo]
"""Runs a command line, whose exit code is told later; returns what kills it."""


def is_typed_into(argv: tuple[str, ...]) -> bool:
    """Whether this command line is a shell that reads what it is to do."""
    return bool(argv) and argv[0].rpartition("/")[2] in _SHELLS and _INTERACTIVE.issuperset(argv[1:])


class TypingShell:
    """From `begin` until its end, which is told once with the exit code; implements `swarmsim.containers.Session`."""

    def __init__(self, run: Run, take: OutputTaker, ended: Callable[[int], None], *, tty: bool) -> None:
        self._run = run
        self._take = take
        self._ended = ended
        self._tty = tty
        self._typing = Typing(self._line, self._no_more, self._interrupt, self._show if tty else None)
        self._lines: deque[str] = deque()
        self._input_ended = False
        self._began = False
        self._over = False
        self._kill: Undo | None = None
        """Ends the command that runs."""
        self._interrupted = False
        self._status = 0

    def begin(self) -> None:
        """It reads from now on, first what was typed before."""
        if not self._began:
            self._began = True
            self._next()

    def feed(self, data: bytes) -> None:
        """So much more was typed."""
        if not self._over:
            self._typing.feed(data)

    def end_input(self) -> None:
        """Nobody types any more."""
        if not self._over:
            self._typing.end()

    def leave(self) -> None:
        """Likewise: whoever was there is gone."""
        self.end_input()

    def end(self, code: int) -> None:
        """It is over, whatever it was at."""
        if not self._over:
            self._over = True
            if self._kill is not None:
                self._kill()
            self._ended(code)

    def _line(self, line: str) -> None:
        if len(self._lines) < MOST_LINES and not self._input_ended:
            self._lines.append(line)
            if self._began and self._kill is None:
                self._next()

    def _no_more(self) -> None:
        self._input_ended = True
        if self._began and self._kill is None:
            self._next()

    def _next(self) -> None:
        """Run the next line that says anything; leave if there will be none."""
        while self._lines and not self._over:
            line = self._lines.popleft()
            words = line.split()
            if words[:1] == ["exit"]:
                self.end(int(words[1]) % 256 if words[1:] and words[1].isdecimal() else self._status)
            elif words:
                self._interrupted = False
                self._kill = self._run(("sh", "-c", line), self._command_ended)
                return
        if self._input_ended:
            self.end(self._status)
        elif self._tty and not self._over:
            self._show(PROMPT)

    def _command_ended(self, code: int) -> None:
        self._kill = None
        self._status = INTERRUPTED if self._interrupted else code
        if not self._over:
            self._next()

    def _interrupt(self) -> None:
        if self._kill is not None:
            self._interrupted = True
            self._kill()
        elif self._began and self._tty:
            self._show(PROMPT)

    def _show(self, data: bytes) -> None:
        self._take(Output.STDOUT, data)
