"""What a container has written, line by line, for whoever reads or follows it."""

from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final

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


Follower = Callable[[LogLine], None]


class ContainerLog:
    """The last lines of all lives of one container, in the order in which they were written."""

    __slots__ = ("_followers", "_unfinished", "lines")

    def __init__(self) -> None:
        self.lines: deque[LogLine] = deque(maxlen=KEPT_LINES)
        self._unfinished: dict[Stream, bytes] = {}
        self._followers: list[Follower] = []

    def write(self, at: int, stream: Stream, data: bytes) -> None:
        """Take in what was written at this time; a line without its end waits for it."""
        *whole, rest = (self._unfinished.pop(stream, b"") + data).split(b"\n")
        for line in whole:
            self._take(at, stream, line)
        while len(rest) >= LONGEST_LINE_BYTES:
            self._add(LogLine(at, stream, rest[:LONGEST_LINE_BYTES]))
            rest = rest[LONGEST_LINE_BYTES:]
        if rest:
            self._unfinished[stream] = rest

    def end(self, at: int) -> None:
        """The process is over: what it wrote last is a line, ended or not."""
        for stream, rest in self._unfinished.items():
            self._add(LogLine(at, stream, rest))
        self._unfinished.clear()

    def follow(self, follower: Follower) -> Callable[[], None]:
        """Have every line to come told, until the returned function is called."""
        followers = self._followers
        followers.append(follower)

        def undo() -> None:
            if follower in followers:
                followers.remove(follower)

        return undo

    def _take(self, at: int, stream: Stream, line: bytes) -> None:
        for start in range(0, len(line) or 1, LONGEST_LINE_BYTES):
            self._add(LogLine(at, stream, line[start : start + LONGEST_LINE_BYTES]))

    def _add(self, line: LogLine) -> None:
        self.lines.append(line)
        for follower in tuple(self._followers):
            follower(line)
