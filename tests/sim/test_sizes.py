"""Estimated sizes stay near the real ones."""

from typing import Any

import pytest
from msgspec import msgpack

from core.codec import wire
from core.ids import Address, ConfigId, NodeId, SessionId
from core.messages import Beat, BeatAnswer, Manager, RoutesAck
from core.objects.config import Config, ConfigSpec
from core.raft.entries import OVERHEAD_BYTES, CommandEntry
from core.raft.messages import Append, AppendAcked, Heartbeat, HeartbeatAnswered, PreVote, ReadIndexed, VoteAnswered
from core.raft.records import HardState, LogAppended
from core.store.changes import Create, Transaction
from sim.sizes import ENVELOPE_BYTES, encoded_bytes, message_bytes, record_bytes

CHANGE = Create(Config(ConfigId("4ib39mrgxqro0kb10c6ef0sj5"), ConfigSpec("settings", bytes(128))))
TRANSACTION = Transaction((CHANGE,), size=len(msgpack.encode(CHANGE)))
ENTRIES = tuple(
    CommandEntry(index=10_000 + number, term=7, size=OVERHEAD_BYTES + TRANSACTION.size, command=TRANSACTION)
    for number in range(20)
)
SESSION = SessionId("4ib39mrgxqro0kb10c6ef0sj5")
MANAGERS = tuple(
    Manager(NodeId(f"4ib39mrgxqro0kb10c6ef0sj{number}"), Address(f"198.18.0.{number}:2377")) for number in range(5)
)
MESSAGES: tuple[Any, ...] = (
    Append(7, 10_000, 7, 9_999, ENTRIES),
    AppendAcked(7, 10_000),
    Heartbeat(7, 123_456, 10_000),
    HeartbeatAnswered(7, 123_456, 10_000),
    PreVote(3, 10_000, 7),
    VoteAnswered(7, True),
    ReadIndexed(3, 12, 10_000),
    Beat(SESSION, 1234),
    BeatAnswer(SESSION, 1234, 250_000_000, NodeId(SESSION), 12_345, MANAGERS, 1_000_000),
    RoutesAck(SESSION, 12_345, 12_345, 0),
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_estimated_within_a_factor_of_two(message: Any) -> None:
    actual = ENVELOPE_BYTES + len(wire.encode(message))
    assert actual / 2 <= message_bytes(message) <= actual * 2


@pytest.mark.parametrize("record", [HardState(7, MANAGERS[0].node_id, 3), LogAppended(ENTRIES)])
def test_a_record_is_estimated_within_a_factor_of_three(record: Any) -> None:
    actual = len(wire.encode(record))
    assert actual / 3 <= record_bytes(record) <= actual * 3


def test_what_has_no_encoding_has_some_size() -> None:
    assert encoded_bytes(object()) > 0
