"""What a Raft peer wants done: a closed union of immutable records, to be carried out in any order but for Persist."""

from enum import Enum
from typing import Any, Generic, TypeVar

from msgspec import Struct

from core.durability import Persist
from core.ids import NodeId, Ticket
from core.raft.machine import Rejected
from core.raft.members import Members

ValueT = TypeVar("ValueT")


class Send(Struct, frozen=True, gc=False):
    """Send `message` once; whatever becomes of it is no concern of the driver's. Shared by all machines of a host."""

    to: NodeId
    message: Any
    """One of the sending machine's own messages: here `core.raft.messages.Message`."""


class Applied(Struct, Generic[ValueT], frozen=True, gc=False, array_like=True, tag=True):
    """Done. `value` is what the state machine returned; `index` is the log index of the write, or read from."""

    index: int
    value: ValueT


class Refused(Struct, frozen=True, gc=False, array_like=True, tag=True):
    """Certainly not done and never will be; `reason` says what the client can do."""

    reason: str


class OutcomeUnknown(Struct, frozen=True, gc=False, array_like=True, tag=True):
    """May have been done, or may yet be; `reason` says why nobody can tell."""

    reason: str


Result = Applied[Any] | Rejected[Any] | Refused | OutcomeUnknown


class Reply(Struct, frozen=True, gc=False):
    """The one answer to a client's Propose, Read or ChangeMembership."""

    ticket: Ticket
    result: Result


class Role(Enum):
    """Raft dissertation §3.3, and a candidate that first asks whether it could win (§9.6)."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre-candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"


class RoleChanged(Struct, frozen=True, gc=False):
    """Fact: role, term or known leader changed to these."""

    role: Role
    term: int
    leader_id: NodeId | None


class ElectionStarted(Struct, frozen=True, gc=False):
    """Fact: this peer asks for votes (`pre`: only whether it would get them) in `term`."""

    term: int
    pre: bool


class PreVoteRefused(Struct, frozen=True, gc=False):
    """Fact: this peer heard that `candidate` would campaign, and did not encourage it."""

    candidate: NodeId


class LeaderElected(Struct, frozen=True, gc=False):
    """Fact: this peer won `term`."""

    term: int


class Leading(Struct, frozen=True, gc=False):
    """Fact: this peer has applied its first own entry and now takes proposals."""

    term: int


class QuorumLost(Struct, frozen=True, gc=False):
    """Fact: this leader has not heard from a majority for an election timeout and steps down (CheckQuorum)."""

    term: int


class EntriesCommitted(Struct, frozen=True, gc=False):
    """Fact: this peer learnt that its log is committed from `first_index` to `last_index` (of `last_term`)."""

    first_index: int
    last_index: int
    last_term: int


class SnapshotTaken(Struct, frozen=True, gc=False):
    """Fact: a snapshot of the applied state at `index` is durable, and the log before it cut but for its tail."""

    index: int


class SnapshotRestored(Struct, frozen=True, gc=False):
    """Fact: the state was replaced by the leader's snapshot at `index`."""

    index: int


class MembershipChanged(Struct, frozen=True, gc=False):
    """Fact: these are the members now, by an entry at `index` that may still be uncommitted and taken back."""

    index: int
    members: Members


class TransferEnded(Struct, frozen=True, gc=False):
    """Fact: leadership was not handed over in time to `to`; this peer leads on."""

    to: NodeId


class MessageRefused(Struct, frozen=True, gc=False):
    """Fact: a peer sent what no correct peer sends."""

    sender: NodeId
    reason: str


Fact = (
    RoleChanged
    | ElectionStarted
    | PreVoteRefused
    | LeaderElected
    | Leading
    | QuorumLost
    | EntriesCommitted
    | SnapshotTaken
    | SnapshotRestored
    | MembershipChanged
    | TransferEnded
    | MessageRefused
)


class Observe(Struct, frozen=True, gc=False):
    """Something to trace, count or report; nothing depends on it. Shared by all machines of a host."""

    fact: Any
    """One of the observing machine's own facts: here `Fact`."""


RaftEffect = Send | Persist | Reply | Observe
