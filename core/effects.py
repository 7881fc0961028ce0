"""Everything a host may ask of its driver: the closed union that `Host.step` returns.

The driver performs `Persist` effects in the order given and reports each with `Persisted` or `PersistFailed`; all
other effects may be performed in any order, and messages may be lost. Two more are exceptions. Orders to the engine on
one task are carried out in the order given; they carry an operation id, unique within their task and rising, and the
same order given twice (after a restart) has the effect of one. `ProgramRoutes` are carried out in the order given, all
of them; they carry a ticket, unique within the life of the host, and a report bears the ticket of what it is on. The
newest of them may be given again, and has then the effect of one.
"""

from msgspec import Struct

from core.durability import Persist
from core.events import Message
from core.ids import Address, NodeId, OperationId, TaskId, Ticket
from core.mesh.routes import RouteChanges
from core.objects.config import Config
from core.objects.secret import Secret
from core.objects.task import Task
from core.raft.effects import Observe, Reply, Send


class SendTo(Struct, frozen=True, gc=False):
    """Like `Send`, to an address whose identity is not known yet, or not yet known to the driver by `Peers`."""

    address: Address
    message: Message


class Peers(Struct, frozen=True, gc=False):
    """Where the other hosts are, by node id and by Raft member's id; replaces what was said before."""

    addresses: tuple[tuple[NodeId, Address], ...]


class BecomeKnownAs(Struct, frozen=True, gc=False):
    """The identities this host answers to from here on; empty where it has none. See `core.envelope`."""

    node_id: NodeId
    raft_id: NodeId


class PrepareTask(Struct, frozen=True, gc=False):
    """Pull the image, create the container with its networks, secrets and configs; report PREPARED or FAILED."""

    operation_id: OperationId
    task: Task
    secrets: tuple[Secret, ...]
    configs: tuple[Config, ...]


class StartTask(Struct, frozen=True, gc=False):
    """Start the prepared container; report STARTED (health still unknown), HEALTHY, or FAILED."""

    operation_id: OperationId
    task_id: TaskId


class StopTask(Struct, frozen=True, gc=False):
    """Send the stop signal, kill after the grace period; report EXITED. A container that is gone is EXITED."""

    operation_id: OperationId
    task_id: TaskId
    grace_ns: int


class RemoveTask(Struct, frozen=True, gc=False):
    """Remove container and secrets; report REMOVED, also if there was nothing."""

    operation_id: OperationId
    task_id: TaskId


class ProgramRoutes(Struct, frozen=True, gc=False):
    """Program one part of a transfer, after those given before; report `RoutesApplied` or `RoutesFailed`, once.

    The report bears this ticket: versions and positions come again in another session, tickets never. An order that was
    reported on, and is given again, is only reported on again.
    """

    ticket: Ticket
    changes: RouteChanges


class MakeKeys(Struct, frozen=True, gc=False):
    """Draw secrets of these lengths in bytes from the system's generator; answer with `KeyMaterial`."""

    ticket: Ticket
    lengths: tuple[int, ...]


class SealWith(Struct, frozen=True, gc=False):
    """Seal what is secret on this host's disk with this unlock key from here on; with none, if it is empty.

    Takes its place in the order of the writes. Sealed are Raft's part and, once there are any, the host's own keys;
    `Identity` and the agent's part stay readable without the key. A driver that does not encrypt has nothing to do.
    """

    key: str


class OpenLog(Struct, frozen=True, gc=False):
    """Somebody showed the right unlock key: open with it what is sealed; answer as `core.ports.LogOpener` says."""

    key: str


class Halt(Struct, frozen=True, gc=False):
    """This host can promise nothing any more: throw it away and recover from the disk."""

    reason: str


Effect = (
    Send
    | SendTo
    | Peers
    | BecomeKnownAs
    | Persist
    | Reply
    | PrepareTask
    | StartTask
    | StopTask
    | RemoveTask
    | ProgramRoutes
    | MakeKeys
    | SealWith
    | OpenLog
    | Observe
    | Halt
)
