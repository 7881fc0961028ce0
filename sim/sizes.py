"""How many bytes messages and records take, cheaply: what bandwidth, disk space and counters go by.

Kinds that are sent all the time have a fixed size or know the sizes of their entries; of the others the encoding is
measured.
"""

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import msgpack

from core.messages import AssignmentsAck, Beat, BeatAnswer, RoutesAck, SessionUnknown, StatusAck
from core.raft.messages import (
    Append,
    AppendAcked,
    AppendRefused,
    Heartbeat,
    HeartbeatAnswered,
    PreVote,
    PreVoteGranted,
    ReadIndex,
    ReadIndexed,
    RequestVote,
    SnapshotWanted,
    Stale,
    TimeoutNow,
    VoteAnswered,
)
from core.raft.records import LogAppended


class Codec(Protocol):
    """The real wire codec, for worlds that put every message and record through it."""

    def encode(self, record: Any, /) -> bytes: ...

    def decode(self, encoded: bytes, /) -> Any: ...


ENVELOPE_BYTES = 96
"""What a message carries besides itself: both ends' identities, frame, encryption, TCP and IP headers."""
_FIXED_BYTES = 24
_SESSION_BYTES = 64
_MANAGER_BYTES = 96
_UNKNOWN_BYTES = 256

_encode = msgpack.Encoder().encode


def fixed_bytes(kind: type) -> int:
    """Bytes on the wire of every message of a kind; 0 if they differ."""
    size = _FIXED.get(kind)
    return 0 if size is None else ENVELOPE_BYTES + size


def message_bytes(message: Any) -> int:
    """Bytes of a message on the wire."""
    return fixed_bytes(type(message)) or ENVELOPE_BYTES + _varying_bytes(message)


def record_bytes(record: Any) -> int:
    """Bytes of a durable record."""
    return _FIXED_BYTES + _varying_bytes(record)


def _varying_bytes(value: Any) -> int:
    size_of = _VARYING.get(type(value))
    return encoded_bytes(value) if size_of is None else size_of(value)


def encoded_bytes(value: Any) -> int:
    """Bytes of anything as encoded; a round figure for what has no encoding (objects made up by a test)."""
    try:
        return len(_encode(value))
    except (TypeError, ValueError):
        return _UNKNOWN_BYTES


def _of_entries(carrier: Append[Any] | LogAppended[Any]) -> int:
    size = _FIXED_BYTES
    for entry in carrier.entries:
        size += entry.size
    return size


def _of_managers(answer: BeatAnswer) -> int:
    return _SESSION_BYTES + len(answer.managers) * _MANAGER_BYTES


_VARYING: dict[type, Callable[[Any], int]] = {
    Append: _of_entries,
    LogAppended: _of_entries,
    BeatAnswer: _of_managers,
}
_FIXED: dict[type, int] = {
    **dict.fromkeys(
        (
            AppendAcked,
            AppendRefused,
            Heartbeat,
            HeartbeatAnswered,
            PreVote,
            PreVoteGranted,
            ReadIndex,
            ReadIndexed,
            RequestVote,
            SnapshotWanted,
            Stale,
            TimeoutNow,
            VoteAnswered,
        ),
        _FIXED_BYTES,
    ),
    **dict.fromkeys((AssignmentsAck, Beat, RoutesAck, SessionUnknown, StatusAck), _SESSION_BYTES),
}
