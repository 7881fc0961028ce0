"""Waiting longer after each failure: a delay bound that doubles from a least to a most."""


class Backoff:
    """Delays in nanoseconds; what it gives is a bound, to be taken as it is or to be drawn below."""

    __slots__ = ("_bound_ns", "_max_ns", "_min_ns")

    def __init__(self, min_ns: int, max_ns: int) -> None:
        assert 0 < min_ns <= max_ns
        self._min_ns = min_ns
        self._max_ns = max_ns
        self._bound_ns = min_ns

    def next_ns(self) -> int:
        """The bound for the wait after this failure."""
        bound_ns = self._bound_ns
        self._bound_ns = min(2 * bound_ns, self._max_ns)
        return bound_ns

    def reset(self) -> None:
        """It worked: start from the least again."""
        self._bound_ns = self._min_ns
