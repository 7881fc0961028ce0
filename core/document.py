"""A parsed YAML or JSON document, walked from its root so that every complaint can name the path of what is wrong.

A `Value` pairs a plain Python object (dict, list, str, int, float, bool, None) with its path, such as
`services.web.ports[0]`. Every reader either returns what it promises or raises `DocumentError`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, Final, NoReturn, TypeVar

from core.mistakes import DocumentError, Mistakes, gather
from core.suggestions import did_you_mean, nearest, what_there_is
from core.timing import MS, SECOND


class Interpolated(str):
    """Text that came out of a variable: it may stand for a number or a truth value where one is asked for."""

    __slots__ = ("unset",)
    unset: tuple[str, ...]
    """The variables that were not there."""

    def __new__(cls, text: str, unset: tuple[str, ...] = ()) -> "Interpolated":
        self = super().__new__(cls, text)
        self.unset = unset
        return self


Record = TypeVar("Record")

_UNIT_NS: Final = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": MS, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND}
_MAX_DESCRIBED: Final = 80
_MAX_INTEGER: Final = 2**63 - 1
"""What fits on the wire."""
_WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_DURATION_PART: Final = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)(ns|us|µs|ms|s|m|h)")
_SIZE_UNIT: Final = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE: Final = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([bkmgt]?)(?:i?b)?", re.IGNORECASE)
_TRUTH: Final = {"true": True, "false": False}


class Value:
    """One place in a document and what is written there."""

    __slots__ = ("path", "raw")

    def __init__(self, path: str, raw: object) -> None:
        self.path = path
        self.raw = raw

    def __repr__(self) -> str:
        return f"Value({self.path!r}, {self.raw!r})"

    def fail(self, problem: str) -> NoReturn:
        """Refuse this value; where it lacks a variable, that may be why."""
        unset = self.raw.unset if isinstance(self.raw, Interpolated) else ()
        raise DocumentError(self.path, "; ".join([problem, *map(is_not_set, unset)]))

    def fail_type(self, expected: str) -> NoReturn:
        """Refuse this value for being something else than `expected`, such as "a number"."""
        self.fail(f"expected {expected}, not {described(self.raw)}")

    # --- structure

    @property
    def is_null(self) -> bool:
        """Nothing is written here."""
        return self.raw is None

    @property
    def is_mapping(self) -> bool:
        """A mapping is written here, possibly an empty one."""
        return isinstance(self.raw, dict)

    @property
    def is_list(self) -> bool:
        """A list is written here, possibly an empty one."""
        return isinstance(self.raw, list)

    @property
    def is_text(self) -> bool:
        """Text is written here, possibly empty."""
        return isinstance(self.raw, str)

    @property
    def is_integer(self) -> bool:
        """A whole number is written here."""
        return isinstance(self.raw, int) and not isinstance(self.raw, bool)

    def mapping(self) -> dict[str, "Value"]:
        """The entries in the order written; null is an empty mapping."""
        if self.raw is None:
            return {}
        if not isinstance(self.raw, dict):
            self.fail_type("a mapping")
        return {self._key(key): self._child(key, raw) for key, raw in self.raw.items()}

    def fields(self, *known: str, required: Iterable[str] = ()) -> dict[str, "Value"]:
        """The entries of a mapping that may hold these keys only (and `x-…` extensions, which are left out)."""
        mistakes = Mistakes()
        entries = self.known_fields(mistakes, *known, required=required)
        mistakes.settle()
        return entries

    def known_fields(self, mistakes: Mistakes, *known: str, required: Iterable[str] = ()) -> dict[str, "Value"]:
        """Likewise, for a reader that goes on: unknown and missing keys are noted, and what is known is returned."""
        entries = {key: value for key, value in self.mapping().items() if not key.startswith("x-")}
        unknown = [key for key in entries if key not in known]
        for key in unknown:
            mistakes.note(entries[key].path, f"unknown key {key!r}{did_you_mean(key, known)}")
        misspelt = [nearest(key, known) for key in unknown]  # to miss what was meant would be to complain twice
        for key in required:
            if key not in entries and key not in misspelt:
                mistakes.note(self.path, f"{key!r} is missing")
        return {key: value for key, value in entries.items() if key in known}

    def record(self, make: Callable[..., Record], readers: "Readers", required: Iterable[str] = ()) -> Record:
        """The entries of a mapping as a record: each known key has the field it sets and how its value is read."""
        mistakes = Mistakes()
        entries = self.known_fields(mistakes, *readers, required=required)
        fields = mistakes.attempt(lambda: read_fields(entries, readers))
        mistakes.settle()
        return make(**(fields or {}))

    def items(self) -> list["Value"]:
        """The items of a list; null is an empty list."""
        if self.raw is None:
            return []
        if not isinstance(self.raw, list):
            self.fail_type("a list")
        return [Value(f"{self.path}[{index}]", raw) for index, raw in enumerate(self.raw)]

    # --- scalars

    def text(self) -> str:
        """Text; a number is not text."""
        if not isinstance(self.raw, str):
            self.fail_type("text")
        return str(self.raw)

    def scalar_text(self) -> str:
        """Text, or a number or truth value as it would be written; null is empty."""
        if isinstance(self.raw, dict | list):
            self.fail_type("text or a number")
        return scalar_as_text(self.raw)

    def one_of(self, words: Iterable[str]) -> str:
        """One word of a closed vocabulary."""
        known = tuple(words)
        word = self.text()
        if word not in known:
            self.fail(f"{word!r} is not possible here{what_there_is(word, known)}")
        return word

    def boolean(self) -> bool:
        """`true` or `false`."""
        raw = _TRUTH.get(self.raw.lower()) if isinstance(self.raw, Interpolated) else self.raw
        if not isinstance(raw, bool):
            self.fail_type("true or false")
        return raw

    def integer(self, minimum: int | None = None, maximum: int | None = None) -> int:
        """A whole number within bounds (included)."""
        raw = self.raw
        if isinstance(raw, Interpolated) and is_whole_number(raw[1:] if raw.startswith(("+", "-")) else raw):
            raw = int(raw)
        if not isinstance(raw, int) or isinstance(raw, bool):
            self.fail_type("a whole number")
        self._check_bounds(
            raw, -_MAX_INTEGER if minimum is None else minimum, _MAX_INTEGER if maximum is None else maximum
        )
        return raw

    def number(self, minimum: float | None = None, maximum: float | None = None) -> float:
        """A finite number within bounds (included), also as text."""
        raw = self.raw
        if isinstance(raw, str) and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", raw.strip()):
            raw = float(raw)
        if not isinstance(raw, int | float) or isinstance(raw, bool) or not abs(raw) < float("inf"):
            self.fail_type("a number")
        self._check_bounds(raw, minimum, maximum)
        return float(raw)

    def duration_ns(self) -> int:
        """A duration in Go's notation, such as 1m30s, 1.5h or 150ms, in nanoseconds; never negative."""
        duration = parse_duration_ns(self.raw) if isinstance(self.raw, str) else None
        if duration is None and self.raw == 0:
            duration = 0
        if duration is None:
            self.fail(f"{described(self.raw)} is not a duration; write it like 20s, 150ms or 1m30s")
        return duration

    def size_bytes(self) -> int:
        """A size such as 64m, 1.5gb or 512 (bytes); units are powers of 1024."""
        if self.is_integer:
            return self.integer(minimum=0)
        match = _SIZE.fullmatch(self.text().strip())
        if match is None:
            self.fail(f"{self.raw!r} is not a size; write it like 64m, 1.5g or a number of bytes")
        size_bytes = int(float(match[1]) * _SIZE_UNIT[match[2].lower()])
        self._check_bounds(size_bytes, 0, _MAX_INTEGER)
        return size_bytes

    # --- inside

    def _check_bounds(self, number: float, minimum: float | None, maximum: float | None) -> None:
        if minimum is not None and number < minimum:
            self.fail(f"{number} is too small; the least is {minimum}")
        if maximum is not None and number > maximum:
            self.fail(f"{number} is too large; the most is {maximum}")

    def _key(self, key: object) -> str:
        if isinstance(key, dict | list | tuple) or key is None:
            self.fail(f"a key must be text, not {described(key)}")
        return scalar_as_text(key)

    def _child(self, key: object, raw: object) -> "Value":
        name = scalar_as_text(key)
        return Value(f"{self.path}.{name}" if self.path else name, raw)


Readers = Mapping[str, tuple[str, Callable[[Value], Any]]]
"""For each key that may be written: the name of the record's field, and the reader of its value."""


def read_fields(entries: Mapping[str, Value], readers: Readers) -> dict[str, Any]:
    """The fields of a record that are written in `entries`; keys without a reader are left alone."""
    return gather({field: partial(read, entries[key]) for key, (field, read) in readers.items() if key in entries})


def whole_count(value: Value) -> int:
    """A whole number, 0 or more."""
    return value.integer(minimum=0)


def parse_duration_ns(text: str) -> int | None:
    """Nanoseconds of a duration in Go's notation without a sign; None if it is not one, or longer than 292 years."""
    if text == "0":
        return 0
    parts = list(_DURATION_PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        return None
    duration_ns = sum(round(Fraction(part[1]) * _UNIT_NS[part[2]]) for part in parts)
    return duration_ns if duration_ns <= _MAX_INTEGER else None


def is_whole_number(text: str) -> bool:
    """Whether it is digits and nothing else, and not absurdly many of them."""
    return _WHOLE_NUMBER.fullmatch(text) is not None


def scalar_as_text(raw: object) -> str:
    """A scalar as YAML writes it: true, not True; empty for null."""
    if raw is None:
        return ""
    return str(raw).lower() if isinstance(raw, bool) else str(raw)


def described(raw: object) -> str:
    """A value in few words, for a message."""
    if raw is None:
        return "nothing"
    if isinstance(raw, dict):
        return "a mapping"
    if isinstance(raw, list):
        return "a list"
    if isinstance(raw, str):
        return repr(raw if len(raw) <= _MAX_DESCRIBED else f"{raw[:_MAX_DESCRIBED]}…")
    return scalar_as_text(raw)


def is_not_set(variable: str) -> str:
    """What to tell of a variable that a document asks for in vain."""
    return f"variable {variable!r} is not set"
