"""Exchanges over time: a window cut into equal bins, with what was asked in each and how long good answers took."""

from collections.abc import Sequence

from msgspec import Struct

from core.timing import MS, SECOND
from swarmsim.report.exchanges import Clients, Exchange
from swarmsim.report.quantiles import quantile

_STEPS_NS = (10 * MS, 20 * MS, 50 * MS, 100 * MS, 200 * MS, 500 * MS, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND)
_MOST_BINS = 200
_FEWEST_PER_BIN = 2


class Series(Struct, frozen=True, gc=False):
    """Bin number i holds what started from `from_ns + i * bin_ns` on, for `bin_ns`."""

    name: str
    kind: str
    from_ns: int
    bin_ns: int
    good: tuple[int, ...]
    failed: dict[str, tuple[int, ...]]
    """By outcome."""
    p50_ns: tuple[int | None, ...]
    """Of good answers; None where there are none."""
    max_ns: tuple[int | None, ...]


def series_of(clients: Clients, from_ns: int, to_ns: int) -> Series:
    """One source from `from_ns` to `to_ns`."""
    bin_ns = _bin_ns(clients.rate_per_s, to_ns - from_ns)
    bins: list[list[Exchange]] = [[] for _ in range(-(-(to_ns - from_ns) // bin_ns))]
    for each in clients.exchanges:
        if from_ns <= each.started_at < to_ns:
            bins[(each.started_at - from_ns) // bin_ns].append(each)
    outcomes = sorted({each.outcome for held in bins for each in held if not each.good})
    latencies = [sorted(each.ended_at - each.started_at for each in held if each.good) for held in bins]
    return Series(
        name=clients.name,
        kind=clients.kind,
        from_ns=from_ns,
        bin_ns=bin_ns,
        good=tuple(sum(each.good for each in held) for held in bins),
        failed={name: tuple(sum(each.outcome == name for each in held) for held in bins) for name in outcomes},
        p50_ns=tuple(_quantile(held, 50) for held in latencies),
        max_ns=tuple(_quantile(held, 100) for held in latencies),
    )


def _bin_ns(rate_per_s: float, length_ns: int) -> int:
    """The shortest that gives few enough bins, each with a few exchanges."""
    fits = (
        step for step in _STEPS_NS if length_ns / step <= _MOST_BINS and rate_per_s * step >= _FEWEST_PER_BIN * SECOND
    )
    return next(fits, _STEPS_NS[-1])


def _quantile(ordered: Sequence[int], percent: int) -> int | None:
    return quantile(ordered, percent) if ordered else None
