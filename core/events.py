"""Everything that can happen to a host: the closed union that `Host.step` takes."""

from enum import Enum

from msgspec import Struct

from core.durability import Persisted
from core.ids import Address, NodeId, OperationId, TaskId, Ticket
from core.messages import SwarmMessage
from core.objects.node import NodeDescription
from core.objects.task import ContainerStatus
from core.operations import Operation
from core.raft.events import Cancelled, Received, StorageFreed, StorageLow, Tick
from core.raft.messages import Message as RaftMessage
from core.raft.records import RaftDurable

Message = RaftMessage | SwarmMessage
"""Everything that travels between hosts."""


class WallClock(Struct, frozen=True, gc=False):
    """Wall time is `now + offset_ns`, in nanoseconds since the epoch. Given at start and whenever it jumps."""

    offset_ns: int


class LinkUp(Struct, frozen=True, gc=False):
    """A connection to this peer stands: a hint."""

    peer: NodeId


class LinkDown(Struct, frozen=True, gc=False):
    """The connection to this peer broke: a hint, never a proof of death."""

    peer: NodeId


class PersistFailed(Struct, frozen=True, gc=False):
    """The write with this ticket failed; it must not be tried again. The host halts."""

    ticket: Ticket
    reason: str


class HostDescribed(Struct, frozen=True, gc=False):
    """What this machine is, and where others reach it; given at start and when it changes.

    Without an address, a member is reached where it was.
    """

    description: NodeDescription
    address: Address = Address("")


class EngineUp(Struct, frozen=True, gc=False):
    """The container engine answers; an `EngineInventory` follows."""


class EngineDown(Struct, frozen=True, gc=False):
    """The container engine does not answer; its containers may live on."""

    reason: str


class ContainerPhase(Enum):
    """What the engine says of a task's container."""

    PREPARED = "prepared"
    STARTED = "started"
    """Running; with a health check, not yet known to be healthy."""
    HEALTHY = "healthy"
    """Running, and healthy or without a health check."""
    UNHEALTHY = "unhealthy"
    EXITED = "exited"
    FAILED = "failed"
    """An order could not be carried out; `err` says why."""
    REMOVED = "removed"


class EngineReport(Struct, frozen=True, gc=False):
    """One container as the engine sees it. `err` for FAILED, and for EXITED when there is more to say than the code."""

    phase: ContainerPhase
    container: ContainerStatus | None = None
    err: str = ""


class TaskReported(Struct, frozen=True, gc=False):
    """The engine reports on a task; `operation_id` is the order it belongs to, 0 for what happened by itself."""

    task_id: TaskId
    operation_id: OperationId
    report: EngineReport


class EngineInventory(Struct, frozen=True, gc=False):
    """Every container of this swarm that the engine has, by task: given after `EngineUp`."""

    containers: tuple[tuple[TaskId, EngineReport], ...]


class RoutesApplied(Struct, frozen=True, gc=False):
    """The data plane carries the part that it was given with this ticket."""

    ticket: Ticket


class RoutesFailed(Struct, frozen=True, gc=False):
    """That part could not be programmed: the table is as it was; it is to be given the whole table again."""

    ticket: Ticket
    reason: str


class KeyMaterial(Struct, frozen=True, gc=False):
    """Secrets asked for by `MakeKeys`, in the order of the lengths asked for."""

    ticket: Ticket
    secrets: tuple[bytes, ...]


class LogOpened(Struct, frozen=True, gc=False):
    """What the unlock key has opened: Raft's part of the disk, as it was when this host started."""

    raft: RaftDurable


class LogNotOpened(Struct, frozen=True, gc=False):
    """The driver cannot open the log, though the key is right, and why; it may be shown again."""

    reason: str


class Requested(Struct, frozen=True, gc=False):
    """A client asks for something; it is answered by exactly one `Reply` with this ticket, which is above 0 and new."""

    ticket: Ticket
    operation: Operation


Event = (
    Tick
    | WallClock
    | Received
    | LinkUp
    | LinkDown
    | Persisted
    | PersistFailed
    | HostDescribed
    | EngineUp
    | EngineDown
    | EngineInventory
    | TaskReported
    | RoutesApplied
    | RoutesFailed
    | KeyMaterial
    | LogOpened
    | LogNotOpened
    | StorageLow
    | StorageFreed
    | Requested
    | Cancelled
)
