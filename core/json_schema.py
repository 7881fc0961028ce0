"""JSON Schema (draft 2020-12) of what is read and written: how it looks to whoever has not read this code."""

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
"""A JSON Schema, ready to be written out; never changed."""

TIME: Final[Schema] = {"type": "string", "format": "date-time"}
WHOLE: Final[Schema] = {"type": "integer", "format": "int64"}
TEXT: Final[Schema] = {"type": "string"}
TRUTH: Final[Schema] = {"type": "boolean"}
NOTHING: Final[Schema] = {"type": "null"}


def either(*schemas: Schema) -> Schema:
    """What fits any of them."""
    return {"anyOf": list(schemas)}


def listed(schema: Schema) -> Schema:
    """A list of such values."""
    return {"type": "array", "items": schema}


def by_name(schema: Schema) -> Schema:
    """An object whose values are such, whatever their names."""
    return {"type": "object", "additionalProperties": schema}


def one_of(*words: str) -> Schema:
    """One of these texts."""
    return {"type": "string", "enum": list(words)}


def shape(always: Mapping[str, Schema], sometimes: Mapping[str, Schema] | None = None) -> Schema:
    """An object with what it always has, and what it may have."""
    found = {"type": "object", "properties": {**always, **(sometimes or {})}}
    return {**found, "required": list(always)} if always else found


def put(schema: dict[str, Any], path: str, content: Schema) -> None:
    """Into an object's schema, at a path; objects on the way are made where there are none, `[]` is any item."""
    *sections, name = path.split(".")
    for section in sections:
        within, _, items = section.partition("[")
        schema = schema["properties"].setdefault(within, {"type": "object", "properties": {}})
        schema = schema["items"] if items else schema
    schema["properties"][name] = content


def matching(*patterns: str) -> Schema:
    """A text that one of these regular expressions describes, from its first letter to its last."""
    return {"type": "string", "pattern": f"^({'|'.join(patterns)})$"}


def whole(minimum: int | None = None, maximum: int | None = None) -> Schema:
    """A whole number within bounds (included)."""
    bounds = {"minimum": minimum, "maximum": maximum}
    return {"type": "integer"} | {word: bound for word, bound in bounds.items() if bound is not None}


def one_entry(schema: Schema) -> Schema:
    """An object with one name, and such a value."""
    return {**by_name(schema), "minProperties": 1, "maxProperties": 1}
