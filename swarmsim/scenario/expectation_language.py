"""How expectations are written: a claim, and `after` with `within`, or `over` a window, or `at` an instant."""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Final

from msgspec import Struct

from core.document import Value
from core.json_schema import Schema, one_of
from core.mistakes import Mistakes
from core.objects.service import UpdateState
from core.suggestions import what_there_is
from swarmsim.checks.situations import SITUATIONS
from swarmsim.checks.suite import CHECKS
from swarmsim.scenario import expectations
from swarmsim.scenario.expectations import (
    EXPECTED_OUTCOMES,
    Claim,
    Expectation,
    LeaderThroughout,
    Running,
    Window,
)
from swarmsim.scenario.forms import Form, Mapped, Part, Shape, Single, flow, mapping
from swarmsim.scenario.names import Names
from swarmsim.scenario.target_language import HOSTS
from swarmsim.scenario.words import (
    INSTANT,
    PERCENT,
    POSITIVE_DURATION,
    SERVICE,
    STACK_OR_SERVICE,
    TEXT,
    TRAFFIC,
    WINDOW,
    WRITER,
    Kind,
    count,
    word,
)


class ClaimForm(Struct, frozen=True):
    """How one kind of claim is written: the value under its word, and the keys beside it."""

    word: str
    claim: type[Any]
    value: Shape
    beside: Form[Any]


class _True:
    """The value is `true` and says nothing more."""

    def read(self, value: Value, _: Names) -> dict[str, Any]:
        if value.raw is not True:
            value.fail(f"only 'true' can be expected here, not {value.scalar_text()!r}")
        return {}

    def write(self, _: Any) -> object:
        return True

    def schema(self) -> Schema:
        return {"const": True}


def _enum(members: Iterable[Enum]) -> Kind:
    by_word = {member.value: member for member in members}
    return Kind(lambda value, _: by_word[value.one_of(by_word)], lambda member: member.value, one_of(*by_word))


def _read_of(value: Value, names: Names) -> str | None:
    return None if value.raw == "all" else STACK_OR_SERVICE.read(value, names)


_AFTER: Final = (Part("after", "after_ns", INSTANT), Part("within", "within_ns", POSITIVE_DURATION))
_OVER: Final = Part("over", "window", WINDOW)
_BY: Final = Part("by", "writer", WRITER)
_AT_LEAST: Final = Part("at-least", "at_least", PERCENT)
_OF: Final = Single("of", Kind(_read_of, lambda of: "all" if of is None else of, STACK_OR_SERVICE.schema))


def _form(name: str, claim: type[Any], value: Shape, *beside: Part) -> ClaimForm:
    return ClaimForm(name, claim, value, Form(claim, *beside))


def _mapped(claim: type[Any], *parts: Part) -> Mapped:
    return Mapped(Form(claim, *parts))


_MEMBERS: Final = _mapped(
    expectations.Members, Part("managers", "manager_count", count(1)), Part("workers", "worker_count", count(0))
)
_UPDATED: Final = _mapped(
    expectations.Updated, Part("service", "service", SERVICE), Part("is", "state", _enum(UpdateState))
)
_PENDING: Final = _mapped(expectations.Pending, Part("service", "service", SERVICE), Part("because", "because", TEXT))
_RATE: Final = _mapped(expectations.SuccessRate, Part("traffic", "traffic", TRAFFIC), _AT_LEAST)
_ELECTIONS: Final = _mapped(expectations.Elections, Part("at-most", "at_most", count(0)))
_RUNNING: Final = _mapped(Running, Part("service", "service", SERVICE), Part("at-least", "at_least", count(1)))

FORMS: Final = (
    _form("leader", expectations.Leader, _True(), *_AFTER),
    _form("leader", expectations.LeaderOver, Single("leader", _enum(LeaderThroughout)), _OVER),
    _form("elections", expectations.Elections, _ELECTIONS, _OVER),
    _form("converged", expectations.Converged, _OF, *_AFTER),
    _form("members", expectations.Members, _MEMBERS, *_AFTER),
    _form("caught-up", expectations.CaughtUp, Single("hosts", HOSTS), *_AFTER),
    _form("update", expectations.Updated, _UPDATED, *_AFTER),
    _form("pending", expectations.Pending, _PENDING, *_AFTER),
    _form("even", expectations.Even, Single("service", SERVICE), *_AFTER),
    _form("gone", expectations.Gone, Single("service", SERVICE), *_AFTER),
    _form("success-rate", expectations.SuccessRate, _RATE, _OVER),
    _form("writes", expectations.Writes, Single("outcome", _enum(EXPECTED_OUTCOMES)), _OVER, _AT_LEAST, _BY),
    _form("write-acknowledged", expectations.WriteAcknowledged, _True(), *_AFTER, _BY),
    _form("running", Running, _RUNNING, _OVER),
    _form("keeps-running", expectations.KeepsRunning, _OF, _OVER),
    _form("always", expectations.Always, Single("check", word(CHECKS))),
    _form("sometimes", expectations.Sometimes, Single("situation", word(SITUATIONS))),
)
"""Every claim; `leader` has two forms, told apart by `after` and `over`."""

_WORDS: Final = tuple(dict.fromkeys(form.word for form in FORMS))
_BESIDE: Final = ("at", *dict.fromkeys(key for form in FORMS for key in form.beside.keys))


def expectation_schemas() -> Iterator[Schema]:
    """What an expectation looks like, claim by claim."""
    for form in FORMS:
        keys = {form.word: form.value.schema(), **form.beside.properties}
        yield {"title": form.word, **mapping(keys, [form.word, *form.beside.required])}
    at = {"at": INSTANT.schema, "running": _RUNNING.schema()}
    yield {"title": "running at an instant", **mapping(at, at)}


def read_expectation(item: Value, names: Names, line: int) -> Expectation:
    """One entry of `expect`."""
    entries = item.mapping()
    form = _form_of(item, entries)
    if form.claim is Running and "at" in entries:
        claim: Claim = _read_running_at(item, names)
    else:
        mistakes = Mistakes()
        item.known_fields(mistakes, form.word, *form.beside.keys, required=form.beside.required)
        fields = mistakes.attempt(lambda: form.value.read(entries[form.word], names)) or {}
        fields |= mistakes.attempt(lambda: form.beside.read_fields(entries, names)) or {}
        mistakes.settle()
        claim = form.claim(**fields)
    _check_end(entries, claim, names)
    return Expectation(claim, line, text_of(claim))


def _form_of(item: Value, entries: dict[str, Value]) -> ClaimForm:
    words = [key for key in entries if key in _WORDS]
    if not words:
        for key, value in entries.items():
            if key not in _BESIDE:
                value.fail(f"unknown expectation {key!r}{what_there_is(key, _WORDS)}")
        item.fail(f"an expectation needs one of {', '.join(_WORDS)}")
    if len(words) > 1:
        item.fail(f"one claim per expectation, not {' and '.join(words)}")
    forms = [form for form in FORMS if form.word == words[0]]
    return next((form for form in forms if "over" in entries and "over" in form.beside.keys), forms[0])


def _read_running_at(item: Value, names: Names) -> Running:
    entries = item.fields("at", "running")
    at_ns: int = INSTANT.read(entries["at"], names)
    return Running(window=Window(at_ns, at_ns), **_RUNNING.read(entries["running"], names))


def _check_end(entries: dict[str, Value], claim: Claim, names: Names) -> None:
    end_ns = end_of(claim)
    if "within" in entries and names.end_ns is not None and end_ns > names.end_ns:
        entries["within"].fail(f"{INSTANT.write(end_ns)} would be after the end of the scenario")


def end_of(claim: Claim) -> int:
    """The last instant that a claim speaks of; 0 if it speaks of all."""
    window = getattr(claim, "window", None)
    if window is not None:
        return int(window.to_ns)
    return int(getattr(claim, "after_ns", 0) + getattr(claim, "within_ns", 0))


def write_expectation(claim: Claim) -> dict[str, object]:
    """The entry of `expect` for a claim."""
    form = next(form for form in FORMS if form.claim is type(claim))
    beside = form.beside.write(claim)
    if isinstance(claim, Running) and claim.window.from_ns == claim.window.to_ns:
        beside = {"at": INSTANT.write(claim.window.from_ns)}
    when = {key: beside.pop(key) for key in ("at", "after", "over") if key in beside}
    return {**when, form.word: form.value.write(claim), **beside}


def text_of(claim: Claim) -> str:
    """The claim on one line, as written in a scenario."""
    return flow(write_expectation(claim))[1:-1]
