"""What a leader remembers of one service's update: all of it can be found again in the store.

Slots are taken in ascending order: of replicated services by number, of global ones by their node's hostname and id.
"""

from collections.abc import Iterator
from heapq import heappop, heappush

from core.ids import ServiceId, TaskId
from core.manager.alarms import Alarms
from core.objects.task import Task
from core.parts import parts_of
from core.store import SlotKey, Store, slot_of

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

    __slots__ = ("_to_find", "alarms", "doubled", "outdated", "ran_at", "seen_at", "touched", "under_way")

    def __init__(self, head: Store, service_id: ServiceId) -> None:
        self._to_find: Iterator[list[SlotKey]] | None = parts_of(_slots_of(head, service_id))
        """Slots not looked at yet, in parts; None once all have been."""
        self.touched: dict[SlotKey, None] = {}
        """Those to be looked at again."""
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
    def dirty(self) -> bool:
        """Whether there are slots to look at."""
        return self._to_find is not None or bool(self.touched)

    @property
    def done(self) -> bool:
        """Whether all is replaced, and all has been watched."""
        return not (self.dirty or self.outdated or self.under_way) and self.alarms.next() is None

    def find_more(self) -> None:
        """Have the next part of the slots looked at."""
        assert self._to_find is not None
        part = next(self._to_find, None)
        if part is None:
            self._to_find = None
        else:
            self.touched.update(dict.fromkeys(part))

    def touch(self, task: Task) -> None:
        """Have its slot looked at again."""
        self.touched[slot_of(task)] = None

    def file(self, slot: SlotKey, *, outdated: bool, under_way: bool, doubled: bool) -> None:
        """What was found of a slot."""
        if outdated:
            self.outdated.add(slot)
        else:
            self.outdated.discard(slot)
        for slots, belongs in ((self.under_way, under_way), (self.doubled, doubled)):
            if belongs:
                slots[slot] = None
            else:
                slots.pop(slot, None)

    def forget(self, task_id: TaskId) -> None:
        """A task is gone."""
        self.alarms.drop(task_id)
        self.ran_at.pop(task_id, None)
        self.seen_at.pop(task_id, None)


def _slots_of(head: Store, service_id: ServiceId) -> Iterator[SlotKey]:
    """The slots that tasks of the service fill or filled, found when the first of them is asked for."""
    yield from dict.fromkeys(map(slot_of, head.tasks_of_service(service_id)))
