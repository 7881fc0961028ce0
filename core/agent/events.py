"""What happens to an agent: the part of a host's events that concerns it, and what only its host can tell it."""

from msgspec import Struct

from core.durability import Persisted
from core.events import (
    EngineDown,
    EngineInventory,
    EngineUp,
    HostDescribed,
    LinkDown,
    RoutesApplied,
    RoutesFailed,
    TaskReported,
    WallClock,
)
from core.ids import Address, NodeId
from core.messages import Manager
from core.raft.events import Received, Tick


class ManagersLearned(Struct, frozen=True, gc=False):
    """The host knows of these managers, for instance from joining or from Raft's membership; the first is preferred."""

    managers: tuple[Manager, ...]


class RaftIdentityChanged(Struct, frozen=True, gc=False):
    """The Raft member this host is from now on; empty while it is none. Told to the dispatcher at registration."""

    raft_id: NodeId


class AddressChanged(Struct, frozen=True, gc=False):
    """Where this host is reached from now on. Told to the dispatcher by registering again."""

    address: Address


AgentEvent = (
    Tick
    | WallClock
    | Received
    | LinkDown
    | Persisted
    | HostDescribed
    | EngineUp
    | EngineDown
    | EngineInventory
    | TaskReported
    | RoutesApplied
    | RoutesFailed
    | ManagersLearned
    | RaftIdentityChanged
    | AddressChanged
)
