"""Placement preferences: a tree of the nodes, one level per preference, over whose branches tasks are evened out.

`spread over node.labels.rack`, then perhaps `node.labels.row`: the nodes with the same value of a label form a branch,
those without the label one more. The next task goes down the branch that has the fewest tasks of its service, counting
those that are there already, and at the end to the best node in it. A branch without a suitable node drops out. A
descriptor that is no label of a node or an engine parts nothing (swarm.md §3.6).
"""

from collections.abc import Iterable

from core.manager.scheduler.filters import Pipeline
from core.manager.scheduler.node_info import NodeInfo, ServiceVersion
from core.manager.scheduler.spread import Ranking
from core.objects.node import Node

_NODE_LABEL = "node.labels."
_ENGINE_LABEL = "engine.labels."


class Branch:
    """The nodes that agree in the labels so far; parted further by the next preference, or ranked."""

    __slots__ = ("_children", "_infos", "_ranking", "task_count")

    def __init__(self, infos: list[NodeInfo], service: ServiceVersion) -> None:
        self._infos = infos
        self._children: dict[str, Branch] = {}
        self._ranking: Ranking | None = None
        self.task_count = sum(info.active_by_service.get(service[0], 0) for info in infos)

    def part(self, descriptors: list[str], pipeline: Pipeline, now: int, service: ServiceVersion) -> None:
        """By these labels, one after the other; at the end nodes are ranked as if there were no preferences."""
        if not descriptors:
            self._ranking = Ranking(self._infos, pipeline, now, service)
            return
        parts: dict[str, list[NodeInfo]] = {}
        for info in self._infos:
            parts.setdefault(_value(info.node, descriptors[0]), []).append(info)
        self._children = {value: Branch(parts[value], service) for value in sorted(parts)}
        for child in self._children.values():
            child.part(descriptors[1:], pipeline, now, service)

    def best(self) -> NodeInfo | None:
        """The node for the next task, which is counted as placed there; None if no node of the branch will do."""
        if self._ranking is not None:
            info = self._ranking.best()
            self.task_count += info is not None
            return info
        while self._children:
            value = min(self._children, key=lambda value: self._children[value].task_count)
            info = self._children[value].best()
            if info is not None:
                self.task_count += 1
                return info
            del self._children[value]
        return None


def tree_of(
    infos: Iterable[NodeInfo], preferences: tuple[str, ...], pipeline: Pipeline, now: int, service: ServiceVersion
) -> Branch:
    """All nodes, parted by the preferences that can part them. `now` is when failures are counted."""
    tree = Branch(list(infos), service)
    descriptors = [each for each in preferences if each.startswith((_NODE_LABEL, _ENGINE_LABEL))]
    tree.part(descriptors, pipeline, now, service)
    return tree


def _value(node: Node, descriptor: str) -> str:
    if descriptor.startswith(_NODE_LABEL):
        return node.spec.labels.get(descriptor.removeprefix(_NODE_LABEL), "")
    return node.description.engine_labels.get(descriptor.removeprefix(_ENGINE_LABEL), "")
