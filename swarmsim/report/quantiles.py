"""Quantiles by the nearest rank: always a value that was really seen, and the same on any machine."""

from collections.abc import Sequence


def quantile(ordered: Sequence[int], percent: int) -> int:
    """The smallest value with at least `percent` of all values at or below it. `ordered` is sorted and not empty."""
    assert ordered, "nothing has no quantiles"
    assert 0 < percent <= 100, percent
    rank = -(-percent * len(ordered) // 100)
    return ordered[rank - 1]
