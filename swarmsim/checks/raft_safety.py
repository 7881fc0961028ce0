"""Raft's safety properties over the whole history of every Raft member of a world."""

from collections.abc import Callable, Sequence
from typing import Any

from core.raft.node import RaftNode
from swarmsim.checks.check import Check
from swarmsim.checks.raft import RaftHistory, RaftViolation
from swarmsim.world import AppliedListener, RaftListener


class RaftSafety(Check):
    """All leaders ever seen per term, every entry ever written, committed and applied (`swarmsim.checks.raft`)."""

    name = "raft-safety"

    def __init__(self) -> None:
        super().__init__()
        self._history = RaftHistory()

    def raft_listener(self) -> RaftListener:
        return self._on_step

    def applied_listener(self) -> AppliedListener:
        return self._on_applied

    def _on_step(self, at_ns: int, host: str, node: RaftNode, effects: Sequence[Any]) -> None:
        self._judge(at_ns, self._history.watch, node, effects)

    def _on_applied(self, at_ns: int, host: str, node: RaftNode, index: int, command: Any) -> None:
        self._judge(at_ns, self._history.watch_applied, node, index, command)

    def _judge(self, at_ns: int, judge: Callable[..., None], *seen: Any) -> None:
        if self.violation is not None:
            return
        self.checked_count += 1
        try:
            judge(*seen)
        except RaftViolation as violation:
            self.fail(at_ns, str(violation))
