"""The part of the routing tables that all hosts on one network share, with its recent history."""

from typing import Final

from core.mesh.routes import RouteKey, RouteRecord

MAX_TOMBSTONES: Final = 2_000
"""Removed keys remembered per network; a host that is further behind is given its whole table."""

Difference = tuple[tuple[RouteRecord, ...], tuple[RouteKey, ...]]
"""Records changed, keys removed."""


class Section:
    """Records by key, and in which version each last changed or went: `_changed_at` is ordered by that version."""

    __slots__ = ("_changed_at", "_memo", "_tombstone_count", "changed_at", "horizon", "records")

    def __init__(self) -> None:
        self.records: dict[RouteKey, RouteRecord] = {}
        self.changed_at = 0
        self.horizon = 0
        """Before this version, removals are forgotten."""
        self._changed_at: dict[RouteKey, int] = {}
        self._tombstone_count = 0
        self._memo: dict[int, Difference] = {}

    def put(self, version: int, record: RouteRecord) -> None:
        """A record is new or has changed."""
        key = record.key
        if self.records.get(key) == record:
            return
        if key not in self.records and key in self._changed_at:
            self._tombstone_count -= 1
        self.records[key] = record
        self._note(version, key)

    def drop(self, version: int, key: RouteKey) -> None:
        """A record is gone."""
        if self.records.pop(key, None) is None:
            return
        self._tombstone_count += 1
        self._note(version, key)
        if self._tombstone_count > MAX_TOMBSTONES:
            self._forget_old_tombstones()

    def since(self, version: int) -> Difference:
        """What changed after `version`, which is not before the horizon."""
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
        return tuple(changed), tuple(removed)

    def _forget_old_tombstones(self) -> None:
        """Forget the older half, so that forgetting costs little per removal."""
        for key in [key for key in self._changed_at if key not in self.records][: MAX_TOMBSTONES // 2]:
            self.horizon = self._changed_at.pop(key)
            self._tombstone_count -= 1
