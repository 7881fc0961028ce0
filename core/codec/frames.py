"""What travels on a connection between processes: length-prefixed frames, and how a byte stream is cut into them.

A frame is four bytes of length (big-endian), a version byte, a kind byte and MessagePack. Three kinds exist: an
envelope from one host to another, a client's request, and the response to it. A request has a number that its client
chose; the response repeats it, and responses may come in any order.
"""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from core.codec import wire
from core.codec.wire import Family, WireError
from core.envelope import Envelope
from core.ids import NodeId
from core.operations import Operation
from core.raft.effects import OutcomeUnknown, Result

MAX_FRAME_BYTES: Final = wire.MAX_BYTES + 1024
"""Most bytes of one frame without its length."""

_LENGTH_BYTES: Final = 4
_ENVELOPE: Final = 1
_REQUEST: Final = 2
_RESPONSE: Final = 3


class Request(Struct, frozen=True, gc=False):
    """A client asks for an operation; `number` is its own and comes back with the response."""

    number: int
    operation: Operation


class Response(Struct, frozen=True, gc=False):
    """What became of the request with this number."""

    number: int
    result: Result


Frame = Envelope | Request | Response


def encode_frame(frame: Frame) -> bytes:
    """The bytes of a frame with its length. Raises WireError if it is too large to be sent."""
    parts: tuple[Any, ...]
    match frame:
        case Envelope(sender, recipient, message):
            kind, parts = _ENVELOPE, (sender, recipient, wire.encode(message))
        case Request(number, operation):
            kind, parts = _REQUEST, (number, wire.encode(operation))
        case Response(number, result):
            kind, parts = _RESPONSE, (number, wire.encode(result))
    body = _ENCODER.encode(parts)
    return (len(body) + 2).to_bytes(_LENGTH_BYTES, "big") + bytes((wire.VERSION, kind)) + body


def encode_response(number: int, result: Result) -> bytes:
    """The frame of a response; of one that says so, if the result is too large to be sent."""
    try:
        return encode_frame(Response(number, result))
    except WireError as error:
        return encode_frame(Response(number, OutcomeUnknown(f"the answer cannot be sent: {error}")))


def decode_frame(encoded: bytes) -> Frame:
    """The frame in these bytes, which do not include its length. Raises WireError."""
    if len(encoded) < 2 or encoded[0] != wire.VERSION or encoded[1] not in _DECODERS:
        raise WireError(f"not a frame of version {wire.VERSION}: begins with {encoded[:2].hex() or 'nothing'}")
    kind = encoded[1]
    parts = wire.decode_with(_DECODERS[kind], memoryview(encoded)[2:])
    if kind == _ENVELOPE:
        return Envelope(parts[0], parts[1], wire.decode(parts[2], Family.RAFT_MESSAGE, Family.SWARM_MESSAGE))
    if kind == _REQUEST:
        return Request(parts[0], wire.decode(parts[1], Family.OPERATION))
    return Response(parts[0], wire.decode(parts[1], Family.RESULT))


class FrameSplitter:
    """Cuts a stream of bytes, in whatever pieces it arrives, into frames; holds at most one incomplete frame."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete with this data. Raises WireError, after which the stream cannot go on."""
        buffer = self._buffer
        buffer += data
        start = 0
        try:
            while len(buffer) - start >= _LENGTH_BYTES:
                end = start + _LENGTH_BYTES + self._length_at(start)
                if end > len(buffer):
                    break
                yield decode_frame(bytes(buffer[start + _LENGTH_BYTES : end]))
                start = end
        finally:
            del buffer[:start]

    def _length_at(self, start: int) -> int:
        length = int.from_bytes(self._buffer[start : start + _LENGTH_BYTES], "big")
        if length > MAX_FRAME_BYTES:
            raise WireError(f"a frame of {length} bytes is over the limit of {MAX_FRAME_BYTES}")
        return length


_ENCODER: Final = Encoder()
_DECODERS: Final[dict[int, Decoder[Any]]] = {
    _ENVELOPE: Decoder(tuple[NodeId, NodeId, bytes]),
    _REQUEST: Decoder(tuple[int, bytes]),
    _RESPONSE: Decoder(tuple[int, bytes]),
}
