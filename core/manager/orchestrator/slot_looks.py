"""Which slots of a service are still to be looked at: all of them once, part by part, and those that changed since."""

from collections.abc import Iterator

from core.ids import ServiceId
from core.objects.task import Task
from core.parts import parts_of
from core.store import SlotKey, Store, slot_of


class SlotLooks:
    """Begins with every slot that tasks of the service fill or filled."""

    __slots__ = ("_to_find", "_touched")

    def __init__(self, head: Store, service_id: ServiceId) -> None:
        self._to_find: Iterator[list[SlotKey]] | None = parts_of(_slots_of(head, service_id))
        """None once all have been found."""
        self._touched: dict[SlotKey, None] = {}

    def __bool__(self) -> bool:
        """Whether any slot is left."""
        return self._to_find is not None or bool(self._touched)

    def touch(self, task: Task) -> None:
        """Have its slot looked at again."""
        self._touched[slot_of(task)] = None

    def next(self) -> SlotKey | None:
        """One slot, which is looked at with this; None: more of them have to be found first, as this has done."""
        if self._touched:
            slot = next(iter(self._touched))
            del self._touched[slot]
            return slot
        part = next(self._to_find, None) if self._to_find is not None else None
        if part is None:
            self._to_find = None
        else:
            self._touched.update(dict.fromkeys(part))
        return None


def _slots_of(head: Store, service_id: ServiceId) -> Iterator[SlotKey]:
    """Found when the first of them is asked for."""
    yield from dict.fromkeys(map(slot_of, head.tasks_of_service(service_id)))
