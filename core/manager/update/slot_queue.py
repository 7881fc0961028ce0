"""The slots that an update has still to begin, in their order.

Slots are taken in ascending order: of replicated services by number, of global ones by their node's hostname and id.
"""

from heapq import heappop, heappush

from core.store import SlotKey, Store

_Place = tuple[int, str, str]


class SlotQueue:
    """Slots in the order in which they are to be updated, each at most once."""

    __slots__ = ("_head", "_heap", "_waiting")

    def __init__(self, head: Store) -> None:
        self._head = head
        self._heap: list[tuple[_Place, SlotKey]] = []
        self._waiting: dict[SlotKey, None] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, slot: SlotKey) -> bool:
        return slot in self._waiting

    def add(self, slot: SlotKey) -> None:
        """No effect if it waits already."""
        if slot not in self._waiting:
            self._waiting[slot] = None
            heappush(self._heap, (self._place_of(slot), slot))

    def discard(self, slot: SlotKey) -> None:
        """It waits no more."""
        self._waiting.pop(slot, None)

    def pop(self) -> SlotKey:
        """The first that waits."""
        while True:
            slot = heappop(self._heap)[1]
            if slot in self._waiting:
                del self._waiting[slot]
                return slot

    def _place_of(self, slot: SlotKey) -> _Place:
        _, number, node_id = slot
        node = self._head.nodes.get(node_id)
        return (number, "" if node is None else node.description.hostname, node_id)
