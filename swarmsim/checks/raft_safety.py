"""Raft's safety properties over the whole history of every Raft member of a world."""

from collections.abc import Sequence
from typing import Any

from core.raft.node import RaftNode
from swarmsim.checks.check import Check
from swarmsim.checks.raft import RaftHistory, RaftViolation
from swarmsim.world import RaftListener


class RaftSafety(Check):
    """All leaders ever seen per term, every entry ever written and committed (`swarmsim.checks.raft`)."""

    name = "raft-safety"

    def __init__(self) -> None:
        super().__init__()
        self._history = RaftHistory()

    def raft_listener(self) -> RaftListener:
        return self._on_step

    def _on_step(self, at_ns: int, host: str, node: RaftNode, effects: Sequence[Any]) -> None:
        if self.violation is not None:
            return
        self.checked_count += 1
        try:
            self._history.watch(node, effects)
        except RaftViolation as violation:
            self.fail(at_ns, str(violation))
