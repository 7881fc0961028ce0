"""Ready nodes, kept sorted by how many active tasks they have, then by id."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import Final

from core.ids import NodeId
from core.manager.scheduler.node_info import NodeInfo

Place = tuple[int, NodeId]
"""Where a node stands: number of active tasks, id."""

START: Final[Place] = (-1, NodeId(""))
"""Before every node."""


class Order:
    """A node that changes is taken out before and put in after."""

    __slots__ = ("_places",)

    def __init__(self, infos: Iterable[NodeInfo] = ()) -> None:
        self._places = sorted(_place_of(info) for info in infos if info.ready)

    @property
    def places(self) -> tuple[Place, ...]:
        """All of them, in order."""
        return tuple(self._places)

    def after(self, place: Place) -> Place | None:
        """The next one; None at the end."""
        position = bisect_right(self._places, place)
        return self._places[position] if position < len(self._places) else None

    def put(self, info: NodeInfo) -> None:
        """It stands where its tasks say, if it is ready."""
        if info.ready:
            insort(self._places, _place_of(info))

    def take(self, info: NodeInfo) -> None:
        """It stands here no longer; it must be as it was when it was put in."""
        if info.ready:
            del self._places[bisect_left(self._places, _place_of(info))]


def _place_of(info: NodeInfo) -> Place:
    return info.active_count, info.node.id
