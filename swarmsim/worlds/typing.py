"""What somebody types becomes lines: with a terminal keys are echoed, and some mean more than themselves."""

from collections.abc import Callable
from typing import Final

LONGEST_LINE_BYTES: Final = 65_536
_INTERRUPT, _END, _RETURN, _NEW_LINE, _BACKSPACES = 0x03, 0x04, 0x0D, 0x0A, (0x08, 0x7F)


class Typing:
    """Each line is told to `line`, the end to `end`; `echo` None: there is no terminal, and keys are bytes."""

    def __init__(
        self,
        line: Callable[[str], None],
        end: Callable[[], None],
        interrupt: Callable[[], None],
        echo: Callable[[bytes], None] | None,
    ) -> None:
        self._tell_line = line
        self._tell_end = end
        self._tell_interrupt = interrupt
        self._echo = echo
        self._line = bytearray()

    def feed(self, data: bytes) -> None:
        """So much more was typed."""
        for byte in data:
            if self._echo is None:
                self._take(byte)
            else:
                self._take_key(byte, self._echo)

    def end(self) -> None:
        """Nobody types any more; what was begun is a line."""
        if self._line:
            self._finish()
        self._tell_end()

    def _take_key(self, key: int, echo: Callable[[bytes], None]) -> None:
        if key == _INTERRUPT:
            self._line.clear()
            echo(b"^C\n")
            self._tell_interrupt()
        elif key == _END:
            if not self._line:
                self._tell_end()
        elif key in _BACKSPACES:
            if self._line:
                self._line.pop()
                echo(b"\b \b")
        elif key in (_RETURN, _NEW_LINE):
            echo(b"\n")
            self._finish()
        else:
            echo(bytes((key,)))
            self._take(key)

    def _take(self, byte: int) -> None:
        if byte == _NEW_LINE:
            self._finish()
        elif len(self._line) < LONGEST_LINE_BYTES:
            self._line.append(byte)

    def _finish(self) -> None:
        line = self._line.decode(errors="replace")
        self._line.clear()
        self._tell_line(line)
