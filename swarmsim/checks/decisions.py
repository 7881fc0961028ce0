"""The shape of a check of what leaders decide: judged index by index, on the check's own copy of the store.

The copy is made of the transactions that managers apply: whoever applies an index first shows what it says. So nothing
is missed between two looks at a store.
"""

from collections.abc import Sequence
from typing import Any

from core.raft.node import RaftNode
from core.store import Changed, Conflict, Store, Transaction
from swarmsim.checks.check import Check
from swarmsim.world import AppliedListener


class DecisionCheck(Check):
    """Subclasses say what they think of each index's changes; `store` has them already."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store()

    def applied_listener(self) -> AppliedListener:
        return self._on_applied

    def judge(self, at_ns: int, index: int, transaction: Transaction) -> None:
        """Some manager carries this out at `index`; what has been seen is not judged again."""
        if index > self.store.index:
            outcome = self.store.apply(index, transaction)
            if not isinstance(outcome, Conflict):
                self.judge_changes(at_ns, outcome)

    def judge_changes(self, at_ns: int, changes: Sequence[Changed]) -> None:
        """What one transaction has changed."""
        raise NotImplementedError

    def _on_applied(self, at_ns: int, host: str, node: RaftNode, index: int, command: Any) -> None:
        self.judge(at_ns, index, command)
