"""Spreading the tasks of one service version over nodes: which of the suitable ones is next (swarm.md §3.6).

The order is: fewer recent failures of this service version, if they are many; fewer active tasks of this service; fewer
active tasks altogether; node id. Hence the nodes without a task of the service come first, in the order in which the
fleet keeps them; only when none of those will do are the others ranked, in a heap. A placement changes
nothing but the node that was chosen, which then has a task of the service. So a single task is placed after
looking at a few nodes, and many after looking at each node once.
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heapreplace

from core.ids import NodeId
from core.manager.scheduler.filters import Pipeline
from core.manager.scheduler.fleet import Fleet, Place
from core.manager.scheduler.node_info import NodeInfo, ServiceVersion

Rank = tuple[int, int, int, NodeId]

_START: Place = (-1, NodeId(""))


class Ranking:
    """Nodes in that order, kept in a heap that is put right as tasks are placed."""

    __slots__ = ("_heap", "_now", "_pipeline", "_service")

    def __init__(self, infos: Iterable[NodeInfo], pipeline: Pipeline, now: int, service: ServiceVersion) -> None:
        self._pipeline = pipeline
        self._now = now
        self._service = service
        self._heap = [(self._rank(info), info) for info in infos]
        """Node ids differ, so two entries never compare by their NodeInfo."""
        heapify(self._heap)

    def best(self) -> NodeInfo | None:
        """The node for the next task, which the caller must place before it asks again; None if there is none."""
        while self._heap:
            rank, info = self._heap[0]
            if not self._pipeline.passes(info):
                heappop(self._heap)
            elif rank != (now_rank := self._rank(info)):
                heapreplace(self._heap, (now_rank, info))  # it was placed on since
            else:
                return info
        return None

    def _rank(self, info: NodeInfo) -> Rank:
        failures = info.failure_rank(self._now, self._service)
        return (failures, info.active_by_service.get(self._service[0], 0), info.active_count, info.node.id)


class Spread:
    """All nodes, without preferences."""

    __slots__ = ("_failing", "_fleet", "_now", "_pipeline", "_place", "_ranking", "_service")

    def __init__(self, fleet: Fleet, pipeline: Pipeline, now: int, service: ServiceVersion) -> None:
        self._fleet = fleet
        self._pipeline = pipeline
        self._now = now
        self._service = service
        self._failing = {info.node.id: info for info in fleet.failing(now, service)}
        self._place: Place = _START
        self._ranking: Ranking | None = None
        """Made when no untouched node is left."""

    def best(self) -> NodeInfo | None:
        """The node for the next task, which the caller must place before it asks again; None if there is none."""
        if self._ranking is None:
            info = self._next_untouched()
            if info is not None:
                return info
            candidates = {info.node.id: info for info in self._fleet.hosts_of(self._service[0])} | self._failing
            self._ranking = Ranking(candidates.values(), self._pipeline, self._now, self._service)
        return self._ranking.best()

    def _next_untouched(self) -> NodeInfo | None:
        """The next node without a task of the service. Nodes placed on move on in the order, but are touched then."""
        service_id = self._service[0]
        while (info := self._fleet.next_ready(self._place)) is not None:
            self._place = (info.active_count, info.node.id)
            untouched = service_id not in info.active_by_service and info.node.id not in self._failing
            if untouched and self._pipeline.passes(info):
                return info
        return None
