"""The state machine of an update: the states of `UpdateStatus`, and what leads from one to another.

`TRANSITIONS` is the whole of it; docs/machines/update.md shows it as a diagram, which a test holds to the table.
"""

from enum import Enum
from typing import Final

from msgspec.structs import replace

from core.objects.service import Service, UpdateConfig, UpdateState, UpdateStatus


class UpdateEvent(Enum):
    """What moves an update on."""

    TASKS_OUT_OF_DATE = "tasks out of date"
    ALL_REPLACED = "all replaced and watched"
    PAUSED_BY_FAILURES = "too many failures: pause"
    ROLLED_BACK_BY_FAILURES = "too many failures: roll back"
    ROLLBACK_REQUESTED = "rollback requested"
    SPEC_UPDATED = "spec updated"


_S = UpdateState
_E = UpdateEvent

TRANSITIONS: Final[dict[tuple[UpdateState | None, UpdateEvent], UpdateState | None]] = {
    (None, _E.TASKS_OUT_OF_DATE): _S.UPDATING,
    (_S.COMPLETED, _E.TASKS_OUT_OF_DATE): _S.UPDATING,
    (_S.ROLLBACK_COMPLETED, _E.TASKS_OUT_OF_DATE): _S.UPDATING,
    (_S.UPDATING, _E.ALL_REPLACED): _S.COMPLETED,
    (_S.UPDATING, _E.PAUSED_BY_FAILURES): _S.PAUSED,
    (_S.UPDATING, _E.ROLLED_BACK_BY_FAILURES): _S.ROLLBACK_STARTED,
    (_S.ROLLBACK_STARTED, _E.ALL_REPLACED): _S.ROLLBACK_COMPLETED,
    (_S.ROLLBACK_STARTED, _E.PAUSED_BY_FAILURES): _S.ROLLBACK_PAUSED,
    **{(state, _E.ROLLBACK_REQUESTED): _S.ROLLBACK_STARTED for state in (None, *UpdateState)},
    **{(state, _E.SPEC_UPDATED): None for state in (None, *UpdateState)},
}
"""From state and event to state; None: there is no update. What is not listed cannot happen."""

PAUSED: Final = (UpdateState.PAUSED, UpdateState.ROLLBACK_PAUSED)
"""Nothing more is begun until a client updates the service again."""
UNDER_WAY: Final = (UpdateState.UPDATING, UpdateState.ROLLBACK_STARTED)

_MESSAGES: Final = {
    UpdateState.UPDATING: "update in progress",
    UpdateState.COMPLETED: "update completed",
    UpdateState.ROLLBACK_STARTED: "manually requested rollback",
    UpdateState.ROLLBACK_COMPLETED: "rollback completed",
}
"""Docker's words, which clients look for; failures bring their own."""


def has_not_ended(status: UpdateStatus | None) -> bool:
    """Whether an update or rollback is under way, or paused."""
    return status is not None and status.state in (*UNDER_WAY, *PAUSED)


def is_announced(service: Service) -> bool:
    """Whether an update or rollback is under way of which it is said of how many slots."""
    status = service.update_status
    return status is not None and status.state in UNDER_WAY and status.slot_count > 0


def settings_of(service: Service) -> UpdateConfig:
    """What a service's update, or its rollback, goes by."""
    status = service.update_status
    back = status is not None and status.state in (UpdateState.ROLLBACK_STARTED, UpdateState.ROLLBACK_PAUSED)
    return service.spec.rollback if back else service.spec.update


def moved(status: UpdateStatus | None, event: UpdateEvent, wall_ns: int, message: str = "") -> UpdateStatus | None:
    """The status after an event; None: there is no update any more."""
    state = TRANSITIONS[None if status is None else status.state, event]
    if state is None:
        return None
    message = message or _MESSAGES[state]
    if status is None or state in UNDER_WAY:
        return UpdateStatus(state, started_at=wall_ns, message=message)
    completed_at = wall_ns if event is UpdateEvent.ALL_REPLACED else 0
    return replace(status, state=state, completed_at=completed_at, message=message)


def was_requested(status: UpdateStatus) -> bool:
    """Whether a client asked for this rollback; else failures did."""
    return status.message == _MESSAGES[UpdateState.ROLLBACK_STARTED]


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {_shown(old)} --> {_shown(new)}: {event.value}" for (old, event), new in TRANSITIONS.items()]
    return "\n".join(lines)


def _shown(state: UpdateState | None) -> str:
    return "[*]" if state is None else state.value
