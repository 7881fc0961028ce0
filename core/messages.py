"""Messages between hosts other than Raft's: joining, and the session between a host's agent and the dispatcher.

Any of them may be lost, repeated, delayed without bound or overtaken. Hence: requests carry an attempt number and are
repeated until answered; what belongs to a session names it; assignments, routes and reports are numbered, applied in
order once, and acknowledged; each direction has at most one unacknowledged message per session and kind, so that a
slow host costs one coalesced delta and not a queue. A session's stray messages after its end are answered with
`SessionUnknown`.
"""

from msgspec import Struct

from core.ids import Address, ClusterId, ConfigId, NodeId, SecretId, SessionId, TaskId
from core.mesh.routes import RouteChanges
from core.objects.config import Config
from core.objects.node import Availability, NodeDescription
from core.objects.secret import Secret
from core.objects.task import Task, TaskStatus
from core.timing import NEVER


class Manager(Struct, frozen=True, gc=False):
    """A manager one may talk to."""

    node_id: NodeId
    address: Address


class JoinRequest(Struct, frozen=True, gc=False, tag="join-request"):
    """A host asks to become a member under the identity it has drawn. Repeating it changes nothing."""

    attempt: int
    node_id: NodeId
    token: str
    address: Address
    availability: Availability
    description: NodeDescription


class JoinAccepted(Struct, frozen=True, gc=False, tag="join-accepted"):
    """The node object exists; the host may register its agent and, as a manager, expects Raft messages."""

    attempt: int
    cluster_id: ClusterId
    raft_id: NodeId
    """The Raft member this host is to be, drawn by the leader afresh for each promotion; empty for a worker."""
    node_version: int
    managers: tuple[Manager, ...]


class JoinRejected(Struct, frozen=True, gc=False, tag="join-rejected"):
    """The host may not join, and why."""

    attempt: int
    reason: str


class NotLeader(Struct, frozen=True, gc=False, tag="not-leader"):
    """Whoever asked should ask another manager; `leader` if one is known."""

    attempt: int
    leader: Manager | None
    managers: tuple[Manager, ...]


class Register(Struct, frozen=True, gc=False, tag="register"):
    """An agent asks the leader for a session."""

    attempt: int
    node_id: NodeId
    raft_id: NodeId
    """The Raft member this host is; empty for a worker, and for a manager whose log was found corrupt."""
    address: Address
    description: NodeDescription


class Registered(Struct, frozen=True, gc=False, tag="registered"):
    """The session begins: a whole set of assignments and a whole route table follow."""

    attempt: int
    session_id: SessionId
    index: int
    """Log index of the leader's store: an agent that has followed a later one refuses this deposed leader."""
    raft_id: NodeId
    node_version: int
    """Version of the node object that says so: an order from an older one (a deposed leader's) must not be followed."""
    heartbeat_ns: int
    managers: tuple[Manager, ...]


class Beat(Struct, frozen=True, gc=False, tag="beat"):
    """The agent lives."""

    session_id: SessionId
    sequence: int


class BeatAnswer(Struct, frozen=True, gc=False, tag="beat-answer"):
    """The leader heard; when to beat next, which Raft member the host is to be, and who the managers are now."""

    session_id: SessionId
    sequence: int
    heartbeat_ns: int
    raft_id: NodeId
    node_version: int
    """Version of the node object that says so: an order from an older one (a deposed leader's) must not be followed."""
    managers: tuple[Manager, ...]
    proof_age_ns: int = NEVER
    """How long ago whoever answers certainly led (`core.agent.fence`); one who does not say so proves nothing."""


class SessionUnknown(Struct, frozen=True, gc=False, tag="session-unknown"):
    """The addressed manager holds no such session: register again."""

    session_id: SessionId


class Assignments(Struct, frozen=True, gc=False, tag="assignments"):
    """Number `sequence` of a session, from 1; what a store at log `index` says.

    A session begins with a complete set, in several parts (`complete`, all but the last with `more`) where it is too
    large for one message; whatever the agent has besides goes. Later ones are deltas. `tasks` are new or changed;
    secrets and configs come with the first task that is entitled to them and are named in `revoked_…` when the last
    such task is gone.
    """

    session_id: SessionId
    sequence: int
    index: int
    complete: bool
    more: bool = False
    tasks: tuple[Task, ...] = ()
    removed_tasks: tuple[TaskId, ...] = ()
    secrets: tuple[Secret, ...] = ()
    revoked_secrets: tuple[SecretId, ...] = ()
    configs: tuple[Config, ...] = ()
    revoked_configs: tuple[ConfigId, ...] = ()


class AssignmentsAck(Struct, frozen=True, gc=False, tag="assignments-ack"):
    """All assignments up to `sequence` are applied and durable."""

    session_id: SessionId
    sequence: int


class Routes(Struct, frozen=True, gc=False, tag="routes"):
    """A part of a change of the host's route table.

    All transfers of a session end at the same or a later version than those before, and are the same whenever their
    versions are, so that a part which comes late is either refused or just what it says.
    """

    session_id: SessionId
    changes: RouteChanges


class RoutesAck(Struct, frozen=True, gc=False, tag="routes-ack"):
    """What the host's data plane has programmed in this session: all of `version` (0: nothing that counts).

    And, of the transfer to version `towards`, which is the last that was begun, as many records and keys as `position`
    says. `reason` says why a part could not be programmed.
    """

    session_id: SessionId
    version: int
    towards: int
    position: int
    reason: str = ""


class TaskReport(Struct, frozen=True, gc=False):
    """The newest status of one task on the reporting host."""

    task_id: TaskId
    status: TaskStatus


class StatusReport(Struct, frozen=True, gc=False, tag="status-report"):
    """Number `sequence` of a session, from 1: the statuses that changed."""

    session_id: SessionId
    sequence: int
    reports: tuple[TaskReport, ...]


class StatusAck(Struct, frozen=True, gc=False, tag="status-ack"):
    """All reports up to `sequence` are committed to the store."""

    session_id: SessionId
    sequence: int


class LeaveNotice(Struct, frozen=True, gc=False, tag="leave-notice"):
    """A host has left the swarm on purpose: its node counts as down at once."""

    node_id: NodeId


ToManager = JoinRequest | Register | Beat | AssignmentsAck | RoutesAck | StatusReport | LeaveNotice
ToAgent = (
    JoinAccepted
    | JoinRejected
    | NotLeader
    | Registered
    | BeatAnswer
    | SessionUnknown
    | Assignments
    | Routes
    | StatusAck
)
SwarmMessage = ToManager | ToAgent
