"""The nodes divided by labels: one branch for each value of the first label, parted by the next, and so on.

Nodes without a label agree in the value "". With no label there is one branch that all nodes are in. Every branch keeps
its ready nodes in order, so that one division serves all services with the same preferences, whenever they have a task
to place (`core.manager.scheduler.preferences`).
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from core.ids import NodeId
from core.manager.scheduler.node_info import NodeInfo
from core.manager.scheduler.order import Order
from core.objects.node import Node

Descriptors = tuple[str, ...]
Path = tuple[str, ...]
"""The values of the labels: the way to a branch."""

_NODE_LABEL: Final = "node.labels."
_ENGINE_LABEL: Final = "engine.labels."


class Division:
    """By labels of nodes and engines, such as `node.labels.rack`."""

    __slots__ = ("_orders", "_paths", "_values", "descriptors", "generation")

    def __init__(self, descriptors: Descriptors, infos: Iterable[NodeInfo] = ()) -> None:
        self.descriptors = descriptors
        self.generation = 0
        """Rises when a node comes, goes, or is in another branch than before."""
        self._paths: dict[NodeId, Path] = {}
        self._values: dict[Path, list[str]] = {}
        self._orders: dict[Path, Order] = {}
        members: dict[Path, list[NodeInfo]] = {}
        for info in infos:
            path = self._paths[info.node.id] = self._path_of(info.node)
            members.setdefault(path, []).append(info)
        for path in members:
            self._grow(path, Order(members[path]))

    def values(self, path: Path) -> list[str]:
        """By which a branch is parted further, sorted. Some may have no nodes any more."""
        return self._values.get(path, [])

    def order(self, path: Path) -> Order:
        """The ready nodes of a branch that is parted no further."""
        order = self._orders.get(path)
        return Order() if order is None else order

    def path(self, node_id: NodeId) -> Path:
        """Where a node is that is there."""
        return self._paths[node_id]

    def place(self, info: NodeInfo) -> None:
        """A node is there, or its record has changed; `take` comes before that."""
        path = self._path_of(info.node)
        if self._paths.get(info.node.id) != path:
            self._paths[info.node.id] = path
            self.generation += 1
            if path not in self._orders:
                self._grow(path, Order())
        self.put(info)

    def take(self, info: NodeInfo) -> None:
        """A node is about to change, and will be put in again."""
        self._orders[self._paths[info.node.id]].take(info)

    def put(self, info: NodeInfo) -> None:
        """A node that was taken has other tasks now."""
        self._orders[self._paths[info.node.id]].put(info)

    def remove(self, info: NodeInfo) -> None:
        """A node is gone."""
        self.take(info)
        del self._paths[info.node.id]
        self.generation += 1

    def check_invariants(self, infos: Iterable[NodeInfo]) -> None:
        """It is as one made of these nodes afresh, but for branches that are empty now."""
        fresh = Division(self.descriptors, infos)
        assert self._paths == fresh._paths
        for path, order in self._orders.items():
            assert order.places == fresh.order(path).places, path
        assert fresh._orders.keys() <= self._orders.keys()
        for path, values in fresh._values.items():
            assert set(values) <= set(self._values[path]), path
            assert self._values[path] == sorted(self._values[path]), path

    def _path_of(self, node: Node) -> Path:
        return tuple([_value(node, descriptor) for descriptor in self.descriptors])

    def _grow(self, path: Path, order: Order) -> None:
        """A branch, with all that lead to it."""
        self._orders[path] = order
        for length, value in enumerate(path):
            values = self._values.setdefault(path[:length], [])
            position = bisect_left(values, value)
            if values[position : position + 1] != [value]:
                values.insert(position, value)


def descriptors_of(preferences: Iterable[str]) -> Descriptors:
    """Those that name a label of nodes or engines; others part nothing (swarm.md §3.6)."""
    return tuple(each for each in preferences if _key(each, _NODE_LABEL) or _key(each, _ENGINE_LABEL))


def _value(node: Node, descriptor: str) -> str:
    key = _key(descriptor, _NODE_LABEL)
    if key:
        return node.spec.labels.get(key, "")
    return node.description.engine_labels.get(_key(descriptor, _ENGINE_LABEL), "")


def _key(descriptor: str, prefix: str) -> str:
    """The label after the prefix, whose case does not matter; "" if it is none of that sort."""
    return descriptor[len(prefix) :] if descriptor[: len(prefix)].lower() == prefix else ""
