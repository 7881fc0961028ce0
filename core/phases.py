"""The life of a host in swarms, as a table: which phase it is in, and what moves it to another.

A restart is no phase: a host takes up what its disk says (`phase_at_start`). Who was joining then has joined nothing,
and who was leaving has left or never began to.
"""

from enum import Enum
from typing import Final

from core.durable import Identity


class HostPhase(Enum):
    """What a host is. `core.membership` says what each phase is made of."""

    INACTIVE = "inactive"
    """In no swarm."""
    JOINING = "joining"
    """It asks to become a member, under a node id drawn for that."""
    WORKER = "worker"
    MANAGER = "manager"
    LOCKED = "locked"
    """A manager that has restarted and waits for the unlock key: a member that takes part in nothing."""
    LEAVING = "leaving"
    """In no swarm any more, but its disk may not know that yet."""


class HostStimulus(Enum):
    """What moves a host to another phase."""

    FOUNDED = "InitSwarm, keys made"
    ASKED = "JoinSwarm"
    ADMITTED = "JoinAccepted"
    ADMITTED_AS_MANAGER = "JoinAccepted with a Raft id"
    GIVEN_UP = "JoinRejected, cancelled, or no answer for 20 s"
    PROMOTED = "told a Raft id (promotion)"
    REPLACED = "told another Raft id"
    DEMOTED = "told none (demotion)"
    UNLOCKED = "UnlockSwarm, log opened"
    UNLOCKED_WITHOUT_LOG = "UnlockSwarm, log found corrupt"
    SUPERSEDED = "its group was begun anew without it"
    RENEWED = "InitSwarm by force"
    LEFT = "LeaveSwarm, by force if a manager"
    FORGOTTEN = "that is durable"


TRANSITIONS: Final[dict[HostPhase, dict[HostStimulus, HostPhase]]] = {
    HostPhase.INACTIVE: {
        HostStimulus.FOUNDED: HostPhase.MANAGER,
        HostStimulus.ASKED: HostPhase.JOINING,
    },
    HostPhase.JOINING: {
        HostStimulus.ADMITTED: HostPhase.WORKER,
        HostStimulus.ADMITTED_AS_MANAGER: HostPhase.MANAGER,
        HostStimulus.GIVEN_UP: HostPhase.INACTIVE,
    },
    HostPhase.WORKER: {
        HostStimulus.PROMOTED: HostPhase.MANAGER,
        HostStimulus.LEFT: HostPhase.LEAVING,
    },
    HostPhase.MANAGER: {
        HostStimulus.REPLACED: HostPhase.MANAGER,
        HostStimulus.RENEWED: HostPhase.MANAGER,
        HostStimulus.SUPERSEDED: HostPhase.WORKER,
        HostStimulus.DEMOTED: HostPhase.WORKER,
        HostStimulus.LEFT: HostPhase.LEAVING,
    },
    HostPhase.LOCKED: {
        HostStimulus.UNLOCKED: HostPhase.MANAGER,
        HostStimulus.UNLOCKED_WITHOUT_LOG: HostPhase.WORKER,
        HostStimulus.LEFT: HostPhase.LEAVING,
    },
    HostPhase.LEAVING: {HostStimulus.FORGOTTEN: HostPhase.INACTIVE},
}
"""What is not listed cannot happen: `core.membership` refuses requests that would ask for it."""


def phase_at_start(identity: Identity) -> HostPhase:
    """The phase in which a host with this identity starts."""
    return HostPhase.LOCKED if identity.key_check else phase_of(identity)


def phase_of(identity: Identity) -> HostPhase:
    """The phase in which a host with this identity is while it is a member, or none, and is not locked."""
    if identity.raft_id:
        return HostPhase.MANAGER
    return HostPhase.WORKER if identity.node_id else HostPhase.INACTIVE
