"""The scalars of the scenario language, each read and written by one `Kind`: times, ratios, rates, windows, names.

Reading and writing are inverse to each other, so that a scenario made by a program is a file that a person can edit.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from core.document import Value, parse_duration_ns
from core.json_schema import TEXT as ANY_TEXT
from core.json_schema import TRUTH, Schema, either, matching, one_of, whole
from core.suggestions import what_there_is
from core.timing import MS, SECOND
from swarmsim.scenario.expectations import Window
from swarmsim.scenario.names import Names

US: Final = 1_000
_PERCENT: Final = re.compile(r"([+-]?[0-9]{1,18}(?:\.[0-9]+)?)\s*%")
_RATE: Final = re.compile(r"([0-9]{1,18}(?:\.[0-9]+)?)\s*/\s*(s|m)")
_MAX_RATE_PER_S: Final = 1_000_000
"""More than any client of a swarm asks for; and a simulated clock has no room for a billion per second."""
_BANDWIDTH: Final = re.compile(r"([0-9]{1,18}(?:\.[0-9]+)?)\s*([kMG]?)bit/s")


class Kind(Struct, frozen=True):
    """How a value is read from YAML and written back."""

    read: Callable[[Value, Names], Any]
    write: Callable[[Any], object]
    schema: Schema
    """What it looks like; names are not looked up by it."""


# --- durations and instants


def read_duration(value: Value, _: Names) -> int:
    """A duration such as 20s, 150ms or 1m30s, in nanoseconds."""
    if isinstance(value.raw, str) and value.raw.startswith("-") and parse_duration_ns(value.raw[1:]) is not None:
        value.fail(f"{value.raw!r} is negative")
    return value.duration_ns()


def _read_positive_duration(value: Value, names: Names) -> int:
    duration_ns = read_duration(value, names)
    if duration_ns == 0:
        value.fail("must be longer than nothing")
    return duration_ns


def _read_signed_duration(value: Value, names: Names) -> int:
    if isinstance(value.raw, str) and value.raw.startswith("-"):
        return -Value(value.path, value.raw[1:]).duration_ns()
    return read_duration(value, names)


def _read_instant(value: Value, names: Names) -> int:
    instant_ns = read_duration(value, names)
    names.check_instant(value, instant_ns)
    return instant_ns


def write_duration(duration_ns: int) -> str:
    """The shortest exact way to write a duration in one unit: 90s rather than 1m30s."""
    sign, magnitude_ns = ("-" if duration_ns < 0 else ""), abs(duration_ns)
    for unit, size_ns in (("s", SECOND), ("ms", MS), ("us", US)):
        if magnitude_ns % size_ns == 0:
            return f"{sign}{magnitude_ns // size_ns}{unit}"
    return f"{sign}{magnitude_ns}ns"


def _read_window(value: Value, names: Names) -> Window:
    first, dots, last = value.text().partition("..")
    if not dots:
        value.fail(f"{value.raw!r} is not a window; write it like 20s..60s")
    window = Window(_read_instant(Value(value.path, first), names), _read_instant(Value(value.path, last), names))
    if window.to_ns <= window.from_ns:
        value.fail(f"the window {value.raw!r} ends before it begins")
    return window


def _write_window(window: Window) -> str:
    return f"{write_duration(window.from_ns)}..{write_duration(window.to_ns)}"


_NUMBER: Final = r"[0-9]{1,18}(\.[0-9]{1,18})?"
_DURATION: Final = f"({_NUMBER}(ns|us|µs|ms|s|m|h))+|0"
_A_DURATION: Final = either(matching(_DURATION), whole(0, 0))
DURATION: Final = Kind(read_duration, write_duration, _A_DURATION)
POSITIVE_DURATION: Final = Kind(_read_positive_duration, write_duration, matching(_DURATION))
SIGNED_DURATION: Final = Kind(_read_signed_duration, write_duration, either(matching(f"-?({_DURATION})"), whole(0, 0)))
INSTANT: Final = Kind(_read_instant, write_duration, _A_DURATION)
WINDOW: Final = Kind(_read_window, _write_window, matching(rf"({_DURATION})\.\.({_DURATION})"))


# --- numbers


def _read_percent(value: Value, _: Names) -> float:
    ratio = _percent(value)
    if not 0 <= ratio <= 1:
        value.fail(f"{value.raw!r} is not between 0% and 100%")
    return ratio


def _percent(value: Value) -> float:
    match = _PERCENT.fullmatch(value.raw) if isinstance(value.raw, str) else None
    if match is None:
        value.fail(f"{value.scalar_text()!r} is not a percentage; write it like 95% or 99.9%")
    return float(Decimal(match[1]).scaleb(-2))  # so that 99.9% is 0.999 and not its neighbour


def write_percent(ratio: float) -> str:
    """A ratio as a percentage, exactly."""
    return _plain(Decimal(repr(ratio)).scaleb(2)) + "%"


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _read_rate(value: Value, _: Names) -> float:
    match = _RATE.fullmatch(value.raw) if isinstance(value.raw, str) else None
    if match is None or float(match[1]) == 0:
        value.fail(f"{value.scalar_text()!r} is not a rate; write it like 200/s or 30/m")
    rate_per_s = float(match[1]) / (60 if match[2] == "m" else 1)
    if rate_per_s > _MAX_RATE_PER_S:
        value.fail(f"{value.raw!r} is too large; the most is {_MAX_RATE_PER_S}/s")
    return rate_per_s


def _write_rate(rate_per_s: float) -> str:
    return _plain(Decimal(repr(rate_per_s))) + "/s"


def _read_bandwidth(value: Value, _: Names) -> int:
    match = _BANDWIDTH.fullmatch(value.raw) if isinstance(value.raw, str) else None
    if match is None:
        value.fail(f"{value.scalar_text()!r} is not a bandwidth; write it like 1Gbit/s or 100Mbit/s")
    return int(float(match[1]) * {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}[match[2]])


def _read_positive_bandwidth(value: Value, names: Names) -> int:
    bits_per_s = _read_bandwidth(value, names)
    if bits_per_s == 0:
        value.fail("must be more than nothing")
    return bits_per_s


def _write_bandwidth(bits_per_s: int) -> str:
    return f"{bits_per_s}bit/s"


def count(minimum: int = 0, maximum: int | None = None) -> Kind:
    """A whole number within bounds."""
    return Kind(lambda value, _: value.integer(minimum, maximum), int, whole(minimum, maximum))


def _as_written(value: Any) -> object:
    return value


_A_PERCENTAGE: Final = matching(_PERCENT.pattern)
_A_BANDWIDTH: Final = matching(_BANDWIDTH.pattern)
_A_SIZE: Final = either(whole(0), matching(rf"\s*{_NUMBER}\s*[bkmgtBKMGT]?([iI]?[bB])?\s*"))
_CPU_COUNT: Final = either({"type": "number", "minimum": 0.001}, matching(r"\s*\+?([0-9]+\.?[0-9]*|\.[0-9]+)\s*"))
PERCENT: Final = Kind(_read_percent, write_percent, _A_PERCENTAGE)
SIGNED_PERCENT: Final = Kind(lambda value, _: _percent(value), write_percent, _A_PERCENTAGE)
RATE: Final = Kind(_read_rate, _write_rate, matching(_RATE.pattern))
BANDWIDTH: Final = Kind(_read_bandwidth, _write_bandwidth, _A_BANDWIDTH)
POSITIVE_BANDWIDTH: Final = Kind(_read_positive_bandwidth, _write_bandwidth, _A_BANDWIDTH)
SIZE: Final = Kind(lambda value, _: value.size_bytes(), _as_written, _A_SIZE)
CPUS: Final = Kind(
    lambda value, _: round(value.number(minimum=0.001) * 1e9), lambda nano_cpus: nano_cpus / 1e9, _CPU_COUNT
)
BOOLEAN: Final = Kind(lambda value, _: value.boolean(), _as_written, TRUTH)
EXIT_CODE: Final = count(0, 255)


# --- words


TEXT: Final = Kind(lambda value, _: value.text(), _as_written, ANY_TEXT)


def word(known: Iterable[str]) -> Kind:
    """One of a closed vocabulary."""
    known = tuple(known)
    return Kind(lambda value, _: value.one_of(known), _as_written, one_of(*known))


def _known(what: str, *fields: str) -> Kind:
    def read(value: Value, names: Names) -> str:
        name = value.text()
        known = [each for field in fields for each in getattr(names, field)]
        if name not in known and not names.unread.intersection(fields):
            value.fail(f"there is no {what} {name!r}{what_there_is(name, known)}")
        return name

    return Kind(read, _as_written, ANY_TEXT)


SERVICE: Final = _known("service", "services")
SECRET: Final = _known("secret", "secrets")
CONFIG: Final = _known("config", "configs")
NETWORK: Final = _known("network", "networks")
STACK_OR_SERVICE: Final = _known("stack or service", "stacks", "services")
TRAFFIC: Final = _known("traffic", "traffic")
WRITER: Final = _known("writer", "writers")
