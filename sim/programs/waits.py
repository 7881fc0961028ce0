"""What a program waits for: its every step outside of itself. Programs are generators of these and hold no clock.

A program is told what came of an `Ask`, and nothing after other waits. It returns its exit code.
"""

from collections.abc import Generator
from typing import Final, TypeAlias

from msgspec import Struct

from sim.visits import Visited

COULD_NOT_RUN: Final = 127
"""Exit code of a command that there is not."""
INTERRUPTED: Final = 130
"""Exit code of what was ended by the signal that Ctrl-C sends."""
KILLED: Final = 137
"""Exit code of what was ended by the kill signal."""
TERMINATED: Final = 143
"""Exit code of what was ended by the signal to stop, and did not attend to it."""


class Sleep(Struct, frozen=True, gc=False):
    """So many nanoseconds."""

    duration_ns: int


class Ask(Struct, frozen=True, gc=False):
    """The end of a request to a name or an address."""

    host: str
    port: int
    path: str
    timeout_ns: int


class Serve(Struct, frozen=True, gc=False):
    """Its end from outside, as the image's own program: until then it listens where its image does."""


class Idle(Struct, frozen=True, gc=False):
    """Its end from outside, with nothing to do until then."""


Wait: TypeAlias = Sleep | Ask | Serve | Idle
Program: TypeAlias = Generator[Wait, Visited | None, int]
