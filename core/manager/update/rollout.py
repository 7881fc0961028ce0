"""What a leader remembers of one service's update: what is said of slots can be found again in the store."""

from core.ids import ServiceId, TaskId
from core.manager.alarms import Alarms
from core.manager.orchestrator.slot_looks import SlotLooks
from core.manager.orchestrator.slots import file
from core.manager.update.slot_queue import SlotQueue
from core.store import SlotKey, Store


class Rollout:
    """The slots of a service at one version of its spec."""

    __slots__ = (
        "alarms",
        "awaited",
        "doubled",
        "ended_at",
        "filled",
        "looks",
        "outdated",
        "ran_at",
        "seen_at",
        "under_way",
    )

    def __init__(self, head: Store, service_id: ServiceId) -> None:
        self.looks = SlotLooks(head, service_id)
        self.filled: dict[SlotKey, None] = {}
        """Those that count as filled: a task is wanted there, or the last one has ended for good."""
        self.outdated = SlotQueue(head)
        """Those to be updated."""
        self.under_way: dict[SlotKey, None] = {}
        """Those that count against the parallelism."""
        self.awaited: dict[SlotKey, None] = {}
        """Those of them whose task is still to run: the others are within their delay."""
        self.doubled: dict[SlotKey, None] = {}
        """Those in which an old task is kept until a new one runs: also after all is done, if failures are borne."""
        self.seen_at: dict[TaskId, int] = {}
        """Since when the update waits for a task of its own to run, in monotonic nanoseconds of this leader."""
        self.ran_at: dict[TaskId, int] = {}
        """Since when a task of its own has run."""
        self.ended_at: dict[TaskId, int] = {}
        """When one ended that this leader did not see run; kept, since its host's clock may be ahead of this one's."""
        self.alarms: Alarms[TaskId] = Alarms()
        """When there is more to say of those that are watched: none is left once all have been watched long enough."""

    @property
    def done(self) -> bool:
        """Whether all is replaced, and all has been watched."""
        return not (self.looks or self.outdated or self.under_way) and self.alarms.next() is None

    def file(
        self, slot: SlotKey, *, filled: bool, outdated: bool, under_way: bool, awaited: bool, doubled: bool
    ) -> None:
        """What was found of a slot."""
        file(slot, self.filled, filled)
        if outdated:
            self.outdated.add(slot)
        else:
            self.outdated.discard(slot)
        file(slot, self.under_way, under_way)
        file(slot, self.awaited, awaited)
        file(slot, self.doubled, doubled)

    def forget(self, task_id: TaskId) -> None:
        """A task is gone."""
        self.alarms.drop(task_id)
        self.ran_at.pop(task_id, None)
        self.ended_at.pop(task_id, None)
        self.seen_at.pop(task_id, None)
