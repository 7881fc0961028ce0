"""A machine that is a member of the swarm."""

from enum import Enum, IntEnum

from msgspec import Struct

from core.ids import Address, NodeId
from core.objects.network import NetworkAttachment
from core.objects.resources import Platform, Resources


class Role(Enum):
    """What a member is asked to be (`NodeSpec.role`)."""

    WORKER = "worker"
    MANAGER = "manager"


class Availability(Enum):
    """Whether a node takes tasks: ACTIVE does, PAUSE keeps what it has, DRAIN gives its tasks up."""

    ACTIVE = "active"
    PAUSE = "pause"
    DRAIN = "drain"


class NodeState(IntEnum):
    """What the dispatcher knows of a node's agent."""

    UNKNOWN = 0
    DOWN = 1
    READY = 2
    DISCONNECTED = 3


class Reachability(Enum):
    """Whether the leader hears a manager: as `core.manager.members.reachability` writes it."""

    UNREACHABLE = "unreachable"
    REACHABLE = "reachable"


class NodeSpec(Struct, frozen=True, gc=False):
    """What an operator sets on a node."""

    name: str = ""
    labels: dict[str, str] = {}
    role: Role = Role.WORKER
    availability: Availability = Availability.ACTIVE


class NodeDescription(Struct, frozen=True, gc=False):
    """What a host says of itself: it travels with each agent registration."""

    hostname: str = ""
    platform: Platform = Platform(os="linux", architecture="x86_64")
    resources: Resources = Resources()
    engine_version: str = ""
    engine_labels: dict[str, str] = {}
    plugins: tuple[tuple[str, str], ...] = ()
    """Pairs of type and name, such as ("Network", "overlay")."""


class NodeStatus(Struct, frozen=True, gc=False):
    """What the leader observes of a node's agent. `address` is an IP without a port."""

    state: NodeState = NodeState.UNKNOWN
    message: str = ""
    address: str = ""
    down_ns: int = 0
    """How long a node that is DOWN has been so, as leaders counted it; stored now and then so that it survives them."""


class ManagerStatus(Struct, frozen=True, gc=False):
    """Present on managers only. Which one leads is not stored: it is read off Raft.

    `raft_id` names the Raft member. It is drawn afresh for every promotion and never returns: a manager that was
    demoted, or whose log was lost, has forgotten what it acknowledged and must not count as the member that did (its
    old votes and log could otherwise help to elect a leader that lacks committed entries).
    """

    raft_id: NodeId
    address: Address
    reachability: Reachability = Reachability.REACHABLE


class Node(Struct, frozen=True, gc=False, tag="node"):
    """`version` is the log index of the last write; times are wall-clock nanoseconds since the epoch."""

    id: NodeId
    spec: NodeSpec
    description: NodeDescription = NodeDescription()
    status: NodeStatus = NodeStatus()
    manager: ManagerStatus | None = None
    attachments: tuple[NetworkAttachment, ...] = ()
    """This node's load-balancer address on each overlay network it takes part in."""
    version: int = 0
    created_at: int = 0
    updated_at: int = 0
