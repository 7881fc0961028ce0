"""Records as mappings: which key sets which field, in a table that serves reading and writing alike.

A field without a default must be written; one that has its default is not written back.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from core.document import Value
from core.json_schema import Schema, either, one_entry
from core.mistakes import Mistakes, gather
from swarmsim.scenario.names import Names
from swarmsim.scenario.words import Kind


def mapping(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """A mapping with these keys, and `x-…` ones, which say nothing."""
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
        "required": list(required),
    }


Record = TypeVar("Record", bound=Struct)


class Part(Struct, frozen=True):
    """One key of a mapping: the field it sets, and how its value is read and written."""

    key: str
    field: str
    kind: Kind


class Form(Generic[Record]):
    """A record and the keys it is written with."""

    __slots__ = ("defaults", "keys", "make", "parts", "required")

    def __init__(self, make: type[Record], *parts: Part) -> None:
        self.make = make
        self.parts = parts
        self.keys: Final = tuple(part.key for part in parts)
        self.defaults: Final = {field.name: field.default for field in fields(make)}
        self.required: Final = tuple(part.key for part in parts if self.defaults[part.field] is NODEFAULT)

    def read(self, value: Value, names: Names) -> Record:
        """The record that a mapping describes."""
        return self.make(**self.read_mapping(value, names))

    def read_mapping(self, value: Value, names: Names) -> dict[str, Any]:
        """The fields that a mapping sets; keys it must not have and values that cannot be meant are raised together."""
        mistakes = Mistakes()
        entries = value.known_fields(mistakes, *self.keys, required=self.required)
        fields = mistakes.attempt(lambda: self.read_fields(entries, names))
        mistakes.settle()
        return fields or {}

    def read_fields(self, entries: Mapping[str, Value], names: Names) -> dict[str, Any]:
        """The fields that are written among `entries`."""
        written = [part for part in self.parts if part.key in entries]
        return gather({part.field: partial(part.kind.read, entries[part.key], names) for part in written})

    @property
    def properties(self) -> dict[str, Schema]:
        """By key, what its value looks like."""
        return {part.key: part.kind.schema for part in self.parts}

    def schema(self) -> Schema:
        """What the mapping looks like."""
        return mapping(self.properties, self.required)

    def write(self, record: Record) -> dict[str, object]:
        """The mapping that describes a record."""
        written = {}
        for part in self.parts:
            value = getattr(record, part.field)
            if value != self.defaults[part.field]:
                written[part.key] = part.kind.write(value)
        return written


class Shape(Protocol):
    """How the value under one word sets fields of a record."""

    def read(self, value: Value, names: Names) -> dict[str, Any]:
        """The fields."""

    def write(self, record: Any) -> object:
        """The value that sets them."""

    def schema(self) -> Schema:
        """What the value looks like."""


class Single:
    """The value itself is one field."""

    __slots__ = ("field", "kind")

    def __init__(self, field: str, kind: Kind) -> None:
        self.field = field
        self.kind = kind

    def read(self, value: Value, names: Names) -> dict[str, Any]:
        return {self.field: self.kind.read(value, names)}

    def write(self, record: Any) -> object:
        return self.kind.write(getattr(record, self.field))

    def schema(self) -> Schema:
        return self.kind.schema


class Mapped:
    """The value is a mapping that sets several fields; or, with `short`, the value of that one key alone."""

    __slots__ = ("form", "short")

    def __init__(self, form: Form[Any], short: str = "") -> None:
        self.form = form
        self.short = short

    def read(self, value: Value, names: Names) -> dict[str, Any]:
        if self.short and not (value.is_mapping and self.short in value.mapping()):
            return self.form.read_fields({self.short: value}, names)
        fields = self.form.read_mapping(value, names)
        if not fields:
            value.fail(f"one of {', '.join(self.form.keys)} is needed")
        return fields

    def write(self, record: Any) -> object:
        written = self.form.write(record)
        return written[self.short] if list(written) == [self.short] else written

    def schema(self) -> Schema:
        mapped = {**self.form.schema(), "minProperties": 1}
        return either(self.form.properties[self.short], mapped) if self.short else mapped


class Entry:
    """The value is a mapping with one entry: a name and what is said of it."""

    __slots__ = ("key_field", "key_kind", "value_field", "value_kind")

    def __init__(self, key_field: str, key_kind: Kind, value_field: str, value_kind: Kind) -> None:
        self.key_field = key_field
        self.key_kind = key_kind
        self.value_field = value_field
        self.value_kind = value_kind

    def read(self, value: Value, names: Names) -> dict[str, Any]:
        entries = list(value.mapping().items())
        if len(entries) != 1:
            value.fail("a mapping with one entry is needed")
        [(key, entry)] = entries
        return {
            self.key_field: self.key_kind.read(Value(entry.path, key), names),
            self.value_field: self.value_kind.read(entry, names),
        }

    def write(self, record: Any) -> object:
        key = self.key_kind.write(getattr(record, self.key_field))
        return {key: self.value_kind.write(getattr(record, self.value_field))}

    def schema(self) -> Schema:
        return one_entry(self.value_kind.schema)


def flow(written: object) -> str:
    """Written YAML data on one line, as a person would write it."""
    if isinstance(written, dict):
        return "{" + ", ".join(f"{key}: {flow(value)}" for key, value in written.items()) + "}"
    if isinstance(written, list):
        return "[" + ", ".join(map(flow, written)) + "]"
    return str(written).lower() if isinstance(written, bool) else str(written)
