"""Spreading the tasks of one service version over nodes: which of the suitable ones is next (swarm.md §3.6).

The order is: fewer recent failures of this service version, if they are many; fewer active tasks of this service; fewer
active tasks altogether; node id. Hence the nodes without a task of the service come first, in the order in which they
are kept anyway (`core.manager.scheduler.order`), and are looked at one after the other; only when none of those
will do are the others ranked, in a heap. Whatever changes afterwards, by a placement or otherwise, is touched: its new
rank goes into the heap, and the old one is thrown away when it comes to the top. A node that will not do is not looked
at again until it is touched.
"""

from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush

from core.ids import NodeId, ServiceId
from core.manager.scheduler.filters import Pipeline
from core.manager.scheduler.node_info import NodeInfo
from core.manager.scheduler.order import START, Order, Place

Rank = tuple[int, int, int, NodeId]
"""Failures if they count, active tasks of the service, active tasks, id: the least is the best."""


class Ranks:
    """How nodes compare for one service version. `failures`: of the nodes that have so many that it counts."""

    __slots__ = ("failures", "service_id")

    def __init__(self, service_id: ServiceId, failures: dict[NodeId, int]) -> None:
        self.service_id = service_id
        self.failures = failures

    def of(self, info: NodeInfo) -> Rank:
        """One node's as it is now."""
        node_id = info.node.id
        failures = self.failures.get(node_id, 0) if self.failures else 0
        return failures, info.active_by_service.get(self.service_id, 0), info.active_count, node_id

    def is_plain(self, info: NodeInfo) -> bool:
        """Whether its number of tasks and its id say all: no task of the service is there, and none failed."""
        return self.service_id not in info.active_by_service and info.node.id not in self.failures


class Spread:
    """Over the nodes of one order, those outside it that `others` gives at the end, and all that are touched."""

    __slots__ = ("_heap", "_info", "_order", "_others", "_pipeline", "_place", "_ranks", "_through")

    def __init__(
        self,
        order: Order,
        info: Callable[[NodeId], NodeInfo | None],
        pipeline: Pipeline,
        ranks: Ranks,
        others: Callable[[], Iterable[NodeInfo]],
    ) -> None:
        """`info` finds a node, `others` gives those that were not plain to begin with, however many times."""
        self._order = order
        self._info = info
        self._pipeline = pipeline
        self._ranks = ranks
        self._others = others
        self._heap: list[Rank] = []
        self._place: Place = START
        """All plain nodes up to here will not do, or are in the heap."""
        self._through = False
        """Whether no node is left in the order that has not been looked at."""

    def touch(self, info: NodeInfo) -> None:
        """It changed, or was placed on: it is looked at again."""
        heappush(self._heap, self._ranks.of(info))

    def best(self) -> NodeInfo | None:
        """The node for the next task; None if there is none."""
        plain = self._next_plain()
        limit = None if plain is None else self._ranks.of(plain)
        heap = self._heap
        while heap and (limit is None or heap[0] < limit):
            rank = heap[0]
            info = self._info(rank[-1])
            if info is not None and rank == self._ranks.of(info) and self._pipeline.passes(info):
                return info
            heappop(heap)
        return plain

    def _next_plain(self) -> NodeInfo | None:
        """The first node in the order that has not been looked at and will do."""
        if self._through:
            return None
        while (place := self._order.after(self._place)) is not None:
            info = self._info(place[1])
            assert info is not None, place
            if self._ranks.is_plain(info) and self._pipeline.passes(info):
                return info
            self._place = place
        self._through = True
        self._heap += [self._ranks.of(info) for info in self._others()]
        heapify(self._heap)
        return None
