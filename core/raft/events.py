"""What happens to a Raft peer: a closed union of immutable records."""

from typing import Any

from msgspec import Struct

from core.durability import Persisted
from core.ids import NodeId, Ticket
from core.raft.machine import Command
from core.raft.members import MembershipChange


class Tick(Struct, frozen=True, gc=False):
    """The deadline the peer named has come (or any other time: an early tick does no harm)."""


class Received(Struct, frozen=True, gc=False):
    """A message arrived, for the identity `recipient`; that `sender` sent it is certain, nothing else about it is.

    Shared by all machines of a host, each of which is given what is meant for it: a peer reads no `recipient`.
    """

    sender: NodeId
    recipient: NodeId
    """Empty when it was sent to an address."""
    message: Any
    """One of the receiving machine's own messages: here `core.raft.messages.Message`."""


class Propose(Struct, frozen=True, gc=False):
    """A client's request for a change, to any member; answered by one Reply with this ticket."""

    ticket: Ticket
    request: Any


class Submit(Struct, frozen=True, gc=False):
    """Commands of the leader's own reconcilers, already part of its tentative state; allowed while `accepting` only."""

    commands: tuple[Command, ...]


class Read(Struct, frozen=True, gc=False):
    """A client's query, to any member; linearizable, unless `stale` asks for what this member has applied."""

    ticket: Ticket
    request: Any
    stale: bool = False


class ChangeMembership(Struct, frozen=True, gc=False):
    """An operator's change, to the leader; answered by one Reply, for AddMember once it is in as a learner."""

    ticket: Ticket
    change: MembershipChange


class TransferLeadership(Struct, frozen=True, gc=False):
    """The leader is to hand over, to this voter or to the one that is furthest along."""

    to: NodeId | None = None


class StorageLow(Struct, frozen=True, gc=False):
    """The log's reserve is all that is left on disk: until StorageFreed or a restart, rather others lead."""


class StorageFreed(Struct, frozen=True, gc=False):
    """After StorageLow: there is room on disk again."""


class Cancelled(Struct, frozen=True, gc=False):
    """The client of this ticket is gone: no Reply is wanted (its change may still be carried out)."""

    ticket: Ticket


RaftEvent = (
    Tick
    | Received
    | Persisted
    | Propose
    | Submit
    | Read
    | ChangeMembership
    | TransferLeadership
    | StorageLow
    | StorageFreed
    | Cancelled
)
