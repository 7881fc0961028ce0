"""Updates within their bounds: what leaders decide about the slots of a service, transaction by transaction.

Judged on the check's own copy of the store, as in `slots`. Four promises:

- The state of an update moves only as the table of `core.manager.update.states` says.
- No slot is begun while as many as may be are under way: as its new task has not run, nor ended, nor been given up.
- An update whose failures are more than its ratio allows is not under way any more, unless it is to continue.
- While it is paused, no slot is begun.
"""

from collections.abc import Sequence
from typing import Final

from core.ids import ServiceId
from core.manager.update.out_of_date import is_out_of_date
from core.manager.update.states import PAUSED, TRANSITIONS, UNDER_WAY, UpdateEvent, settings_of
from core.objects.service import FailureAction, Service, UpdateConfig, UpdateState, UpdateStatus
from core.objects.task import Task, TaskState, is_wanted
from core.operations import Kind
from core.store import Changed, SlotKey, slot_of
from swarmsim.checks.decisions import DecisionCheck
from swarmsim.counting import counted

_BY_CLIENTS: Final = (UpdateEvent.SPEC_UPDATED, UpdateEvent.ROLLBACK_REQUESTED)


class UpdatesKeepBounds(DecisionCheck):
    """Judged on every transaction, whether or not anybody looks at a store in between."""

    name = "updates-keep-bounds"

    def __init__(self) -> None:
        super().__init__()
        self._replaced_count = 0

    def judge_changes(self, at_ns: int, changes: Sequence[Changed]) -> None:
        for change in changes:
            if change.kind is Kind.SERVICE and change.new is not None:
                self._judge_state(at_ns, change)
        begun: dict[ServiceId, dict[SlotKey, None]] = {}
        for change in changes:
            if change.kind is Kind.TASK and change.old is None and self._is_first(change.new):
                begun.setdefault(change.new.service_id, {})[slot_of(change.new)] = None
        for service_id, slots in begun.items():
            service = self.store.services.get(service_id)
            if service is not None:
                self._replaced_count += len(slots)
                self._judge_begun(at_ns, service, slots)

    def _is_first(self, task: Task) -> bool:
        """Whether this is what begins its slot: a task of the update that was lost with its node is replaced."""
        others = self.store.tasks_in_slot(slot_of(task))
        replaces = any(
            other.by_update and other.spec_version == task.spec_version and other.id != task.id for other in others
        )
        return task.by_update and not replaces

    def remark(self) -> str:
        count = self._replaced_count
        return f"{counted(count, 'slot')} begun by updates" if count else ""

    def _judge_state(self, at_ns: int, change: Changed) -> None:
        service: Service = change.new
        old, new = _state_of(change.old), _state_of(service)
        at = f"at index {self.store.index} the update of {service.spec.name}"
        told = f"{at} went from {_shown(old)} to {_shown(new)}, which is no move"
        self.expect(new in _within_reach(change.old, service), at_ns, told)
        status, config = service.update_status, settings_of(service)
        if status is None or new not in UNDER_WAY or config.failure_action is FailureAction.CONTINUE:
            return
        detail = f"{at} is {_shown(new)} with {status.failure_count} of {status.slot_count} failed"
        self.expect(not _is_too_many(status, config), at_ns, detail)

    def _judge_begun(self, at_ns: int, service: Service, begun: dict[SlotKey, None]) -> None:
        at = f"at index {self.store.index} the update of {service.spec.name}"
        state, limit = _state_of(service), settings_of(service).parallelism
        self.expect(state not in PAUSED, at_ns, f"{at} is {_shown(state)} and begins {len(begun)} more")
        if limit and state in UNDER_WAY:
            tasks = self.store.tasks_of_service(service.id)
            under_way = {slot_of(task): None for task in tasks if self._is_starting(service, task)}
            detail = f"{at} has {len(under_way)} slots under way, of at most {limit}"
            self.expect(len(under_way) <= limit, at_ns, detail)

    def _is_starting(self, service: Service, task: Task) -> bool:
        own = task.by_update and not is_out_of_date(service, task, self.store.nodes.get(task.node_id))
        return own and is_wanted(task) and task.status.state < TaskState.RUNNING


def _within_reach(old: Service | None, new: Service) -> set[UpdateState | None]:
    """The states that one transaction may lead to, by several moves if need be; another spec may be a client's."""
    state = _state_of(old)
    found, again = {state}, [state]
    if old is None or old.spec_version != new.spec_version:
        again += [None, UpdateState.ROLLBACK_STARTED]
    while again:
        state = again.pop()
        found.add(state)
        steps = {
            after for (before, event), after in TRANSITIONS.items() if before is state and event not in _BY_CLIENTS
        }
        again += steps - found
    return found


def _is_too_many(status: UpdateStatus, config: UpdateConfig) -> bool:
    return status.failure_count > config.max_failure_ratio * max(status.slot_count, 1)


def _state_of(service: Service | None) -> UpdateState | None:
    return None if service is None or service.update_status is None else service.update_status.state


def _shown(state: UpdateState | None) -> str:
    return "none" if state is None else state.value
