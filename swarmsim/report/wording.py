"""Numbers, durations and lists as a reader wants them."""

from collections.abc import Sequence

from core.timing import MS, SECOND

_MINUTE = 60 * SECOND


def duration(length_ns: int) -> str:
    """With three significant digits or so: `0.25 ms`, `1.2 ms`, `261 ms`, `3.32 s`, `2 min 5 s`."""
    if length_ns < 0:
        return f"−{duration(-length_ns)}"
    if length_ns == 0:
        return "0 s"
    if length_ns < MS:
        return f"{length_ns / MS:.2g} ms"
    if length_ns < 10 * MS:
        return f"{length_ns / MS:.1f} ms"
    if length_ns < SECOND - MS // 2:
        return f"{length_ns / MS:.0f} ms"
    if length_ns < 10 * SECOND:
        return f"{length_ns / SECOND:.2f} s"
    if length_ns < 2 * _MINUTE:
        return f"{length_ns / SECOND:.1f} s".replace(".0 ", " ")
    return f"{length_ns // _MINUTE} min {length_ns % _MINUTE // SECOND} s"


def instant(at_ns: int) -> str:
    """A moment of the story, to the millisecond: `20.261 s`."""
    return f"{at_ns / SECOND:.3f} s".replace("-", "−")


def mark(at_ns: int) -> str:
    """A moment as a scenario would write it, for headings: `20 s`, `62.5 s`."""
    return f"{at_ns / SECOND:g} s"


def replica_seconds(area_ns: int) -> str:
    """Tasks that were missing times how long, to a tenth: `12.5`; `<0.1` where there was less, but something."""
    return "<0.1" if 0 < area_ns < SECOND // 20 else f"{area_ns / SECOND:.1f}"


def share(part: int, whole: int) -> str:
    """`0.72 %`; never 0 or 100 unless it is that exactly."""
    if whole == 0:
        return "–"
    percent = 100 * part / whole
    if 0 < part < whole:
        percent = min(max(percent, 0.01), 99.99)
    digits = 2 if percent < 1 or percent > 99 else 1
    text = f"{percent:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if part in (0, whole) else text} %"


def size(bytes_count: float) -> str:
    """`512 B`, `3.4 kB`, `1.2 MB`."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if bytes_count >= scale:
            return (
                f"{bytes_count / scale:.3g} {unit}"
                if bytes_count < 999 * scale
                else f"{bytes_count / scale:,.0f} {unit}"
            )
    return f"{bytes_count:.0f} B"


def listed(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
