"""The life cycle of a task on its host, as data: phases, what moves a task between them, and what each phase orders.

A phase is finer than a task state: stopping because the container is unhealthy and stopping because that is wanted end
differently. What is seen of a phase is `SHOWN`; a phase that shows nothing leaves the state as it was. Phases only move
forward, so every task gives each order at most once in its life: that makes the order's kind its operation id, the
same again after any restart.
"""

from enum import Enum, IntEnum
from typing import Final

from core.objects.task import TaskState


class Order(IntEnum):
    """What the engine may be asked to do with a task; the value is the operation id."""

    NONE = 0
    PREPARE = 1
    START = 2
    STOP = 3
    REMOVE = 4


class Phase(Enum):
    """Where a task stands on its host."""

    ACCEPTED = "accepted"
    PREPARING = "preparing"
    READY = "ready"
    """Prepared; parks here until it is wanted running."""
    STARTING = "starting"
    """Ordered to start, or running without being known to be healthy."""
    RUNNING = "running"
    FAILING = "failing"
    """Unhealthy: being stopped, to be reported as failed."""
    STOPPING = "stopping"
    """No longer wanted: being stopped, to be reported as shut down."""
    COMPLETE = "complete"
    SHUTDOWN = "shutdown"
    FAILED = "failed"
    REJECTED = "rejected"
    EVICTING = "evicting"
    """No longer this host's: being stopped, reported to nobody."""
    REMOVING = "removing"
    GONE = "gone"


class Stimulus(Enum):
    """What can move a task."""

    PREPARABLE = "preparable"
    """The engine answers, and the secrets and configs it needs are here."""
    WANTED_RUNNING = "wanted running"
    WANTED_STOPPED = "wanted stopped"
    UNASSIGNED = "unassigned"
    PREPARED = "prepared"
    STARTED = "started"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    EXITED_CLEANLY = "exited with 0"
    EXITED_BADLY = "exited otherwise"
    ORDER_FAILED = "order failed"
    MISSING = "no container"


_ENDED: Final = {Stimulus.UNASSIGNED: Phase.REMOVING}

_STARTED_BEFORE: Final = {
    Stimulus.STARTED: Phase.STARTING,
    Stimulus.HEALTHY: Phase.RUNNING,
    Stimulus.UNHEALTHY: Phase.FAILING,
    Stimulus.EXITED_CLEANLY: Phase.COMPLETE,
    Stimulus.EXITED_BADLY: Phase.FAILED,
}
"""An earlier run of this agent got further than it could write down: the engine is believed."""

TRANSITIONS: Final[dict[Phase, dict[Stimulus, Phase]]] = {
    Phase.ACCEPTED: {
        Stimulus.PREPARABLE: Phase.PREPARING,
        Stimulus.PREPARED: Phase.READY,  # ordered by an earlier run of this agent
        **_STARTED_BEFORE,
        Stimulus.WANTED_STOPPED: Phase.STOPPING,
        Stimulus.UNASSIGNED: Phase.REMOVING,
    },
    Phase.PREPARING: {
        Stimulus.PREPARED: Phase.READY,
        Stimulus.ORDER_FAILED: Phase.REJECTED,
        **_STARTED_BEFORE,
        Stimulus.MISSING: Phase.ACCEPTED,  # the engine forgot: the one way back, which shows nothing
        Stimulus.WANTED_STOPPED: Phase.STOPPING,
        Stimulus.UNASSIGNED: Phase.REMOVING,
    },
    Phase.READY: {
        Stimulus.WANTED_RUNNING: Phase.STARTING,
        **_STARTED_BEFORE,
        Stimulus.WANTED_STOPPED: Phase.STOPPING,
        Stimulus.UNASSIGNED: Phase.REMOVING,
        Stimulus.MISSING: Phase.REJECTED,
    },
    Phase.STARTING: {
        Stimulus.HEALTHY: Phase.RUNNING,
        Stimulus.UNHEALTHY: Phase.FAILING,
        Stimulus.EXITED_CLEANLY: Phase.COMPLETE,
        Stimulus.EXITED_BADLY: Phase.FAILED,
        Stimulus.ORDER_FAILED: Phase.FAILED,
        Stimulus.MISSING: Phase.FAILED,
        Stimulus.WANTED_STOPPED: Phase.STOPPING,
        Stimulus.UNASSIGNED: Phase.EVICTING,
    },
    Phase.RUNNING: {
        Stimulus.UNHEALTHY: Phase.FAILING,
        Stimulus.EXITED_CLEANLY: Phase.COMPLETE,
        Stimulus.EXITED_BADLY: Phase.FAILED,
        Stimulus.MISSING: Phase.FAILED,
        Stimulus.WANTED_STOPPED: Phase.STOPPING,
        Stimulus.UNASSIGNED: Phase.EVICTING,
    },
    Phase.FAILING: {
        Stimulus.EXITED_CLEANLY: Phase.FAILED,
        Stimulus.EXITED_BADLY: Phase.FAILED,
        Stimulus.MISSING: Phase.FAILED,
        Stimulus.UNASSIGNED: Phase.EVICTING,
    },
    Phase.STOPPING: {
        Stimulus.EXITED_CLEANLY: Phase.SHUTDOWN,
        Stimulus.EXITED_BADLY: Phase.SHUTDOWN,
        Stimulus.MISSING: Phase.SHUTDOWN,
        Stimulus.UNASSIGNED: Phase.EVICTING,
    },
    Phase.COMPLETE: _ENDED,
    Phase.SHUTDOWN: _ENDED,
    Phase.FAILED: _ENDED,
    Phase.REJECTED: _ENDED,
    Phase.EVICTING: {
        Stimulus.EXITED_CLEANLY: Phase.REMOVING,
        Stimulus.EXITED_BADLY: Phase.REMOVING,
        Stimulus.MISSING: Phase.REMOVING,
    },
    Phase.REMOVING: {Stimulus.MISSING: Phase.GONE},
    Phase.GONE: {},
}
"""What is not listed changes nothing."""

ORDERS: Final[dict[Phase, Order]] = {
    Phase.PREPARING: Order.PREPARE,
    Phase.STARTING: Order.START,
    Phase.FAILING: Order.STOP,
    Phase.STOPPING: Order.STOP,
    Phase.EVICTING: Order.STOP,
    Phase.REMOVING: Order.REMOVE,
}
"""What a task orders on entering a phase, and again whenever the engine may have forgotten."""

RETRIED: Final = (Phase.FAILING, Phase.STOPPING, Phase.EVICTING, Phase.REMOVING)
"""Phases whose order is given again, after a while, if the engine could not carry it out."""

LAST_ORDER: Final[dict[Phase, Order]] = {
    Phase.ACCEPTED: Order.NONE,
    Phase.READY: Order.PREPARE,
    Phase.RUNNING: Order.START,
    Phase.COMPLETE: Order.START,
    Phase.SHUTDOWN: Order.STOP,
    Phase.FAILED: Order.START,
    Phase.REJECTED: Order.PREPARE,
    Phase.GONE: Order.REMOVE,
    **ORDERS,
}
"""Reports on orders before this one are stale."""

SHOWN: Final[dict[Phase, TaskState]] = {
    Phase.ACCEPTED: TaskState.ACCEPTED,
    Phase.PREPARING: TaskState.PREPARING,
    Phase.READY: TaskState.READY,
    Phase.STARTING: TaskState.STARTING,
    Phase.RUNNING: TaskState.RUNNING,
    Phase.COMPLETE: TaskState.COMPLETE,
    Phase.SHUTDOWN: TaskState.SHUTDOWN,
    Phase.FAILED: TaskState.FAILED,
    Phase.REJECTED: TaskState.REJECTED,
}

MESSAGES: Final[dict[Phase, str]] = {
    Phase.ACCEPTED: "accepted",
    Phase.PREPARING: "preparing",
    Phase.READY: "prepared",
    Phase.STARTING: "starting",
    Phase.RUNNING: "started",
    Phase.COMPLETE: "finished",
    Phase.SHUTDOWN: "shutdown",
    Phase.FAILED: "failed",
    Phase.REJECTED: "rejected",
}
"""`TaskStatus.message`, in swarmkit's words."""

ENDED: Final = (Phase.COMPLETE, Phase.SHUTDOWN, Phase.FAILED, Phase.REJECTED)
"""Phases in which nothing may run."""

FENCED: Final = (Phase.STARTING, Phase.RUNNING)
"""Phases that a fence ends."""

FAILURES: Final = (Phase.FAILED, Phase.REJECTED)
"""Phases in which the status says why, in `err`."""


def resumed(state: TaskState) -> Phase:
    """The phase a task takes up again, given the state it was last seen in; it may have to catch up from there.

    Preparing starts over, since the secrets it needs were in memory only.
    """
    if state <= TaskState.PREPARING:
        return Phase.ACCEPTED
    for phase, shown in SHOWN.items():
        if shown == state:
            return phase
    return Phase.FAILED  # given up by the manager (orphaned)
