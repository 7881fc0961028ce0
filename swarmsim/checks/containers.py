"""One container per slot, as it really is: two run at once only while nobody can end the older one.

A replacement starts without waiting for a task whose host is out of reach, so for that long two containers may run in
one slot. Once the host is back it is told, its container drains and is stopped: the older one is gone
`bounds.container_end_ns` after

- its host's daemon runs,
- a leader leads,
- the leader's committed store has its node as READY, and
- its agent holds a session: over a link slower than its patience it registers again and again, and is told nothing.

Whenever one of these does not hold, the time begins anew. So it begins with a look at which all of them hold: nobody
knows how it was since the look before. Hosts that were removed from the swarm are left out. A
task that is still wanted beside a newer one, as updates that start first have it, is a matter of `slots`.

A container whose task has no record any more has no slot at all. Since a record goes last, it is one of an earlier
node of its host, or was taken for stopped: it is gone `bounds.word_done_ns` after its host could be told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from core.ids import TaskId
from core.objects.node import NodeState
from core.objects.task import Task, is_wanted
from core.store import SlotKey, Store, slot_of
from core.timing import Timing
from swarmsim.checks.bounds import container_end_ns, word_done_ns
from swarmsim.checks.check import Check, furthest_store
from swarmsim.counting import counted
from swarmsim.world import World

_Container = TypeVar("_Container")


class Running(Struct, frozen=True, gc=False):
    """A task whose container runs on `host`; `reachable` if that could be told now to stop it."""

    task: Task
    host: str
    reachable: bool


class OneContainerPerSlot(Check):
    """Judged whenever the world is looked at, on the containers that really run."""

    name = "one-container-per-slot"

    def __init__(self, timing: Timing) -> None:
        super().__init__()
        self._timing = timing
        self._older: frozenset[TaskId] = frozenset()
        """The containers that were not the newest of their slot at the last look."""
        self._since: dict[TaskId, int] = {}
        """For each of these that could be told to stop: since when."""
        self._strays_since: dict[tuple[str, TaskId], int] = {}
        """The same for each container, by its host, whose task has no record."""
        self._overlap_count = 0

    def judge_strays(self, at_ns: int, strays: Mapping[tuple[str, TaskId], bool]) -> None:
        """Containers run now whose task no manager knows: host and task, and whether the host could be told."""
        self._strays_since = _reachable_since(self._strays_since, strays, at_ns)
        for (host, task_id), since_ns in self._strays_since.items():
            detail = f"the container of {task_id} on {host} runs on, though its task has gone from the store"
            self.expect(at_ns - since_ns <= word_done_ns(self._timing), at_ns, detail)

    def judge(self, at_ns: int, slots: Iterable[Sequence[Running]]) -> None:
        """In these slots these containers run now, the one that is to stay last."""
        older: dict[TaskId, Running] = {}
        for sharing in slots:
            self.checked_count += 1
            older.update((each.task.id, each) for each in sharing[:-1] if not is_wanted(each.task))
        self._overlap_count += len(older.keys() - self._older)
        self._older = frozenset(older)
        reachable = {task_id: each.reachable for task_id, each in older.items()}
        self._since = _reachable_since(self._since, reachable, at_ns)
        for task_id, since_ns in self._since.items():
            each = older[task_id]
            if at_ns - since_ns > container_end_ns(self._timing, each.task):
                self.fail(at_ns, f"the container of {task_id} on {each.host} runs on beside a newer one of its slot")

    def sample(self, world: World) -> None:
        furthest = furthest_store(world)
        if furthest is None:
            return
        slots: dict[SlotKey, list[Running]] = {}
        strays: dict[tuple[str, TaskId], bool] = {}
        for host, task_id, reachable in _running(world, furthest):
            task = furthest.tasks.get(task_id)
            if task is None:
                strays[host, task_id] = reachable
            else:
                slots.setdefault(slot_of(task), []).append(Running(task, host, reachable))
        self.judge_strays(world.now_ns, strays)
        self.judge(world.now_ns, [_in_order(furthest, slot, sharing) for slot, sharing in slots.items()])

    def remark(self) -> str:
        count = self._overlap_count
        return f"{counted(count, 'container')} ran beside a newer one for a while" if count else ""


def _reachable_since(
    before: Mapping[_Container, int], now: Mapping[_Container, bool], at_ns: int
) -> dict[_Container, int]:
    """Those that are reachable now, and since when they have been at every look."""
    return {container: before.get(container, at_ns) for container, reachable in now.items() if reachable}


def _running(world: World, store: Store) -> Iterator[tuple[str, TaskId, bool]]:
    """Of members: the host, the task whose container runs there, and whether the host could be told now to stop it."""
    leader = world.leader()
    told_by = world.store(leader) if leader is not None else None
    for host in world.hosts():
        status = world.status(host)
        if status.node_id not in store.nodes:
            continue
        node = told_by.nodes.get(status.node_id) if told_by is not None else None
        told = status.in_session and node is not None and node.status.state is NodeState.READY
        for container in world.containers(host):
            if container.running:
                yield host, container.task_id, status.lives and told


def _in_order(store: Store, slot: SlotKey, sharing: list[Running]) -> list[Running]:
    """The oldest first, but whoever is wanted last."""
    if len(sharing) == 1:
        return sharing
    order = [task.id for task in store.tasks_in_slot(slot)]
    return sorted(sharing, key=lambda each: (is_wanted(each.task), order.index(each.task.id)))
