"""Placement preferences: a tree of the nodes, one level per preference, over whose branches tasks are evened out.

`spread over node.labels.rack`, then perhaps `node.labels.row`: the nodes with the same value of a label form a branch,
those without the label one more. The next task goes down the branch that has the fewest tasks of its service, counting
those that are there already, and at the end to the best node in it. A branch without a suitable node drops out until
one of its nodes is touched. Without preferences the tree is a single leaf.
"""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush

from core.ids import NodeId
from core.manager.scheduler.division import Division, Path
from core.manager.scheduler.filters import Pipeline
from core.manager.scheduler.node_info import NodeInfo
from core.manager.scheduler.spread import Ranks, Spread


class Branch:
    """The nodes that agree in the labels so far: parted further, or a leaf with a spread over its nodes."""

    __slots__ = ("_children", "_fewest", "_grow", "closed", "spread", "task_count")

    def __init__(self, values: list[str], spread: Spread | None, grow: "Callable[[str], Branch]") -> None:
        """`values` part it, sorted; `grow` makes the branch for one of them, when it is first needed."""
        self.spread = spread
        """Of a leaf."""
        self.task_count = 0
        """Of the service, on all nodes of the branch."""
        self.closed = False
        """Whether none of its nodes will do, as far as is known."""
        self._grow = grow
        self._children: dict[str, Branch] = {}
        self._fewest = [(0, value) for value in values]
        """A heap of the children by their tasks; what is out of date in it is thrown away at the top."""

    def child(self, value: str) -> "Branch":
        """The branch for one of the values."""
        child = self._children.get(value)
        if child is None:
            child = self._children[value] = self._grow(value)
        return child

    def count(self, path: Path, difference: int) -> "Branch":
        """So many more tasks are at the end of a path, where a node may do again; returns the leaf."""
        branch = self
        branch.task_count += difference
        for value in path:
            parent, branch = branch, branch.child(value)
            branch.task_count += difference
            branch.closed = False
            heappush(parent._fewest, (branch.task_count, value))
        return branch

    def best(self) -> NodeInfo | None:
        """The node for the next task; None if none will do."""
        if self.spread is not None:
            return self.spread.best()
        while self._fewest:
            task_count, value = self._fewest[0]
            child = self.child(value)
            if task_count == child.task_count and not child.closed:
                info = child.best()
                if info is not None:
                    return info
                child.closed = True
            heappop(self._fewest)
        return None


class Tree:
    """All nodes as they are divided, for the tasks of one service version."""

    __slots__ = ("_counts", "_division", "_info", "_marked", "_pipeline", "_ranks", "_root")

    def __init__(
        self,
        division: Division,
        info: Callable[[NodeId], NodeInfo | None],
        pipeline: Pipeline,
        ranks: Ranks,
        marked: Callable[[], Iterable[NodeInfo]],
    ) -> None:
        """`info` finds a node. `marked`: all that have tasks of the service, or where so many failed that it counts."""
        self._division = division
        self._info = info
        self._pipeline = pipeline
        self._ranks = ranks
        self._marked = marked
        self._counts: dict[NodeId, int] = {}
        """Tasks of the service on each node, as they are counted in the branches."""
        self._root = self._branch(())
        if division.descriptors:
            for each in marked():
                self.touch(each)

    def touch(self, info: NodeInfo) -> None:
        """A node changed, or was placed on."""
        leaf = self._count(info) if self._division.descriptors else self._root
        assert leaf.spread is not None
        leaf.spread.touch(info)

    def best(self) -> NodeInfo | None:
        """The node for the next task; None if there is none."""
        return self._root.best()

    def _count(self, info: NodeInfo) -> Branch:
        node_id = info.node.id
        count = info.active_by_service.get(self._ranks.service_id, 0)
        difference = count - self._counts.get(node_id, 0)
        self._counts[node_id] = count
        return self._root.count(self._division.path(node_id), difference)

    def _branch(self, path: Path) -> Branch:
        spread = None
        if len(path) == len(self._division.descriptors):
            others = self._none if path else self._marked
            spread = Spread(self._division.order(path), self._info, self._pipeline, self._ranks, others)
        return Branch(self._division.values(path), spread, lambda value: self._branch((*path, value)))

    def _none(self) -> Iterable[NodeInfo]:
        """The marked nodes have been touched."""
        return ()
