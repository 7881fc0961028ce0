"""Structured facts a host tells about itself: for traces, checks, metrics and reports; never read by the core."""

from msgspec import Struct

from core.ids import NodeId, SessionId, TaskId
from core.objects.node import NodeState
from core.objects.service import UpdateState
from core.objects.task import TaskState


class HostPhaseChanged(Struct, frozen=True, gc=False, tag="host-phase"):
    """The host's life cycle: a `core.phases.HostPhase` by its name."""

    phase: str


class Halted(Struct, frozen=True, gc=False, tag="halted"):
    """The host stopped promising anything, and why; it must be recovered from its disk."""

    reason: str


class Refused(Struct, frozen=True, gc=False, tag="refused"):
    """A peer's bad or stale input was dropped, and why."""

    sender: NodeId
    reason: str


class ManagersCounted(Struct, frozen=True, gc=False, tag="managers-counted"):
    """The leader sees an even number of managers that vote, or no more one; `warning` is what to tell users, if any."""

    voter_count: int
    warning: str


class BegunAnew(Struct, frozen=True, gc=False, tag="begun-anew"):
    """A manager has begun its swarm anew alone, at log `index`: the declared exception to what clients are promised.

    All up to `certain_index` is kept: so far it knows that the log was committed. Of what comes between that and
    `index`, acknowledged or not, whatever it did not hold is lost.
    """

    raft_id: NodeId
    index: int
    certain_index: int


class SessionOpened(Struct, frozen=True, gc=False, tag="session-opened"):
    """The dispatcher accepted an agent's registration."""

    node_id: NodeId
    session_id: SessionId


class SessionLost(Struct, frozen=True, gc=False, tag="session-lost"):
    """The dispatcher gave an agent up: it was silent for too long."""

    node_id: NodeId
    session_id: SessionId


class AgentConnected(Struct, frozen=True, gc=False, tag="agent-connected"):
    """This host's agent holds a session with a leader."""

    manager_id: NodeId
    session_id: SessionId


class AgentDisconnected(Struct, frozen=True, gc=False, tag="agent-disconnected"):
    """This host's agent lost its session."""

    session_id: SessionId


class NodeStateChanged(Struct, frozen=True, gc=False, tag="node-state"):
    """The leader's view of a node changed."""

    node_id: NodeId
    state: NodeState


class TaskPending(Struct, frozen=True, gc=False, tag="task-pending"):
    """The scheduler found no node, and why."""

    task_id: TaskId
    reason: str


class TaskMoved(Struct, frozen=True, gc=False, tag="task-moved"):
    """A task's stored status advanced, as seen by the leader when that was committed."""

    task_id: TaskId
    service_id: str
    slot: int
    node_id: NodeId
    state: TaskState
    desired_state: TaskState
    err: str = ""
    fenced: bool = False
    """Whether a fence bounds how long it runs unheard of; a task that replaces it waits that long."""


class TaskRemoved(Struct, frozen=True, gc=False, tag="task-removed"):
    """A task left the store."""

    task_id: TaskId


class UpdateMoved(Struct, frozen=True, gc=False, tag="update-moved"):
    """The update or rollback of a service came to another state, as seen by the leader when that was committed."""

    service_id: str
    state: UpdateState | None
    """None: the service was declared anew, which begins it afresh."""
    message: str
    image: str
    """What tasks made from now on run."""


class RoutesAcknowledged(Struct, frozen=True, gc=False, tag="routes-acknowledged"):
    """The leader knows that this node has programmed this version."""

    node_id: NodeId
    version: int


class TransactionRefused(Struct, frozen=True, gc=False, tag="transaction-refused"):
    """A committed transaction did not hold the versions it expected and changed nothing."""

    index: int
    reason: str


SwarmFact = (
    HostPhaseChanged
    | Halted
    | Refused
    | ManagersCounted
    | BegunAnew
    | SessionOpened
    | SessionLost
    | AgentConnected
    | AgentDisconnected
    | NodeStateChanged
    | TaskPending
    | TaskMoved
    | TaskRemoved
    | UpdateMoved
    | RoutesAcknowledged
    | TransactionRefused
)
