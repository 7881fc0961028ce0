"""The leader's way to write: a transaction in the making, applied to the head as it grows.

A draft belongs to the log index its transaction will have. Each write goes to the head at once, so that the next
decision sees it; writes to one object melt into one change that expects the version from before the draft.
"""

from typing import Any, TypeVar

from msgspec.structs import replace

from core.objects import StoredObject
from core.operations import Kind
from core.store import MAX_CHANGES, Change, Changed, Create, Delete, Store, Transaction, Update, kind_of
from core.store.changes import encode

T = TypeVar("T", bound=StoredObject)

MAX_UNIT = 8
"""Most objects a reconciler touches between two looks at `full`."""
FULL_BYTES = 1_048_576
"""A draft of this size is full: a unit of changes still fits below 1.5 MiB."""
MAX_LOOKS = 2_000
"""How many objects may be looked at for one draft: what is only looked at takes time too."""
_CHANGE_BYTES = 32  # tags, version, length prefixes


class Draft:
    """`index`: the log index; `wall_ns`: the leader's wall clock, for timestamps that people read."""

    __slots__ = ("_changes", "_looks_left", "_size", "_sizes", "_unread", "head", "index", "wall_ns")

    def __init__(self, head: Store, index: int, wall_ns: int) -> None:
        assert index > head.index, (index, head.index)
        self.head = head
        self.index = index
        self.wall_ns = wall_ns
        self._changes: dict[tuple[Kind, str], Change] = {}
        self._sizes: dict[tuple[Kind, str], int] = {}
        self._size = 0
        self._looks_left = MAX_LOOKS
        self._unread: list[Changed] = []

    @property
    def full(self) -> bool:
        """Whether a reconciler should leave the rest of its work for the next draft."""
        return len(self._changes) > MAX_CHANGES - MAX_UNIT or self._size >= FULL_BYTES

    @property
    def spent(self) -> bool:
        """Whether it is full, or so much was looked at for it that the rest of the work is for another step."""
        return self.looked_enough or self.full

    @property
    def looked_enough(self) -> bool:
        """Whether so much was looked at that the rest of the work is for another step, even on what it has already."""
        return self._looks_left <= 0

    def look(self, count: int = 1) -> None:
        """So many objects are looked at, whether or not anything will be written of them."""
        self._looks_left -= count

    def has_room_for(self, kind: Kind, object_id: str) -> bool:
        """Whether one more write to this object fits: always if the draft changes it already."""
        return not self.full or (kind, object_id) in self._changes

    def create(self, stored: T) -> T:
        """Add an object; version and times are filled in. Returns it as it will be stored."""
        kind = kind_of(stored)
        assert self.head.get(kind, stored.id) is None, (kind, stored.id)
        stored = replace(stored, version=self.index, created_at=self.wall_ns, updated_at=self.wall_ns)
        self._write((kind, stored.id), Create(stored))
        return stored

    def update(self, stored: T) -> T:
        """Replace the object with this id; version and time are filled in. Returns it as it will be stored."""
        key = (kind_of(stored), stored.id)
        before = self.head.get(*key)
        assert before is not None, key
        stored = replace(stored, version=self.index, updated_at=self.wall_ns)
        pending = self._changes.get(key)
        change: Change
        if isinstance(pending, Create):
            change = Create(stored)
        elif isinstance(pending, Update):
            change = Update(stored, pending.expected_version)
        else:
            change = Update(stored, before.version)
        self._write(key, change)
        return stored

    def delete(self, kind: Kind, object_id: str) -> None:
        """Remove the object with this id."""
        key = (kind, object_id)
        before = self.head.get(kind, object_id)
        assert before is not None, key
        pending = self._changes.get(key)
        expected = pending.expected_version if isinstance(pending, Update) else before.version
        change = Delete(kind, object_id, expected)
        if isinstance(pending, Create):
            self._forget(key)
            self._unread.append(self.head.put(change))
        else:
            self._write(key, change)

    def take_feed(self) -> list[Changed]:
        """What this draft changed in the head since this was last called, write by write."""
        feed, self._unread = self._unread, []
        return feed

    @property
    def empty(self) -> bool:
        """Whether nothing was drafted."""
        return not self._changes

    def transaction(self, answer: str | None = None) -> Transaction:
        """What was drafted, with the client's answer if it was for one. The log must get it at `index`."""
        self.head.index = self.index
        return Transaction(tuple(self._changes.values()), self._size + _CHANGE_BYTES, answer)

    def _write(self, key: tuple[Kind, str], change: Change) -> None:
        size = _CHANGE_BYTES + (0 if isinstance(change, Delete) else len(encode(change.object)))
        self._size += size - self._sizes.get(key, 0)
        self._sizes[key] = size
        self._changes[key] = change
        assert len(self._changes) <= MAX_CHANGES
        self._unread.append(self.head.put(change))

    def _forget(self, key: tuple[Kind, Any]) -> None:
        del self._changes[key]
        self._size -= self._sizes.pop(key)
