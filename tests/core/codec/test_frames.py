"""A stream of frames, cut anywhere, gives the same frames; a bad one ends it by name."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import instances

from core.codec import frames, wire
from core.codec.frames import FrameSplitter, Request, Response, decode_frame, encode_frame
from core.codec.wire import FAMILIES, Family, WireError
from core.envelope import Envelope
from core.ids import ConfigId, NodeId
from core.objects.config import Config, ConfigSpec
from core.operations import Inspect, Kind
from core.raft.effects import Applied, OutcomeUnknown
from core.raft.messages import Heartbeat
from core.raft.records import HardState

node_ids = st.text(max_size=25).map(NodeId)
frames_of_all_kinds = st.one_of(
    st.builds(Envelope, node_ids, node_ids, instances(FAMILIES[Family.RAFT_MESSAGE])),
    st.builds(Envelope, node_ids, node_ids, instances(FAMILIES[Family.SWARM_MESSAGE])),
    st.builds(Request, st.integers(0, 2**63 - 1), instances(FAMILIES[Family.OPERATION])),
    st.builds(Response, st.integers(0, 2**63 - 1), instances(FAMILIES[Family.RESULT])),
)
HEARTBEAT = encode_frame(Envelope(NodeId("a"), NodeId("b"), Heartbeat(term=1, round=1, commit_index=0)))


def body(kind: int, parts: Any) -> bytes:
    return bytes((wire.VERSION, kind)) + msgspec.msgpack.encode(parts)


@given(st.lists(frames_of_all_kinds, max_size=3), st.data())
def test_a_stream_gives_its_frames_wherever_it_is_cut(sent: list[Any], data: st.DataObject) -> None:
    stream = b"".join(map(encode_frame, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    splitter = FrameSplitter()
    received: list[Any] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += splitter.feed(stream[start:end])
    assert received == sent


@given(st.binary(max_size=80), st.booleans())
def test_garbage_is_refused_by_name(garbage: bytes, has_length: bool) -> None:
    stream = len(garbage).to_bytes(4, "big") + garbage if has_length else garbage
    try:
        assert list(FrameSplitter().feed(HEARTBEAT + stream)) != []
    except WireError:
        return


@pytest.mark.parametrize(
    ("encoded", "says"),
    [
        (b"", "begins with nothing"),
        (bytes((wire.VERSION + 1, 1)) + b"\x90", f"not a frame of version {wire.VERSION}: begins with"),
        (bytes((wire.VERSION, 9)) + b"\x90", "begins with"),
        (body(1, ("from", "to")), "malformed record"),
        (body(1, ("from", "to", b"")), "a record of 0 bytes"),
        (body(1, ("from", "to", wire.encode(HardState(term=1)))), "family 3 is not expected here"),
        (body(2, (1, wire.encode(Heartbeat(1, 1, 0)))), "family 1 is not expected here"),
        (body(3, (1, wire.encode(Inspect(Kind.CONFIG, "motd")))), "family 16 is not expected here"),
    ],
)
def test_a_bad_frame_says_why(encoded: bytes, says: str) -> None:
    with pytest.raises(WireError, match=says):
        decode_frame(encoded)


def test_a_length_over_the_limit_is_refused_before_its_bytes_arrive() -> None:
    with pytest.raises(WireError, match="over the limit"):
        list(FrameSplitter().feed((frames.MAX_FRAME_BYTES + 1).to_bytes(4, "big")))


def test_frames_before_a_bad_one_are_delivered() -> None:
    received: list[Any] = []
    with pytest.raises(WireError):
        received.extend(FrameSplitter().feed(HEARTBEAT + HEARTBEAT + b"\x00\x00\x00\x02\xff\xff"))
    assert len(received) == 2


def test_a_result_too_large_to_be_sent_is_answered_with_that() -> None:
    result = Applied(1, tuple(Config(ConfigId(str(n)), ConfigSpec("n", bytes(1_000_000))) for n in range(17)))
    (response,) = FrameSplitter().feed(frames.encode_response(7, result))
    assert isinstance(response, Response)
    assert response.number == 7
    assert isinstance(response.result, OutcomeUnknown)
    assert "over the limit" in response.result.reason
