"""The leader's idea of wall time: one object that all reconcilers share, changed when the clock jumps."""


class Wall:
    """Wall time is monotonic time plus an offset, both in nanoseconds."""

    __slots__ = ("offset_ns",)

    def __init__(self, offset_ns: int) -> None:
        self.offset_ns = offset_ns

    def at(self, now: int) -> int:
        """Nanoseconds since the epoch."""
        return now + self.offset_ns

    def started_at(self, now: int, created_at: int, at_most_ns: int) -> int:
        """Where on this host's monotonic clock something began that the store dates `created_at`.

        Clocks of leaders differ: what seems to lie in the future began now, what seems older than `at_most_ns` is
        as old as that.
        """
        return now - min(max(self.at(now) - created_at, 0), at_most_ns)
