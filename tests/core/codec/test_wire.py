"""Every record that crosses the wire or the disk comes back as itself; everything else is refused by name."""

from typing import Any, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import instances

from core import events, messages, operations
from core.agent.records import AgentRecord
from core.codec import wire
from core.codec.wire import FAMILIES, VERSION, Family, WireError, decode, encode
from core.durability import Stream
from core.ids import ConfigId
from core.objects.config import Config, ConfigSpec
from core.objects.node import NodeDescription
from core.raft.effects import Result
from core.raft.messages import Heartbeat, Message
from core.raft.records import HardState, Record
from core.store import Create, Transaction

HEARTBEAT = Heartbeat(term=7, round=3, commit_index=41)

MEMBERS = [member for union in FAMILIES.values() for member in get_args(union) or (union,)]
DURABLE = (Family.RAFT_RECORD, Family.AGENT_RECORD, Family.IDENTITY_RECORD)

records = st.one_of([instances(union) for union in FAMILIES.values()])


def classes(union: Any) -> set[type[Any]]:
    return {get_origin(member) or member for member in get_args(union)}


def types_of(value: Any) -> Any:
    """A value's types, all the way down: `==` alone takes 1 for True and a plain 64 for TaskState.PENDING."""
    match value:
        case msgspec.Struct():
            return type(value), [types_of(getattr(value, name)) for name in value.__struct_fields__]
        case tuple():
            return tuple, [types_of(part) for part in value]
        case dict():
            return dict, [(types_of(key), types_of(item)) for key, item in value.items()]
    return type(value)


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: (get_origin(member) or member).__name__)
@settings(max_examples=20)
@given(st.data())
def test_every_record_comes_back_as_itself(member: Any, data: st.DataObject) -> None:
    record = data.draw(instances(member))
    restored = decode(encode(record))
    assert restored == record
    assert types_of(restored) == types_of(record)


durable_records = st.one_of([instances(FAMILIES[family]) for family in DURABLE])


@given(st.lists(st.tuples(st.sampled_from(Stream), durable_records), max_size=3))
def test_a_batch_comes_back_in_order(batch: list[Any]) -> None:
    assert wire.decode_batch(wire.encode_batch(batch)) == batch


@pytest.mark.parametrize(
    ("union", "family"),
    [
        (Message, Family.RAFT_MESSAGE),
        (messages.SwarmMessage, Family.SWARM_MESSAGE),
        (Record, Family.RAFT_RECORD),
        (AgentRecord, Family.AGENT_RECORD),
        (operations.Operation, Family.OPERATION),
        (Result, Family.RESULT),
    ],
)
def test_no_member_of_a_closed_union_is_left_out(union: Any, family: Family) -> None:
    assert classes(union) == classes(FAMILIES[family])


def test_every_message_between_hosts_has_a_family() -> None:
    covered = classes(FAMILIES[Family.RAFT_MESSAGE]) | classes(FAMILIES[Family.SWARM_MESSAGE])
    assert classes(events.Message) == covered


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(lambda tail: bytes((wire.VERSION, 1)) + tail)))
def test_garbage_is_refused_by_name(garbage: bytes) -> None:
    for read in (decode, wire.decode_batch):
        try:
            read(garbage)
        except WireError:
            continue


@settings(max_examples=300)
@given(records, st.data())
def test_a_damaged_record_is_refused_or_read_as_another_record(record: Any, data: st.DataObject) -> None:
    encoded = bytearray(encode(record))
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position] ^= data.draw(st.integers(1, 255))
    del encoded[data.draw(st.integers(position, len(encoded))) :]
    try:
        restored = decode(bytes(encoded))
    except WireError:
        return
    assert decode(encode(restored)) == restored


@pytest.mark.parametrize(
    ("encoded", "says"),
    [
        (b"", "a record of 0 bytes"),
        (b"\x01", "a record of 1 bytes"),
        (bytes((VERSION + 1, 1)) + b"\x90", f"format version {VERSION + 1}: this host reads version {VERSION}"),
        (bytes((VERSION, 99)) + b"\x90", "family 99 is not expected here"),
        (bytes((VERSION, 1)) + b"\xdd\xff\xff\xff\xff", "truncated"),
        (bytes((VERSION, 1)) + b"\x91" * 100_000, "malformed record"),
        (bytes((VERSION, 2)) + b"\x81\xa4type\xa2\xff\xfe", "malformed record"),
        (encode(HEARTBEAT) + b"\x00", "trailing"),
    ],
)
def test_what_cannot_be_read_says_why(encoded: bytes, says: str) -> None:
    with pytest.raises(WireError, match=says):
        decode(encoded)


def test_a_record_of_another_family_is_refused_where_it_is_not_expected() -> None:
    with pytest.raises(WireError, match="family 3 is not expected here"):
        decode(encode(HardState(term=1)), Family.RAFT_MESSAGE)


def test_a_record_over_the_limit_is_refused_before_it_is_sent() -> None:
    with pytest.raises(WireError, match=r"CreateConfig of 167\d+ bytes is over the limit"):
        encode(operations.CreateConfig(ConfigSpec("huge", bytes(wire.MAX_BYTES))))


def test_a_record_of_no_family_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="NodeDescription belongs to no family"):
        encode(NodeDescription())


def test_the_size_of_a_command_is_that_of_its_encoding() -> None:
    config = Config(ConfigId("id"), ConfigSpec("name", b"x" * 1_000))
    command = Transaction((Create(config),), 0)
    assert wire.size_of(command) == len(msgspec.msgpack.encode(command))
    assert 1_000 < wire.size_of(command) < 1_300
