"""Why no node will do for a task: which filter each node fails, counted, and kept so node by node."""

from collections.abc import Iterable

from core.ids import NodeId
from core.manager.scheduler.filters import Pipeline
from core.manager.scheduler.node_info import NodeInfo


class Reasons:
    """Of all nodes, for one pipeline; a node that changes is to be looked at again, one that is gone makes it void."""

    __slots__ = ("_counts", "_failures", "_pipeline")

    def __init__(self, pipeline: Pipeline, infos: Iterable[NodeInfo]) -> None:
        self._pipeline = pipeline
        self._failures: dict[NodeId, int] = {}
        self._counts: dict[int, int] = {}
        for info in infos:
            self.look(info)

    def look(self, info: NodeInfo) -> None:
        """At a node as it is now."""
        before = self._failures.pop(info.node.id, None)
        if before is not None:
            self._counts[before] -= 1
        failure = self._pipeline.failure(info)
        if failure is not None:
            self._failures[info.node.id] = failure
            self._counts[failure] = self._counts.get(failure, 0) + 1

    def __str__(self) -> str:
        return self._pipeline.explain(self._counts)
