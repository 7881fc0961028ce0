"""What leaders decide, index by index: a copy of the store made of the transactions that managers apply.

Whoever applies an index first shows what it says. So nothing is missed between two looks at a store.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from core.raft.node import RaftNode
from core.store import Changed, Conflict, Store, Transaction
from swarmsim.checks.check import Check
from swarmsim.world import AppliedListener


class Decisions:
    """Follows them; `store` has all that has been seen."""

    __slots__ = ("store",)

    def __init__(self) -> None:
        self.store = Store()

    def follow(self, index: int, transaction: Transaction) -> Sequence[Changed]:
        """Some manager carries this out at `index`. What that changes; nothing if it has been seen or was refused."""
        if index <= self.store.index:
            return ()
        outcome = self.store.apply(index, transaction)
        return () if isinstance(outcome, Conflict) else outcome


class DecisionCheck(Check, ABC):
    """The shape of a check of decisions: subclasses say what they think of each index's changes."""

    def __init__(self) -> None:
        super().__init__()
        self._decisions = Decisions()
        self.store = self._decisions.store
        """It has the changes already that are being judged."""
        self._term = 0

    def applied_listener(self) -> AppliedListener:
        return self._on_applied

    def judge(self, at_ns: int, index: int, transaction: Transaction, term: int = 0) -> None:
        """Some manager carries this out at `index`, an entry of `term`; what has been seen is not judged again."""
        if index > self.store.index and term > self._term:
            self._term = term
            self.on_new_leader()
        changes = self._decisions.follow(index, transaction)
        if changes:
            self.judge_changes(at_ns, changes)

    @abstractmethod
    def judge_changes(self, at_ns: int, changes: Sequence[Changed]) -> None:
        """What one transaction has changed."""

    def on_new_leader(self) -> None:
        """What comes now was decided in a later term than all before."""

    def _on_applied(self, at_ns: int, host: str, node: RaftNode, index: int, command: Any) -> None:
        self.judge(at_ns, index, command, node.log.term_at(index) or self._term)
