"""What Docker has and we do not: it lies in a record's `unsupported`, as it was sent, and is shown again.

`unsupported` is a JSON object of what is kept by its paths, in one form only, so that equal records have equal ones.
"""

import json
from typing import Any, Final

from msgspec import Struct

from core.codec.docker.kinds import Object
from core.document import Value

MAX_DEPTH: Final = 16
"""Of objects and lists. Nothing of Docker's is as deep; what is very deep might be read, and then not be written."""


class Kept(Struct, frozen=True):
    """A place in an object of Docker's that has no effect here."""

    path: str
    usual: Any = None
    """What is written while nothing is kept, if anything; to say as much is not worth keeping."""
    items_with: str = ""
    """Of a list, only the items that have something of this name: all others have a field."""

    def __str__(self) -> str:
        return f"{self.path}[].{self.items_with}" if self.items_with else self.path

    def content(self, place: Value | None) -> Any:
        """What is there to keep; None where nothing is said: Go writes false and 0 where nobody has set anything."""
        if place is None:
            return None
        raw = place.raw
        if _is_deeper(raw, MAX_DEPTH):
            place.fail(f"objects and lists lie more than {MAX_DEPTH} deep")
        if self.items_with:
            raw = [item for item in raw if has(item, self.items_with)] if isinstance(raw, list) else None
        return None if _is_empty(raw) and self.usual is not True else raw


def as_unsupported(kept: Object) -> str:
    """The text of what is kept by its paths; empty if that is nothing."""
    return json.dumps(kept, sort_keys=True, separators=(",", ":")) if kept else ""


def parsed(unsupported: str) -> Object:
    """What is kept by its paths."""
    kept: Object = json.loads(unsupported) if unsupported else {}
    return kept


def kept_in(record: Struct) -> Object:
    """What is kept in a record; nothing, if it is of a kind that keeps nothing."""
    return parsed(getattr(record, "unsupported", ""))


def has(item: Any, name: str) -> bool:
    """Whether an object has something of this name, in whatever case, that is not null."""
    return isinstance(item, dict) and any(key.lower() == name.lower() and item[key] is not None for key in item)


def _is_deeper(raw: object, depth: int) -> bool:
    inner = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ()
    return any(depth == 0 or _is_deeper(each, depth - 1) for each in inner)


def _is_empty(raw: object) -> bool:
    return all(map(_is_empty, raw.values())) if isinstance(raw, dict) else not raw
