"""Streams over one connection, as Docker mixes them: eight bytes before each piece tell whose it is and how long.

A terminal is one stream by nature, so nothing is mixed where there is one.
"""

from typing import Final

from swarmsim.api.versions import Version
from swarmsim.containers import Output

STDOUT: Final = 1
STDERR: Final = 2
SYSTEM: Final = 3
"""What the daemon itself has to say: clients end with it as an error."""

RAW: Final = "application/vnd.docker.raw-stream"
MULTIPLEXED: Final = "application/vnd.docker.multiplexed-stream"
_TOLD_APART_FROM: Final[Version] = (1, 42)
"""From this version on the type of the content says whether streams are mixed."""

NUMBERS: Final = {Output.STDOUT: STDOUT, Output.STDERR: STDERR}


def frame(stream: int, data: bytes) -> bytes:
    """One piece of a stream."""
    return bytes((stream, 0, 0, 0)) + len(data).to_bytes(4, "big") + data


def content_type(version: Version, *, tty: bool) -> str:
    """Of what is sent in this version of the API."""
    return RAW if tty or version < _TOLD_APART_FROM else MULTIPLEXED


class Mixer:
    """What is written where, as it goes over the connection; with a terminal, lines end as terminals want it."""

    def __init__(self, *, tty: bool) -> None:
        self._tty = tty

    def output(self, output: Output, data: bytes) -> bytes:
        """What a process writes."""
        return data.replace(b"\n", b"\r\n") if self._tty else frame(NUMBERS[output], data)

    def error(self, text: str) -> bytes:
        """What the daemon has to say."""
        line = f"{text}\n".encode()
        return line if self._tty else frame(SYSTEM, line)
