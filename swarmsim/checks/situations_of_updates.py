"""The hard states of updates and jobs: what leaders decide of them, and when leadership is lost meanwhile."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.facts import LeadershipReady, TaskPending
from core.manager.update.states import UNDER_WAY, was_requested
from core.objects.service import Service, UpdateState
from core.objects.task import Task, TaskState, is_wanted
from core.operations import Kind
from core.raft.node import RaftNode
from core.store import Changed, slot_of
from swarmsim.checks.decisions import Decisions
from swarmsim.world import FactListener

_ENDS: Final = {
    UpdateState.COMPLETED: "update-completed",
    UpdateState.PAUSED: "update-paused",
    UpdateState.ROLLBACK_COMPLETED: "rollback-completed",
}


class UpdateSituations:
    """Counts into `reached`."""

    def __init__(self, reached: Counter[str]) -> None:
        self._reached = reached
        self._decisions = Decisions()
        self._led_before = ""

    def handlers(self) -> Mapping[type, FactListener]:
        """Facts it wants."""
        return {LeadershipReady: self._on_leader, TaskPending: self._on_pending}

    def on_applied(self, at_ns: int, host: str, node: RaftNode, index: int, command: Any) -> None:
        """Some manager applies a transaction."""
        self.judge(self._decisions.follow(index, command))

    def judge(self, changes: Sequence[Changed]) -> None:
        """What one transaction has changed."""
        for change in changes:
            if change.kind is Kind.SERVICE and change.old is not None and change.new is not None:
                self._on_service(change.old, change.new)
            elif change.kind is Kind.TASK and change.new is not None:
                self._on_task(change.old, change.new)

    def _on_service(self, old: Service, new: Service) -> None:
        before, after = _state_of(old), _state_of(new)
        if before is not after and after in _ENDS:
            self._reached[_ENDS[after]] += 1
        if before is UpdateState.UPDATING and after is UpdateState.ROLLBACK_STARTED:
            assert new.update_status is not None
            self._reached["update-rolled-back-by-itself"] += not was_requested(new.update_status)
        self._reached["update-replaced"] += before in UNDER_WAY and after is None

    def _on_task(self, old: Task | None, new: Task) -> None:
        if new.job_iteration is None:
            return
        if old is None:
            others = self._decisions.store.tasks_in_slot(slot_of(new))
            again = any(task.id != new.id and task.job_iteration == new.job_iteration for task in others)
            self._reached["job-task-repeated"] += again
        elif old.status.state is not new.status.state is TaskState.COMPLETE:
            self._reached["job-task-completed"] += 1

    def _on_leader(self, at_ns: int, host: str, fact: LeadershipReady) -> None:
        if self._led_before not in ("", host):
            services = self._decisions.store.services.values()
            self._reached["leader-changed-in-mid-update"] += any(_state_of(each) in UNDER_WAY for each in services)
        self._led_before = host

    def _on_pending(self, at_ns: int, host: str, fact: TaskPending) -> None:
        task = self._decisions.store.tasks.get(fact.task_id)
        self._reached["task-found-no-node"] += task is not None and is_wanted(task)


def _state_of(service: Service) -> UpdateState | None:
    return None if service.update_status is None else service.update_status.state
