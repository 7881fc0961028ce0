"""The agents whose data plane may carry an older table than their own latest, and the oldest version among them."""

from heapq import heappop, heappush

from core.ids import NodeId


class Laggards:
    """Asking for the oldest costs nothing; a change costs the logarithm of the number of versions."""

    __slots__ = ("_counts", "_heap", "_versions")

    def __init__(self) -> None:
        self._versions: dict[NodeId, int] = {}
        self._counts: dict[int, int] = {}
        self._heap: list[int] = []
        """Every version that counts, and some that do so no more."""

    def __contains__(self, node_id: NodeId) -> bool:
        return node_id in self._versions

    def note(self, node_id: NodeId, version: int) -> None:
        """The agent may be behind, and is known to carry this version."""
        if self._versions.get(node_id) == version:
            return
        self.drop(node_id)
        self._versions[node_id] = version
        if version not in self._counts:
            heappush(self._heap, version)
        self._counts[version] = self._counts.get(version, 0) + 1

    def drop(self, node_id: NodeId) -> None:
        """The agent is not behind, or gone."""
        version = self._versions.pop(node_id, None)
        if version is not None:
            self._counts[version] -= 1

    def oldest(self) -> int | None:
        """The earliest version that a laggard carries; None if there are no laggards."""
        while self._heap and not self._counts[self._heap[0]]:
            del self._counts[heappop(self._heap)]
        return self._heap[0] if self._heap else None
