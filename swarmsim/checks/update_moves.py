"""How the state of an update may move, as a check understands it: written down again, and not taken from the leader.

One transaction may make several moves. A client that changes the spec, or asks for a rollback, begins anew; a rollback
after failures changes the spec as well.
"""

from collections.abc import Mapping
from typing import Final

from core.objects.service import Service, UpdateConfig, UpdateState

UNDER_WAY: Final = (UpdateState.UPDATING, UpdateState.ROLLBACK_STARTED)
PAUSED: Final = (UpdateState.PAUSED, UpdateState.ROLLBACK_PAUSED)
OVER: Final = (UpdateState.COMPLETED, UpdateState.ROLLBACK_COMPLETED)

_MOVES: Final[Mapping[UpdateState | None, tuple[UpdateState, ...]]] = {
    None: (UpdateState.UPDATING,),
    UpdateState.UPDATING: (UpdateState.COMPLETED, UpdateState.PAUSED, UpdateState.ROLLBACK_STARTED),
    UpdateState.PAUSED: (),
    UpdateState.COMPLETED: (UpdateState.UPDATING,),
    UpdateState.ROLLBACK_STARTED: (UpdateState.ROLLBACK_COMPLETED, UpdateState.ROLLBACK_PAUSED),
    UpdateState.ROLLBACK_PAUSED: (),
    UpdateState.ROLLBACK_COMPLETED: (UpdateState.UPDATING,),
}
"""What a leader does of itself."""


def within_reach(old: Service | None, new: Service) -> set[UpdateState | None]:
    """The states that one transaction may lead to, from a service as it was before (None: there was none)."""
    again = [state_of(old)]
    if old is None or old.spec_version != new.spec_version:
        again += [None, UpdateState.ROLLBACK_STARTED]
    found: set[UpdateState | None] = set()
    while again:
        state = again.pop()
        if state not in found:
            found.add(state)
            again += _MOVES[state]
    return found


def state_of(service: Service | None) -> UpdateState | None:
    """Where its update stands; None if there is none."""
    return None if service is None or service.update_status is None else service.update_status.state


def config_of(service: Service) -> UpdateConfig:
    """The settings that hold for what is done to its tasks now."""
    back = (UpdateState.ROLLBACK_STARTED, UpdateState.ROLLBACK_PAUSED, UpdateState.ROLLBACK_COMPLETED)
    return service.spec.rollback if state_of(service) in back else service.spec.update


def shown(state: UpdateState | None) -> str:
    """For people."""
    return "none" if state is None else state.value
