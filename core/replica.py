"""The state machine that Raft replicates: the committed store and, while this host leads, the manager.

`RaftNode` calls it inline. What the manager wants sent because of what was committed is kept for the host to take after
the step.
"""

from collections.abc import Callable, Sequence
from typing import Any

from core.effects import Effect
from core.facts import TransactionRefused
from core.manager.control.queries import query
from core.manager.manager import Manager
from core.operations import ErrorCode, OperationError
from core.raft.effects import Observe
from core.raft.machine import Accepted, Rejected, Retention
from core.store import Changed, Conflict, Store


class Replica:
    """One manager's copy of the swarm's state. `now` is set by the host before each step of Raft."""

    def __init__(self, make_manager: Callable[[Store, int], Manager]) -> None:
        """`make_manager(committed, now)` is called each time this host begins to lead."""
        self.store = Store()
        self.manager: Manager | None = None
        self.now = 0
        self.touched = False
        """Whether something was evaluated, applied, or leadership changed since `take_effects` was last called."""
        self.watcher: Callable[[int, Any], None] | None = None
        """Told the index and command of all that is applied, before it is; for those who check."""
        self.listener: Callable[[Sequence[Changed]], None] | None = None
        """Told what was changed, once it is; for those who watch the swarm through this manager."""
        self._effects: list[Effect] = []
        self._make_manager = make_manager
        self._preparing: Manager | None = None
        """The manager that is not ready yet, of a host that is about to lead."""

    def take_effects(self) -> list[Effect]:
        """What is to be sent because of what was committed."""
        self.touched = False
        effects, self._effects = self._effects, []
        return effects if self.manager is None else effects + self.manager.speak(self.now)

    def check_invariants(self, full: bool = False) -> None:
        """Assert what always holds; `full` walks the whole store, and what the manager keeps of it."""
        assert self.manager is None or self._preparing is None, "two managers of one leader"
        assert self.touched or not self._effects, "something was committed, and nobody will be told"
        self.store.check_invariants(full)
        if full and self.manager is not None:
            self.manager.check_invariants()

    @property
    def preparing(self) -> bool:
        """Whether a manager is being made ready."""
        return self._preparing is not None

    # --- core.raft.machine.StateMachine

    @property
    def retention(self) -> Retention | None:
        """What the operator has set for the swarm; None before there is one."""
        cluster = self.store.cluster
        if cluster is None:
            return None
        return Retention(cluster.spec.snapshot_interval, max(1, cluster.spec.log_entries_for_slow_followers))

    def lead(self, now: int) -> bool:
        """All that was committed before is applied: make a manager over it ready, step by step; whether it is."""
        assert self.manager is None
        if self._preparing is None:
            self._preparing = self._make_manager(self.store, now)
        elif self._preparing.prepare(now):
            self.manager, self._preparing = self._preparing, None
            self.touched = True
        return self.manager is not None

    def unlead(self) -> None:
        """Drop the manager and its head."""
        self.touched = True
        self.manager = self._preparing = None

    def evaluate(self, now: int, index: int, request: Any) -> Accepted | Rejected[OperationError]:
        """Turn a client's write into a transaction."""
        assert self.manager is not None
        self.touched = True
        return self.manager.evaluate(now, index, request)

    def apply(self, index: int, command: Any) -> Any:
        """Apply a committed transaction; the client's answer, or an OperationError if its versions did not hold."""
        self.touched = True
        if self.watcher is not None:
            self.watcher(index, command)
        outcome = self.store.apply(index, command)
        if isinstance(outcome, Conflict):
            self._effects.append(Observe(TransactionRefused(index, outcome.reason)))
            if self.manager is not None:
                self._effects += self.manager.on_committed(self.now, index, ())
            return OperationError(ErrorCode.OUT_OF_SEQUENCE, "update out of sequence")
        if self.manager is not None:
            self._effects += self.manager.on_committed(self.now, index, outcome)
        if self.listener is not None:
            self.listener(outcome)
        return command.answer

    def query(self, request: Any) -> Any:
        """Answer a read from the committed store."""
        return query(self.store, request)

    def snapshot(self) -> tuple[Any, ...]:
        """The store as chunks that share its objects."""
        return self.store.snapshot()

    def restore(self, chunks: tuple[Any, ...]) -> None:
        """Replace the store by a snapshot's."""
        self.store.restore(chunks)
