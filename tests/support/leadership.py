"""One leader's time: its dispatcher, the store and the log that it sees, be it that it is deposed and does not know."""

from collections.abc import Callable
from random import Random

from core.ids import NodeId
from core.manager.dispatcher.dispatcher import Dispatcher
from core.manager.draft import Draft
from core.parts import finish
from core.store import Changed, Conflict, Store, Transaction
from core.timing import LAN


class Leadership:
    """`committed` is its own to apply to: after it was deposed, it stays as it is."""

    def __init__(self, node_id: NodeId, committed: Store, seed: int, clock: Callable[[], int]) -> None:
        self.node_id = node_id
        self.committed = committed
        self.head = committed.copy()
        self.log: list[Transaction] = []
        """What is proposed and not committed."""
        self.deposed_at: int | None = None
        self._clock = clock
        self.dispatcher = Dispatcher(committed, LAN, Random(seed), clock(), self.proven_at)
        finish(self.dispatcher.rebuild(clock()))

    def proven_at(self) -> int:
        """When it certainly led."""
        return self._clock() if self.deposed_at is None else self.deposed_at

    def write(self, change: Callable[[Draft], None]) -> None:
        """One transaction, proposed."""
        draft = Draft(self.head, self.head.index + 1, self._clock())
        change(draft)
        transaction = draft.transaction()
        if transaction is not None:
            self.log.append(transaction)

    def reconcile(self) -> None:
        """Propose what the dispatcher has to write."""
        while self.dispatcher.dirty:
            self.write(lambda draft: self.dispatcher.reconcile(self._clock(), draft))

    def commit_one(self) -> tuple[Changed, ...]:
        """The oldest proposal is applied; `speak` is to follow."""
        assert self.deposed_at is None
        index = self.committed.index + 1
        changes = self.committed.apply(index, self.log.pop(0))
        assert not isinstance(changes, Conflict), changes
        self.dispatcher.on_committed(self._clock(), index, changes)
        return changes
