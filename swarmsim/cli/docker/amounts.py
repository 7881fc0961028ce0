"""Numbers as Docker's flags take them and its details show them: sizes, CPUs, durations."""

from collections.abc import Callable
from typing import Final, TypeVar

from core.document import Value
from core.mistakes import DocumentError
from core.timing import MS, SECOND
from swarmsim.cli.docker.client import DaemonError

Number = TypeVar("Number", int, float)
_NANO: Final = 1_000_000_000
_MINUTE: Final = 60 * SECOND
_HOUR: Final = 60 * _MINUTE


def size_of(text: str) -> int:
    """Bytes of `64m`, `1.5gb` or `512`."""
    return _read(Value("", text).size_bytes, text)


def duration_of(text: str) -> int:
    """Nanoseconds of `1m30s` or `150ms`."""
    return _read(Value("", text).duration_ns, text)


def nano_cpus_of(text: str) -> int:
    """Billionths of a CPU of `0.5`."""
    return round(_read(Value("", text).number, text) * _NANO)


def _read(read: Callable[[], Number], text: str) -> Number:
    try:
        return read()
    except DocumentError as error:
        raise DaemonError(f"invalid argument {text!r}: {error}") from error


def size_words(size: int) -> str:
    """`512MiB`: up to four digits, in powers of 1024."""
    amount = float(size)
    units = iter(("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"))
    unit = next(units)
    while amount >= 1024:
        amount, unit = amount / 1024, next(units, unit)
    return f"{amount:.4g}{unit}"


def duration_words(duration_ns: int) -> str:
    """As Go writes one: `1m30s`, `150ms`, `2160h0m0s`."""
    if duration_ns < SECOND:
        return f"{duration_ns / MS:g}ms" if duration_ns else "0s"
    hours, rest = divmod(duration_ns, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    seconds = f"{rest / SECOND:.9f}".rstrip("0").rstrip(".")
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{seconds}s"
