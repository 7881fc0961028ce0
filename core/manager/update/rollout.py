"""What a leader remembers of one service's update: all of it can be found again in the store.

Slots are taken in ascending order: of replicated services by number, of global ones by their node's hostname and id.
"""

from heapq import heappop, heappush

from core.ids import ServiceId, TaskId
from core.manager.alarms import Alarms
from core.manager.orchestrator.slot_looks import SlotLooks
from core.manager.orchestrator.slots import file
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


class Rollout:
    """The slots of a service at one version of its spec."""

    __slots__ = ("alarms", "doubled", "looks", "outdated", "ran_at", "seen_at", "under_way")

    def __init__(self, head: Store, service_id: ServiceId) -> None:
        self.looks = SlotLooks(head, service_id)
        self.outdated = SlotQueue(head)
        """Those to be updated."""
        self.under_way: dict[SlotKey, None] = {}
        """Those that count against the parallelism."""
        self.doubled: dict[SlotKey, None] = {}
        """Those in which an old task is kept until a new one runs: also after all is done, if failures are borne."""
        self.seen_at: dict[TaskId, int] = {}
        """Since when the update waits for a task of its own to run, in monotonic nanoseconds of this leader."""
        self.ran_at: dict[TaskId, int] = {}
        """Since when a task of its own has run."""
        self.alarms: Alarms[TaskId] = Alarms()
        """When there is more to say of those that are watched: none is left once all have been watched long enough."""

    @property
    def done(self) -> bool:
        """Whether all is replaced, and all has been watched."""
        return not (self.looks or self.outdated or self.under_way) and self.alarms.next() is None

    def file(self, slot: SlotKey, *, outdated: bool, under_way: bool, doubled: bool) -> None:
        """What was found of a slot."""
        if outdated:
            self.outdated.add(slot)
        else:
            self.outdated.discard(slot)
        file(slot, self.under_way, under_way)
        file(slot, self.doubled, doubled)

    def forget(self, task_id: TaskId) -> None:
        """A task is gone."""
        self.alarms.drop(task_id)
        self.ran_at.pop(task_id, None)
        self.seen_at.pop(task_id, None)
