"""Notices a host that spins: one that is stepped over and over while next to no time passes."""

from typing import Any, Final

from core.timing import MS

WINDOW_NS: Final = 100 * MS
MOST_STEPS: Final = 20_000
"""Of one host in one window. A busy leader takes a few hundred; a driver could not keep up with this many."""


class HostSpinsError(AssertionError):
    """A host asks to be called again and again without getting anywhere."""


class Pace:
    """Counts steps per host and window of time."""

    def __init__(self) -> None:
        self._window = 0
        self._counts: dict[str, int] = {}

    def step(self, at_ns: int, host: str, event: Any) -> None:
        """A host took a step. Raises HostSpinsError if that was one too many."""
        window = at_ns // WINDOW_NS
        if window != self._window:
            self._window = window
            self._counts.clear()
        count = self._counts[host] = self._counts.get(host, 0) + 1
        if count > MOST_STEPS:
            raise HostSpinsError(
                f"{host} took {count} steps within {WINDOW_NS // MS} ms, the last one for {type(event).__name__}"
            )
