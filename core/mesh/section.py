"""The part of the routing tables that all hosts on one network share, with its recent history."""

from typing import Final

from core.mesh.routes import RouteKey, RouteRecord

MAX_TOMBSTONES: Final = 2_000
"""Removed keys remembered per network; a host that is further behind is given its whole table."""

Difference = tuple[tuple[RouteRecord, ...], tuple[RouteKey, ...]]
"""Records changed, keys removed."""


class Section:
    """Records by key, and in which version each last changed or went: `_changed_at` is ordered by that version.

    A change costs the same however many records there are; what is read is made once for all hosts that ask.
    """

    __slots__ = ("_changed_at", "_keys", "_memo", "_tombstones", "_whole", "changed_at", "horizon", "records")

    def __init__(self) -> None:
        self.records: dict[RouteKey, RouteRecord] = {}
        self.changed_at = 0
        self.horizon = 0
        """Before this version, removals are forgotten."""
        self._changed_at: dict[RouteKey, int] = {}
        self._tombstones: dict[RouteKey, None] = {}
        """Keys of what is gone, in the order of going."""
        self._memo: dict[int, Difference] = {}
        self._whole: tuple[RouteRecord, ...] | None = None
        self._keys: tuple[RouteKey, ...] | None = None

    def put(self, version: int, record: RouteRecord) -> bool:
        """A record is as given; whether that is new."""
        key = record.key
        if self.records.get(key) == record:
            return False
        self._tombstones.pop(key, None)
        self.records[key] = record
        self._note(version, key)
        return True

    def drop(self, version: int, key: RouteKey) -> bool:
        """There is no such record; whether there was."""
        if self.records.pop(key, None) is None:
            return False
        self._tombstones[key] = None
        self._note(version, key)
        if len(self._tombstones) > MAX_TOMBSTONES:
            oldest = next(iter(self._tombstones))
            del self._tombstones[oldest]
            self.horizon = self._changed_at.pop(oldest)
        return True

    def whole(self) -> tuple[RouteRecord, ...]:
        """All records."""
        if self._whole is None:
            self._whole = tuple(self.records.values())
        return self._whole

    def keys(self) -> tuple[RouteKey, ...]:
        """The keys of all records."""
        if self._keys is None:
            self._keys = tuple(self.records)
        return self._keys

    def since(self, version: int) -> Difference:
        """What changed after `version`, which is not before the horizon, in the order of the changes."""
        assert version >= self.horizon
        if version >= self.changed_at:
            return (), ()
        if version not in self._memo:
            self._memo[version] = self._difference(version)
        return self._memo[version]

    def _note(self, version: int, key: RouteKey) -> None:
        self._changed_at.pop(key, None)  # to the end of the order
        self._changed_at[key] = self.changed_at = version
        self._memo.clear()
        self._whole = self._keys = None

    def _difference(self, version: int) -> Difference:
        changed: list[RouteRecord] = []
        removed: list[RouteKey] = []
        for key, at in reversed(self._changed_at.items()):
            if at <= version:
                break
            if key in self.records:
                changed.append(self.records[key])
            else:
                removed.append(key)
        return tuple(reversed(changed)), tuple(reversed(removed))
