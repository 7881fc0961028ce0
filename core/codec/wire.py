"""The wire and disk format: the one place where hosts' records become bytes and bytes become records.

Every encoded record is a version byte, a byte that names its family, and MessagePack by msgspec. A family is a closed
union of tagged records; decoding is typed all the way down, also where the core keeps a field open (a Raft entry's
command, a snapshot's chunk, a forwarded request): what comes out equals what went in, type for type, or is refused
with `WireError`. Nothing else is ever raised for what a peer sent or a disk returned.

Versions: a reader knows exactly one. Fields with defaults may be added at the end of a record within a version, since
readers ignore fields they do not know; anything else makes a new version. `tests/core/codec/golden.txt` holds that.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, Final, get_args, get_origin

from msgspec import MsgspecError
from msgspec.msgpack import Decoder, Encoder

from core.agent.records import AgentRecord
from core.durability import Stream
from core.durable import Identity
from core.messages import SwarmMessage
from core.operations import Answer, Operation, OperationError
from core.raft import messages as raft
from core.raft.effects import Applied, OutcomeUnknown, Refused
from core.raft.machine import Rejected
from core.raft.records import HardState, LogAppended, SnapshotChunk, SnapshotInstalled
from core.raft.sessions import SessionImage
from core.store import StoreChunk, Transaction

VERSION: Final = 2
MAX_BYTES: Final = 16 * 1024 * 1024
"""Most bytes of one encoded record. The largest that are built, snapshot chunks and assignments, are a few MiB."""

Value = Answer | OperationError
"""What the state machine answers: `OperationError` where a committed transaction did not hold."""
RaftResult = Applied[Value] | Rejected[OperationError] | Refused | OutcomeUnknown
SnapshotPart = tuple[SessionImage[Value], ...] | StoreChunk
RaftMessage = (
    raft.PreVote
    | raft.PreVoteGranted
    | raft.RequestVote
    | raft.VoteAnswered
    | raft.Append[Transaction]
    | raft.AppendAcked
    | raft.AppendRefused
    | raft.Heartbeat
    | raft.HeartbeatAnswered
    | raft.Stale
    | raft.InstallSnapshot[SnapshotPart]
    | raft.SnapshotWanted
    | raft.TimeoutNow
    | raft.Forward[Operation]
    | raft.Forwarded[RaftResult]
    | raft.ReadIndex
    | raft.ReadIndexed
    | raft.GroupEnded
)
RaftRecord = HardState | LogAppended[Transaction] | SnapshotChunk[SnapshotPart] | SnapshotInstalled


class Family(IntEnum):
    """The second byte of an encoded record: which closed union it belongs to."""

    RAFT_MESSAGE = 1
    SWARM_MESSAGE = 2
    RAFT_RECORD = 3
    AGENT_RECORD = 4
    IDENTITY_RECORD = 5
    OPERATION = 16
    RESULT = 17


FAMILIES: Final[dict[Family, Any]] = {
    Family.RAFT_MESSAGE: RaftMessage,
    Family.SWARM_MESSAGE: SwarmMessage,
    Family.RAFT_RECORD: RaftRecord,
    Family.AGENT_RECORD: AgentRecord,
    Family.IDENTITY_RECORD: Identity,
    Family.OPERATION: Operation,
    Family.RESULT: RaftResult,
}


class WireError(Exception):
    """Bytes that are not a record of the expected family and this version, or a record too large to be sent."""


def encode(record: Any) -> bytes:
    """The bytes of a record of any family. Raises WireError over MAX_BYTES, TypeError for a record of no family."""
    prefix = _PREFIXES.get(type(record))
    if prefix is None:
        raise TypeError(f"{type(record).__name__} belongs to no family of the wire format: add it to one")
    encoded = prefix + _ENCODER.encode(record)
    if len(encoded) > MAX_BYTES:
        raise WireError(f"{type(record).__name__} of {len(encoded)} bytes is over the limit of {MAX_BYTES}")
    return encoded


def decode(encoded: bytes, *expected: Family) -> Any:
    """The record in `encoded`, of one of the expected families (any, if none is named). Raises WireError."""
    if not 2 <= len(encoded) <= MAX_BYTES:
        raise WireError(f"a record of {len(encoded)} bytes: between 2 and {MAX_BYTES} are possible")
    if encoded[0] != VERSION:
        raise WireError(f"format version {encoded[0]}: this host reads version {VERSION}")
    decoder = _DECODERS.get(encoded[1])
    if decoder is None or (expected and encoded[1] not in expected):
        raise WireError(f"a record of family {encoded[1]} is not expected here")
    return decode_with(decoder, memoryview(encoded)[2:])


def encode_batch(writes: Iterable[tuple[Stream, Any]]) -> bytes:
    """Records in order, each with its stream, as they are written to disk together."""
    return _ENCODER.encode([(stream, encode(record)) for stream, record in writes])


def decode_batch(batch: bytes) -> list[tuple[Stream, Any]]:
    """The records of a batch, in order. Raises WireError."""
    return [(stream, decode(record, *_DURABLE)) for stream, record in decode_with(_BATCH, batch)]


def size_of(command: Transaction) -> int:
    """How many bytes a command takes when encoded: what flow control counts."""
    return len(_ENCODER.encode(command))


def decode_with(decoder: Decoder[Any], encoded: bytes | memoryview) -> Any:
    """What `decoder` makes of these bytes. Raises WireError where it would raise anything."""
    try:
        return decoder.decode(encoded)
    except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"malformed record: {error}") from error


_ENCODER: Final = Encoder()
_BATCH: Final = Decoder(tuple[tuple[Stream, bytes], ...])
_DURABLE: Final = (Family.RAFT_RECORD, Family.AGENT_RECORD, Family.IDENTITY_RECORD)
_DECODERS: Final[dict[int, Decoder[Any]]] = {family: Decoder(union) for family, union in FAMILIES.items()}
_PREFIXES: Final[dict[type[Any], bytes]] = {
    get_origin(member) or member: bytes((VERSION, family))
    for family, union in FAMILIES.items()
    for member in get_args(union) or (union,)
}
