"""Where a moment lies on a chart, and which moments deserve a tick."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from core.timing import MS, SECOND

_STEPS_NS: Final = tuple(
    scale * digit for scale in (MS, 10 * MS, 100 * MS, SECOND, 10 * SECOND, 100 * SECOND) for digit in (1, 2, 5)
)
_MOST_TICKS: Final = 12


class TimeAxis(Struct, frozen=True, gc=False):
    """From `from_ns` at `left` to `to_ns` at `left + width`."""

    from_ns: int
    to_ns: int
    left: float
    width: float

    def x(self, at_ns: int) -> float:
        """The place of a moment; of one outside, the nearer end."""
        inside = min(max(at_ns, self.from_ns), self.to_ns)
        return self.left + self.width * (inside - self.from_ns) / max(self.to_ns - self.from_ns, 1)

    def shows(self, from_ns: int, to_ns: int) -> bool:
        """Whether any of a stretch is to be seen."""
        return from_ns < self.to_ns and to_ns > self.from_ns

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Places and their labels, at round moments."""
        length_ns = self.to_ns - self.from_ns
        step = next((step for step in _STEPS_NS if length_ns <= step * _MOST_TICKS), _STEPS_NS[-1])
        at_ns = -(-self.from_ns // step) * step
        while at_ns <= self.to_ns:
            yield self.x(at_ns), f"{at_ns // MS} ms" if length_ns < SECOND else f"{at_ns / SECOND:g} s"
            at_ns += step
