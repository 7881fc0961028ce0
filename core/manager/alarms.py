"""Named times: at most one per key, the earliest at hand, any of them moved or dropped at no cost."""

from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

K = TypeVar("K", bound=str)


class Alarms(Generic[K]):
    """A heap that forgets lazily: an entry counts only while the table still says the same."""

    __slots__ = ("_at", "_heap")

    def __init__(self) -> None:
        self._at: dict[K, int] = {}
        self._heap: list[tuple[int, K]] = []

    def __contains__(self, key: K) -> bool:
        return key in self._at

    def set(self, key: K, at: int) -> None:
        """Ring for `key` at this time, and at no other."""
        if self._at.get(key) != at:
            self._at[key] = at
            heappush(self._heap, (at, key))
            if len(self._heap) > 2 * len(self._at) + 16:
                self._heap = [(when, other) for other, when in self._at.items()]
                heapify(self._heap)

    def drop(self, key: K) -> None:
        """Do not ring for `key`."""
        self._at.pop(key, None)

    def next(self) -> int | None:
        """The earliest time; None = never."""
        heap = self._heap
        while heap and self._at.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, now: int) -> K | None:
        """Take away one key whose time has come, the earliest first; None if there is none."""
        at = self.next()
        if at is None or at > now:
            return None
        key = heappop(self._heap)[1]
        del self._at[key]
        return key
