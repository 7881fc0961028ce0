"""One container per slot, as it really is: two run at once only while nobody can end the older one.

A replacement starts without waiting for a task whose host is out of reach, so for that long two containers may run in
one slot. Once the host is back it is told, its container drains and is stopped: the older one is gone
`slowest_end_ns` after

- its host's daemon runs,
- a leader leads, and
- the leader's committed store has its node as READY: it has a session and is told what is wanted.

Whenever one of these does not hold, the time begins anew. Hosts that were removed from the swarm are left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from core.ids import TaskId
from core.objects.node import NodeState
from core.objects.task import Task, TaskState
from core.store import SlotKey, Store, slot_of
from core.timing import PROFILES, SECOND
from swarmsim.checks.check import Check, living_managers
from swarmsim.world import World

MARGIN_NS: Final = 10 * SECOND
"""For the word to get there on a bad network, a disk that is slow, an engine that does not answer for a while."""
ACK_TIMEOUT_NS: Final = max(timing.drain_ack_timeout_ns for timing in PROFILES.values())
PROFILE_GRACE_NS: Final = max(timing.drain_grace_ns for timing in PROFILES.values())
"""A world does not say which profile it runs by: the slowest is good for all."""


class Running(Struct, frozen=True, gc=False):
    """A task whose container runs on `host`; `reachable` if that could be told now to stop it."""

    task: Task
    host: str
    reachable: bool


def slowest_end_ns(task: Task) -> int:
    """How long after it can be told a container may still run: its drain, its stop grace, and a margin."""
    grace_ns = PROFILE_GRACE_NS if task.drain_grace_ns is None else task.drain_grace_ns
    return ACK_TIMEOUT_NS + grace_ns + task.spec.container.stop_grace_period_ns + MARGIN_NS


class OneContainerPerSlot(Check):
    """Judged whenever the world is looked at, on the containers that really run."""

    name = "one-container-per-slot"

    def __init__(self) -> None:
        super().__init__()
        self._since: dict[TaskId, int] = {}
        """For each container that is not the newest of its slot: since when it could have been told to stop."""
        self._overlap_count = 0

    def judge(self, at_ns: int, slots: Iterable[Sequence[Running]]) -> None:
        """In these slots these containers run now, the one that is to stay last."""
        older: dict[TaskId, Running] = {}
        for sharing in slots:
            self.checked_count += 1
            older.update((each.task.id, each) for each in sharing[:-1])
        self._overlap_count += len(older.keys() - self._since.keys())
        self._since = {
            task_id: self._since.get(task_id, at_ns) if each.reachable else at_ns for task_id, each in older.items()
        }
        for each in older.values():
            if at_ns - self._since[each.task.id] > slowest_end_ns(each.task):
                detail = f"the container of {each.task.id} on {each.host} runs on beside a newer one of its slot"
                self.fail(at_ns, detail)

    def sample(self, world: World) -> None:
        stores = [store for host in living_managers(world) if (store := world.store(host)) is not None]
        if not stores:
            return
        furthest = max(stores, key=lambda store: store.index)
        slots: dict[SlotKey, list[Running]] = {}
        for each in _running(world, furthest):
            slots.setdefault(slot_of(each.task), []).append(each)
        self.judge(world.now_ns, [_in_order(furthest, slot, sharing) for slot, sharing in slots.items()])

    def remark(self) -> str:
        return f"{self._overlap_count} containers ran beside a newer one for a while" if self._overlap_count else ""


def _running(world: World, store: Store) -> Iterator[Running]:
    leader = world.leader()
    told_by = world.store(leader) if leader is not None else None
    for host in world.hosts():
        status = world.status(host)
        if status.node_id not in store.nodes:
            continue
        node = told_by.nodes.get(status.node_id) if told_by is not None else None
        reachable = status.lives and node is not None and node.status.state is NodeState.READY
        for container in world.containers(host):
            task = store.tasks.get(container.task_id)
            if container.running and task is not None:
                yield Running(task, host, reachable)


def _in_order(store: Store, slot: SlotKey, sharing: list[Running]) -> list[Running]:
    """The oldest first, but whoever is wanted last."""
    if len(sharing) == 1:
        return sharing
    order = [task.id for task in store.tasks_in_slot(slot)]
    return sorted(sharing, key=lambda each: (each.task.desired_state <= TaskState.RUNNING, order.index(each.task.id)))
