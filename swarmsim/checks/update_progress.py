"""What a check has seen of one service's update, from transactions alone: slots under way, runs and failures.

A slot is *under way* from when the update begins it: it makes its first task there, or tells an old one that runs to
stop which could run on, and no task that is wanted runs in the slot any more. It is so until its new task has run,
ended or been given up. Tasks that are lost with their nodes, or end by themselves, begin no slot.

When a task came to run is kept as a `Moment`, on the world's clock and on that of the leader which wrote it: a commit
may be late and a clock may jump, hardly ever both. The next leader goes by other clocks, of which nothing can be
demanded: it is known then that a task ran, but not since when.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.ids import TaskId
from core.manager.enforcer import REASON
from core.manager.placement.constraints import meets, parse_constraints
from core.objects.node import Availability, NodeState
from core.objects.service import Service
from core.objects.task import Task, TaskState, is_wanted, ran_for_ns
from core.store import Changed, SlotKey, Store, slot_of

_OWN_ENDS: Final = (TaskState.COMPLETE, TaskState.FAILED, TaskState.REJECTED)


class Moment(Struct, frozen=True, gc=False):
    """One instant, in nanoseconds of the world and of the wall clock of who leads."""

    at_ns: int
    wall_ns: int

    def until(self, later: "Moment") -> int:
        """How long it is to `later`, as far as either clock can tell."""
        return max(later.at_ns - self.at_ns, later.wall_ns - self.wall_ns)


def least_ns(configured_ns: int) -> int:
    """What a wait of this length comes to at least: clocks may be a tenth fast."""
    return configured_ns * 9 // 10


class Progress:
    """Of one service at one version of its spec; `store` has the changes already that are shown."""

    __slots__ = ("_store", "failure_count", "ran_at", "spec_version", "under_way")

    def __init__(self, store: Store, spec_version: int) -> None:
        self._store = store
        self.spec_version = spec_version
        self.under_way: dict[SlotKey, bool] = {}
        """With whether a task of the update's own began it."""
        self.ran_at: dict[TaskId, Moment | None] = {}
        """The update's own tasks that came to run; None where that was under another leader."""
        self.failure_count = 0
        """Its own tasks that ended by themselves within the monitor, and were given up."""

    def forget_times(self) -> None:
        """Another leads."""
        self.ran_at = dict.fromkeys(self.ran_at)

    def cooling(self, now: Moment, delay_ns: int) -> dict[SlotKey, None]:
        """The slots whose start was over less than the delay ago."""
        found: dict[SlotKey, None] = {}
        for task_id, ran_at in self.ran_at.items():
            if ran_at is not None and ran_at.until(now) < least_ns(delay_ns):
                found[slot_of(self._store.tasks[task_id])] = None
        return found

    def least_watched(self, now: Moment) -> int | None:
        """For how long the last of its own tasks has run that runs still; None if that is not known of any."""
        return min(
            (
                ran_at.until(now)
                for task_id, ran_at in self.ran_at.items()
                if ran_at is not None and _runs(self._store.tasks[task_id])
            ),
            default=None,
        )

    def follow(self, at_ns: int, service: Service, change: Changed, monitor_ns: int) -> None:
        """A task of the service has changed; its slot is to be settled afterwards."""
        old: Task | None = change.old
        new: Task | None = change.new
        if new is None:
            self.ran_at.pop(change.old.id, None)
            return
        if self._is_own(new):
            if new.status.state is TaskState.RUNNING and (old is None or old.status.state < TaskState.RUNNING):
                self.ran_at[new.id] = Moment(at_ns, new.updated_at)
            if old is not None and self._failed(old, new, at_ns, monitor_ns):
                self.failure_count += 1
        first = old is None and self._is_own(new) and not self._replaces(service, new)
        if first or (old is not None and self._is_stopped_by_update(service, old, new)):
            self.under_way[slot_of(new)] = self.under_way.get(slot_of(new), False) or first

    def settle(self, slot: SlotKey) -> None:
        """Something of this slot has changed: it may be under way no more."""
        if slot not in self.under_way:
            return
        tasks = self._store.tasks_in_slot(slot)
        new = [task for task in tasks if task.spec_version == self.spec_version]
        if new:
            awaited = [task for task in new if task.by_update] or new  # what a restart puts in its place is no matter
            waits = any(map(is_wanted, awaited))
            over = not waits or any(task.status.state >= TaskState.RUNNING for task in new)
        else:
            over = not tasks or any(map(_runs, tasks))
        _, number, node_id = slot
        is_gone = not number and node_id not in self._store.nodes
        is_lost = self.under_way[slot] and not any(map(self._is_own, tasks))  # with its node; others fill the slot
        if over or is_gone or is_lost:
            del self.under_way[slot]

    def _is_own(self, task: Task) -> bool:
        return task.by_update and task.spec_version == self.spec_version

    def _replaces(self, service: Service, task: Task) -> bool:
        """Whether it only takes the place of a task of the update, as of one lost with its node.

        That may be of an earlier version, if what was declared since left the tasks, and so the update, as they are.
        """
        others = [other for other in self._store.tasks_in_slot(slot_of(task)) if other.id != task.id]
        goes_on = bool(others) and others[-1].by_update and not _differs(service, others[-1])
        return goes_on or any(map(self._is_own, others))

    def _failed(self, old: Task, new: Task, at_ns: int, monitor_ns: int) -> bool:
        """Whether it is given up just now since it ended within the monitor, beyond doubt."""
        if not is_wanted(old) or new.desired_state is not TaskState.SHUTDOWN:
            return False
        if new.status.state not in _OWN_ENDS or self._is_lost(new):
            return False
        if new.id not in self.ran_at:  # no leader was told before it had ended: its host's word holds
            return ran_for_ns(new.status) < least_ns(monitor_ns)
        ran_at = self.ran_at[new.id]
        return ran_at is not None and ran_at.until(Moment(at_ns, new.updated_at)) < least_ns(monitor_ns)

    def _is_stopped_by_update(self, service: Service, old: Task, new: Task) -> bool:
        """Whether an old task that runs could run on but for the update, and leaves its slot without one that runs."""
        told = is_wanted(old) and new.desired_state is TaskState.SHUTDOWN and new.status.state is TaskState.RUNNING
        if not told or not _differs(service, new) or new.status.err == REASON or self._is_lost(new):
            return False
        node = self._store.nodes.get(new.node_id)
        constraints = parse_constraints(service.spec.task.placement.constraints)
        if not new.slot and (node is None or not meets(node, constraints)):
            return False
        others = [task for task in self._store.tasks_in_slot(slot_of(new)) if is_wanted(task)]
        begun_before = any(task.spec_version != self.spec_version and not _differs(service, task) for task in others)
        return not begun_before and not any(map(_runs, others))

    def _is_lost(self, task: Task) -> bool:
        if not task.node_id:
            return False
        node = self._store.nodes.get(task.node_id)
        return node is None or node.status.state is NodeState.DOWN or node.spec.availability is Availability.DRAIN


def _runs(task: Task) -> bool:
    return is_wanted(task) and task.status.state is TaskState.RUNNING


def _differs(service: Service, task: Task) -> bool:
    """Whether it is to be replaced wherever it is: by more than its placement it is not what the service declares."""
    declared = service.spec.task
    return task.endpoint != service.spec.endpoint or replace(task.spec, placement=declared.placement) != declared
