"""What the Raft cluster of tests replicates: integer registers, set and read, or compared and set."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from core.raft.machine import Accepted, Rejected, Retention


class Put(Struct, frozen=True):
    """Request and command: set a key; `expected` None means whatever it holds now, else it must hold that."""

    key: str
    value: int
    expected: int | None = None
    size: int = 10


class Get(Struct, frozen=True):
    """Query: what a key holds, 0 if it was never set."""

    key: str


class Registers:
    """A replicated state machine of integer registers, with a tentative copy while it leads."""

    CHUNK_KEYS = 2
    LEAD_STEPS = 2
    """How many steps it takes to become ready to lead."""

    def __init__(self, on_apply: Callable[[int, Any], None] | None = None) -> None:
        self.retention: Retention | None = None
        self._prepared_count = 0
        self.committed: dict[str, int] = {}
        self.head: dict[str, int] | None = None
        self.applied: list[tuple[int, Any]] = []
        """(index, command), since the last start or restored snapshot."""
        self._on_apply = on_apply

    def lead(self, now: int) -> bool:
        assert self.head is None
        self._prepared_count += 1
        if self._prepared_count < self.LEAD_STEPS:
            return False
        self.head = dict(self.committed)
        return True

    def unlead(self) -> None:
        assert self._prepared_count > 0
        self._prepared_count = 0
        self.head = None

    def evaluate(self, now: int, index: int, request: Put) -> Accepted | Rejected[Any]:
        assert self.head is not None
        held = self.head.get(request.key, 0)
        if request.expected is not None and request.expected != held:
            return Rejected(held)
        self.head[request.key] = request.value
        return Accepted(request)

    def apply(self, index: int, command: Put) -> int:
        assert self.head is not None or not self._prepared_count  # nothing new is committed while it is being prepared
        assert not self.applied or index > self.applied[-1][0]
        before = self.committed.get(command.key, 0)
        self.committed[command.key] = command.value
        self.applied.append((index, command))
        if self._on_apply is not None:
            self._on_apply(index, command)
        return before

    def query(self, request: Get) -> int:
        return self.committed.get(request.key, 0)

    def snapshot(self) -> tuple[Any, ...]:
        items = sorted(self.committed.items())
        return tuple(tuple(items[i : i + self.CHUNK_KEYS]) for i in range(0, len(items), self.CHUNK_KEYS))

    def restore(self, chunks: tuple[Any, ...]) -> None:
        assert self.head is None
        assert not self._prepared_count
        self.committed = {key: value for chunk in chunks for key, value in chunk}
        self.applied = []
