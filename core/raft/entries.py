"""What a Raft log holds: a closed union of entries, each with its index, its term and its size in bytes."""

from typing import Any, Generic, TypeVar

from msgspec import Struct

from core.ids import NodeId
from core.raft.members import Members

CommandT = TypeVar("CommandT")

OVERHEAD_BYTES = 32
"""What an entry weighs besides its command, for flow control."""


class Stamp(Struct, frozen=True, gc=False, array_like=True):
    """Which client request a command answers: the session is (origin, incarnation) (Raft dissertation §6.3)."""

    origin: NodeId
    """The member that took the request from its client."""
    incarnation: int
    sequence: int
    settled_below: int
    """The origin no longer waits for any sequence below this: their results may be forgotten."""


class Entry(Struct, frozen=True, gc=False, array_like=True):
    """What all entries have."""

    index: int
    term: int
    size: int
    """Bytes, for flow control; computed once."""


class NoopEntry(Entry, frozen=True, gc=False, array_like=True, tag="noop"):
    """A new leader's first entry: it commits what came before (Raft dissertation §6.4, step 1)."""


class MembershipEntry(Entry, frozen=True, gc=False, array_like=True, tag="membership"):
    """The whole new membership, in force from the moment it is in the log (Raft dissertation §4.1)."""

    members: Members


class CommandEntry(Entry, Generic[CommandT], frozen=True, gc=False, array_like=True, tag="command"):
    """A command for the replicated state machine."""

    command: CommandT
    stamp: Stamp | None = None
    """None for what the leader itself submits."""


LogEntry = NoopEntry | MembershipEntry | CommandEntry[Any]
