"""What a container has written, line by line, for whoever reads or follows it."""

from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, TypeVar

from msgspec import Struct

KEPT_LINES: Final = 10_000
"""The oldest are dropped beyond these."""
LONGEST_LINE_BYTES: Final = 16_384
"""What is longer becomes several lines, as with Docker."""


class Stream(Enum):
    """Where a process writes."""

    STDOUT = "stdout"
    STDERR = "stderr"


class LogLine(Struct, frozen=True, gc=False):
    """One line without its end; `at` in nanoseconds since the world began."""

    at: int
    stream: Stream
    data: bytes
    whole: bool = True
    """Whether a line ends there: not where it was too long, nor where its process ended before it."""


Follower = Callable[[LogLine], None]
Tap = Callable[[Stream, bytes], None]
Listener = TypeVar("Listener", bound=Callable[..., Any])


class ContainerLog:
    """The last lines of all lives of one container, in the order in which they were written."""

    __slots__ = ("_followers", "_taps", "_unfinished", "lines")

    def __init__(self) -> None:
        self.lines: deque[LogLine] = deque(maxlen=KEPT_LINES)
        self._unfinished: dict[Stream, bytes] = {}
        self._followers: list[Follower] = []
        self._taps: list[Tap] = []

    def write(self, at: int, stream: Stream, data: bytes) -> None:
        """Take in what was written at this time; a line without its end waits for it."""
        for tap in tuple(self._taps):
            tap(stream, data)
        *whole, rest = (self._unfinished.pop(stream, b"") + data).split(b"\n")
        for line in whole:
            self._take(at, stream, line)
        while len(rest) >= LONGEST_LINE_BYTES:
            self._add(LogLine(at, stream, rest[:LONGEST_LINE_BYTES], whole=False))
            rest = rest[LONGEST_LINE_BYTES:]
        if rest:
            self._unfinished[stream] = rest

    def end(self, at: int) -> None:
        """The process is over: what it wrote last is a line, ended or not."""
        for stream, rest in self._unfinished.items():
            self._add(LogLine(at, stream, rest, whole=False))
        self._unfinished.clear()

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Have every line to come told, until the returned function is called."""
        return _listed(self._followers, follower)

    def tap(self, tap: Tap) -> Callable[[], None]:
        """Have all that is written told as it comes, in lines or not, until the returned function is called."""
        return _listed(self._taps, tap)

    def _take(self, at: int, stream: Stream, line: bytes) -> None:
        for start in range(0, len(line) or 1, LONGEST_LINE_BYTES):
            end = start + LONGEST_LINE_BYTES
            self._add(LogLine(at, stream, line[start:end], whole=end >= len(line)))

    def _add(self, line: LogLine) -> None:
        self.lines.append(line)
        for follower in tuple(self._followers):
            follower(line)


def _listed(listeners: list[Listener], listener: Listener) -> Callable[[], None]:
    """Put it on the list; returns what takes it off again."""
    listeners.append(listener)

    def undo() -> None:
        if listener in listeners:
            listeners.remove(listener)

    return undo
