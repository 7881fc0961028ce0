"""How full the slots of each service are, counted as tasks come and go rather than whenever somebody asks."""

from core.ids import ServiceId
from core.manager.orchestrator.slots import file
from core.objects.task import Task, is_wanted
from core.store import Store, slot_of


class Tally:
    """Follows the change feed of a head: equal to counting all its tasks once the feed is told."""

    __slots__ = ("_head", "_idle", "_wanted")

    def __init__(self, head: Store) -> None:
        self._head = head
        self._wanted: dict[ServiceId, dict[int, int]] = {}
        self._idle: dict[ServiceId, dict[int, None]] = {}

    def wanted(self, service_id: ServiceId) -> dict[int, int]:
        """Slot -> how many wanted tasks, for the slots that have any."""
        return self._wanted.get(service_id, {})

    def idle(self, service_id: ServiceId) -> list[int]:
        """The slots that have tasks, but no wanted one."""
        return list(self._idle.get(service_id, ()))

    def follow(self, old: Task | None, new: Task | None) -> None:
        """A task came, changed or went. Tasks of global services have no slots."""
        by = _count(new) - _count(old)
        if not by and old is not None and new is not None:
            return
        task = new or old
        assert task is not None
        if not task.slot:
            return
        wanted = self._wanted.setdefault(task.service_id, {})
        count = wanted.get(task.slot, 0) + by
        if count:
            wanted[task.slot] = count
        else:
            wanted.pop(task.slot, None)
        self._settle(task, bool(count))

    def check_invariants(self) -> None:
        """The counts are those of the tasks as they are."""
        fresh = Tally(self._head)
        for task in self._head.tasks.values():
            fresh.follow(None, task)
        assert fresh._wanted == self._wanted, (fresh._wanted, self._wanted)
        assert fresh._idle == self._idle, (fresh._idle, self._idle)

    def _settle(self, task: Task, taken: bool) -> None:
        idle = self._idle.setdefault(task.service_id, {})
        file(task.slot, idle, not taken and self._head.has_tasks_in_slot(slot_of(task)))
        if not idle:
            del self._idle[task.service_id]
        if not self._wanted[task.service_id]:
            del self._wanted[task.service_id]


def _count(task: Task | None) -> int:
    return int(task is not None and is_wanted(task))
