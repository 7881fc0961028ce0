"""Kinds of values in the bodies of Docker's Engine API: how each is read, and how it is written.

Reading refuses with `core.mistakes.DocumentError`, which names the path of what is wrong; all that is wrong in a body
is told at once. What is refused here is what has the wrong form; whether a value may be is judged where it is to take
effect (`core.manager.control`).
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from enum import Enum, IntEnum
from typing import Any, Generic, TypeVar

from msgspec import Struct

from core import json_schema
from core.document import Value
from core.json_schema import Schema
from core.mistakes import each
from core.suggestions import what_there_is

Content = TypeVar("Content")
Word = TypeVar("Word", bound=Enum)
State = TypeVar("State", bound=IntEnum)

Object = dict[str, Any]
"""A JSON object, ready to be written out."""


def _nothing(content: Any) -> Iterator[str]:
    return iter(())


class Kind(Struct, Generic[Content], frozen=True):
    """How one kind of value is read from a body and written into an answer; writing what was read gives it back."""

    read: Callable[[Value], Content]
    write: Callable[[Content], Any]
    schema: Schema
    """What it looks like; null, which says nothing, and what has another case may be read as well."""
    kept: Callable[[Content], Iterator[str]] = _nothing
    """The paths inside of what is kept and has no effect (`core.codec.docker.tables.Kept`)."""
    zero: str | int | None = None
    """What says nothing, as null does: a client in Go writes it where nobody has set anything."""

    def says_nothing(self, value: Value) -> bool:
        """Whether what is written there leaves what would hold without it."""
        return value.raw is None or (value.raw == self.zero and type(value.raw) is type(self.zero))


def _as_it_is(content: Any) -> Any:
    return content


def _text(value: Value) -> str:
    return "" if value.is_null else value.text()  # as Go reads null in a list or a map of texts


def _integer(value: Value) -> int:
    return value.integer(minimum=-(2**63))


def _number(value: Value) -> float:
    if value.is_text:
        value.fail_type("a number")
    return value.number()


def _bytes(value: Value) -> bytes:
    try:
        return b64decode(value.text(), validate=True)
    except ValueError:
        value.fail("expected base64")


TEXT = Kind(_text, _as_it_is, json_schema.TEXT)
NAME = Kind(_text, _as_it_is, json_schema.TEXT, zero="")
"""A text that says nothing when it is empty."""
INTEGER = Kind(_integer, _as_it_is, json_schema.WHOLE)
"""64 bits with a sign, also where Go has none: who refuses 0 or less says why."""
COUNT = Kind(_integer, _as_it_is, json_schema.WHOLE, zero=0)
"""A number of which 0 stands for the default."""
NUMBER = Kind(_number, _as_it_is, {"type": "number"})
TRUTH = Kind(Value.boolean, _as_it_is, json_schema.TRUTH)
BYTES = Kind(_bytes, lambda content: b64encode(content).decode(), {"type": "string", "contentEncoding": "base64"})


def many(kind: Kind[Content]) -> Kind[tuple[Content, ...]]:
    """A list; null is an empty one."""
    return Kind(
        read=lambda value: each(value.items(), kind.read),
        write=lambda contents: [kind.write(content) for content in contents],
        schema=json_schema.listed(kind.schema),
        kept=lambda contents: (f"[{at}]{path}" for at, content in enumerate(contents) for path in kind.kept(content)),
    )


def _texts_by_key(value: Value) -> dict[str, str]:
    entries = value.mapping()
    return dict(zip(entries, each(entries.values(), _text), strict=True))


TEXTS = many(TEXT)
LABELS = Kind(_texts_by_key, dict, json_schema.by_name(json_schema.TEXT))
"""An object whose values are texts."""


def word(words: type[Word]) -> Kind[Word]:
    """One of an enumeration's values, in whatever case; an empty text says nothing."""
    return _one_of({member.value: member for member in words}, lambda member: member.value)


def choice(*words: str) -> Kind[str]:
    """One of these words, in whatever case; an empty text says nothing."""
    return _one_of({each: each for each in words}, _as_it_is)


def state(states: type[State]) -> Kind[State]:
    """One of an enumeration's names, in lower case."""
    return _one_of({member.name.lower(): member for member in states}, lambda member: member.name.lower())


def _one_of(members: dict[str, Any], write: Callable[[Any], str]) -> Kind[Any]:
    def read(value: Value) -> Any:
        text = value.text()
        if text.lower() not in members:
            value.fail(f"{text!r} is not possible here{what_there_is(text, members)}")
        return members[text.lower()]

    return Kind(read, write, json_schema.one_of(*members), zero="")
