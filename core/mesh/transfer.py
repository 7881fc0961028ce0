"""All that brings one host's table from one version to a later one, cut into parts of a bounded size.

A transfer is frozen: what changes after its version makes up the next. It holds tuples that hosts with the same
difference share, and the same position always begins the same part, so that a part which is repeated, overtaken or
asked for again is the very same.
"""

from collections.abc import Iterable
from typing import Final, TypeVar

from core.mesh.routes import RouteChanges, RouteKey, RouteRecord

MAX_RECORDS: Final = 500
"""Most records and keys in one part: some 60 kB, and a few milliseconds of a data plane."""

ItemT = TypeVar("ItemT")


class Transfer:
    """`length` counts records and keys. Records come before the keys of what is gone, so that nothing is missing."""

    __slots__ = ("_changed", "_changed_count", "_removed", "from_version", "length", "to_version")

    def __init__(
        self,
        from_version: int,
        to_version: int,
        changed: Iterable[tuple[RouteRecord, ...]],
        removed: Iterable[tuple[RouteKey, ...]] = (),
    ) -> None:
        self.from_version = from_version
        self.to_version = to_version
        self._changed = tuple(piece for piece in changed if piece)
        self._removed = tuple(piece for piece in removed if piece)
        self._changed_count = sum(map(len, self._changed))
        self.length = self._changed_count + sum(map(len, self._removed))

    def part(self, position: int) -> RouteChanges:
        """The part that begins after so many records and keys."""
        assert 0 <= position <= self.length
        end = min(position + MAX_RECORDS, self.length)
        return RouteChanges(
            from_version=self.from_version,
            to_version=self.to_version,
            position=position,
            last=end == self.length,
            changed=_cut(self._changed, position, end),
            removed=_cut(self._removed, position - self._changed_count, end - self._changed_count),
        )


def _cut(pieces: tuple[tuple[ItemT, ...], ...], begin: int, end: int) -> tuple[ItemT, ...]:
    """Items `begin` to `end` of the pieces laid end to end; the piece itself where it is just that."""
    found: tuple[ItemT, ...] = ()
    for piece in pieces:
        if begin < len(piece) and end > 0:
            found += piece[max(begin, 0) : end]
        begin, end = begin - len(piece), end - len(piece)
    return found
