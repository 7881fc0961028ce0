"""A digest over the content of a store that costs nothing until it is asked for, and then only what has changed.

It is the sum modulo 2**64 of a 64-bit hash per object, so it depends on neither order nor history: stores with equal
content have equal digests (Bellare and Micciancio's AdHash; good against accidents, not against an adversary).
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

from core.objects import StoredObject
from core.operations import Kind
from core.store.changes import encode

_MASK = (1 << 64) - 1
_Key = tuple[Kind, str]


def object_hash(stored: StoredObject) -> int:
    """64 bits over an object; its encoding names its kind and id."""
    return int.from_bytes(blake2b(encode(stored), digest_size=8).digest(), "big")


class Digest:
    """Remembers the hash of every object it has seen and which objects have changed since."""

    __slots__ = ("_hashes", "_stale", "_sum")

    def __init__(self) -> None:
        self._hashes: dict[_Key, int] = {}
        self._stale: dict[_Key, None] = {}
        self._sum = 0

    def copy(self) -> "Digest":
        """An independent copy."""
        twin = Digest()
        twin._hashes = dict(self._hashes)
        twin._stale = dict(self._stale)
        twin._sum = self._sum
        return twin

    def touch(self, kind: Kind, object_id: str, exists: bool) -> None:
        """This object has changed, come or gone."""
        key = (kind, object_id)
        if exists or key in self._hashes:
            self._stale[key] = None
        else:
            self._stale.pop(key, None)  # came and went unseen

    def check_invariants(self, tables: Mapping[Kind, Mapping[Any, StoredObject]]) -> None:
        """Assert that what is remembered is right but for what is known to be stale."""
        keys = {(kind, object_id) for kind, table in tables.items() for object_id in table}
        assert keys ^ self._hashes.keys() <= self._stale.keys(), "an object came or went unnoticed"
        assert self._sum == sum(self._hashes.values()) & _MASK, "the sum is another"
        for (kind, object_id), known in self._hashes.items():
            if (kind, object_id) not in self._stale:
                assert known == object_hash(tables[kind][object_id]), (kind, object_id)

    def value(self, lookup: Callable[[Kind, str], StoredObject | None]) -> int:
        """The digest of the content that `lookup` finds now; linear in the objects changed since last time."""
        for key in self._stale:
            self._sum -= self._hashes.pop(key, 0)
            stored = lookup(*key)
            if stored is not None:
                self._hashes[key] = object_hash(stored)
                self._sum += self._hashes[key]
        self._stale.clear()
        self._sum &= _MASK
        return self._sum
