"""What Raft peers say to each other: a closed union of immutable records. Any may be lost, doubled, late, or reordered.

Those with a `term` are ignored when it is older than the receiver's, and make the receiver a follower when it is newer;
the pair of PreVote messages is exempt from both.
"""

from typing import Any, Generic, TypeVar

from msgspec import Struct

from core.raft.entries import CommandEntry, MembershipEntry, NoopEntry
from core.raft.records import SnapshotMeta

CommandT = TypeVar("CommandT")
ChunkT = TypeVar("ChunkT")
RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")


def _tag(name: str) -> str:
    return "raft." + name


class PreVote(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """Would you vote for me, if I campaigned? (Raft dissertation §9.6)"""

    campaign: int
    """Counts the sender's attempts, so that an answer is known to be to the last."""
    last_index: int
    last_term: int


class PreVoteGranted(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """Yes, and I am in `term`: campaign in a later one. (No is silence.)"""

    campaign: int
    term: int


class RequestVote(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """Vote for me in `term`. `transfer`: the leader itself asked for this election (dissertation §3.10, §4.2.3)."""

    term: int
    last_index: int
    last_term: int
    transfer: bool = False


class VoteAnswered(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """The sender's vote, for good in this term."""

    term: int
    granted: bool


class Append(Struct, Generic[CommandT], frozen=True, gc=False, array_like=True, tag=_tag):
    """Entries that follow `prev_index`, whose entry has `prev_term`; and how far the leader's log is committed."""

    term: int
    prev_index: int
    prev_term: int
    commit_index: int
    entries: tuple[NoopEntry | MembershipEntry | CommandEntry[CommandT], ...]


class AppendAcked(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """My log agrees with yours up to `match_index`, durably."""

    term: int
    match_index: int


class AppendRefused(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """My log has nothing of that term at `prev_index`; what follows the hint cannot match yours (§5.3's fast back-up).

    `hint_index` is the highest index not above `prev_index` at which my term, `hint_term`, is not above the one asked.
    """

    term: int
    prev_index: int
    hint_index: int
    hint_term: int


class Heartbeat(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """I lead; this is my `round`-th time of asking in this term."""

    term: int
    round: int
    commit_index: int


class HeartbeatAnswered(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """I follow you. My log in memory is known to agree with yours up to `verified_index` (no promise of durability)."""

    term: int
    round: int
    verified_index: int


class Stale(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """To a leader or candidate of an older term: this one has begun."""

    term: int


class InstallSnapshot(Struct, Generic[ChunkT], frozen=True, gc=False, array_like=True, tag=_tag):
    """One chunk of the snapshot described by `meta` (Raft dissertation §5)."""

    term: int
    meta: SnapshotMeta
    number: int
    chunk: ChunkT


class SnapshotWanted(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """I hold the chunks before `number` of the snapshot at `index`: send that one next.

    The last chunk is answered by AppendAcked.
    """

    term: int
    index: int
    number: int


class TimeoutNow(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """Campaign at once: I hand over to you (Raft dissertation §3.10)."""

    term: int


class Forward(Struct, Generic[RequestT], frozen=True, gc=False, array_like=True, tag=_tag):
    """A client's request, for the leader of exactly this `term`; repeated until answered."""

    term: int
    incarnation: int
    sequence: int
    settled_below: int
    request: RequestT


class Forwarded(Struct, Generic[ResultT], frozen=True, gc=False, array_like=True, tag=_tag):
    """The outcome of a forwarded request. A refusal or rejection stands only for the try made in `term`."""

    term: int
    incarnation: int
    sequence: int
    result: ResultT


class ReadIndex(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """From where may I read? (Raft dissertation §6.4)"""

    incarnation: int
    batch: int


class ReadIndexed(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """Reads of that batch may be answered from any state that includes `index`."""

    incarnation: int
    batch: int
    index: int


class GroupEnded(Struct, frozen=True, gc=False, array_like=True, tag=_tag):
    """There is a group begun anew, of this number (`core.raft.renewal`), and whoever says so belongs to it.

    To one that takes part in a lower group it means that this has ended: it is to be no member any more. Said to who
    writes to a former member, and to hosts that whoever began anew has left behind, by their node ids.
    """

    group: int


Message = (
    PreVote
    | PreVoteGranted
    | RequestVote
    | VoteAnswered
    | Append[Any]
    | AppendAcked
    | AppendRefused
    | Heartbeat
    | HeartbeatAnswered
    | Stale
    | InstallSnapshot[Any]
    | SnapshotWanted
    | TimeoutNow
    | Forward[Any]
    | Forwarded[Any]
    | ReadIndex
    | ReadIndexed
    | GroupEnded
)
