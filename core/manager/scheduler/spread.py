"""Spreading tasks over nodes: which of the suitable ones is next (swarm.md §3.6).

The order is: fewer recent failures of this service version, if they are many; fewer active tasks of this service; fewer
active tasks altogether; node id. Each placement changes only the node that was chosen, so a heap keeps the rest.
"""

from heapq import heapify, heappop, heapreplace

from core.manager.scheduler.node_info import NodeInfo, ServiceVersion

Rank = tuple[int, int, int, str]


def rank(info: NodeInfo, now: int, service: ServiceVersion) -> Rank:
    """The lower, the better."""
    failures = info.failure_rank(now, service) if info.failures else 0
    return (failures, info.active_by_service.get(service[0], 0), info.active_count, info.node.id)


class Spread:
    """Suitable nodes in order, best first. Under placement preferences each branch of their tree would hold one."""

    __slots__ = ("_heap", "_now", "_service")

    def __init__(self, infos: list[NodeInfo], now: int, service: ServiceVersion) -> None:
        self._now = now
        self._service = service
        # Node ids differ, so two entries never compare by their NodeInfo.
        self._heap: list[tuple[Rank, NodeInfo]] = [(rank(info, now, service), info) for info in infos]
        heapify(self._heap)

    def best(self) -> NodeInfo | None:
        """The node for the next task; None if no suitable one is left."""
        return self._heap[0][1] if self._heap else None

    def placed(self, still_suitable: bool) -> None:
        """The best node was given a task; it takes its new place, or leaves."""
        info = self._heap[0][1]
        if still_suitable:
            heapreplace(self._heap, (rank(info, self._now, self._service), info))
        else:
            heappop(self._heap)
