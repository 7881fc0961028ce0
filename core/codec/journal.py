"""The framing of a durable log: what a file's bytes still tell after a crash.

A journal is a sequence of frames, one per sync: the driver collects what is to be written, writes it as one frame and
syncs before it writes the next. So at most the last frame was ever un-synced, and a crash, which may keep any part of
what was not synced, can tear nothing else. That is what lets `scan` tell the two kinds of damage apart:

- *torn*: the last frame is bad, no valid one follows, and no mark says it was synced. Nobody was promised anything
  about it: it is cut off.
- *corrupt*: a bad frame is followed by a valid one, or lies below the sync mark (the length known to be synced, kept
  in a second place). Something that was promised is gone, and with it the trust in this host's vote.

A frame is `magic · length · checksum · payload`. The checksum also covers the frame's place in the file, so that a
block written to a wrong place is not taken for a valid frame. All numbers are little-endian; the checksum is CRC-32,
which finds decay and torn writes, not forgery.
"""

from collections.abc import Iterator
from enum import Enum
from struct import Struct as Layout
from typing import Final
from zlib import crc32

from msgspec import Struct

MAX_PAYLOAD_BYTES: Final = 256 * 1024 * 1024
"""Most bytes one frame may carry."""

_MAGIC: Final = b"\xf5SJ\x01"
_HEADER: Final = Layout("<4sII")
_PLACE: Final = Layout("<QI")


class Damage(Enum):
    """What `scan` found at the end of what it could read."""

    NONE = "none"
    TORN = "torn"
    CORRUPT = "corrupt"


class Scan(Struct, frozen=True, gc=False):
    """The readable part of a journal: after corruption, also the valid frames behind it.

    `valid_length` is in bytes: where the first bad frame begins, and the next one goes after a torn one is cut.
    """

    payloads: tuple[bytes, ...]
    valid_length: int
    damage: Damage


def frame(payload: bytes, offset: int) -> bytes:
    """The frame that carries `payload` at `offset` bytes from the start of the journal."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"a frame of {len(payload)} bytes is over the limit of {MAX_PAYLOAD_BYTES}: write it in parts")
    return _HEADER.pack(_MAGIC, len(payload), _checksum(payload, offset)) + payload


def scan(journal: bytes, sync_mark: int) -> Scan:
    """Read a journal of which the first `sync_mark` bytes are known to have been synced."""
    payloads: list[bytes] = []
    offset = 0
    while (payload := _payload_at(journal, offset)) is not None:
        payloads.append(payload)
        offset += _HEADER.size + len(payload)
    beyond = list(_payloads_beyond(journal, offset + 1))
    if beyond or offset < sync_mark:
        return Scan((*payloads, *beyond), offset, Damage.CORRUPT)
    return Scan(tuple(payloads), offset, Damage.TORN if offset < len(journal) else Damage.NONE)


def _payloads_beyond(journal: bytes, start: int) -> Iterator[bytes]:
    """The valid frames after a bad one, wherever they begin."""
    offset = journal.find(_MAGIC, start)
    while offset >= 0:
        payload = _payload_at(journal, offset)
        if payload is not None:
            yield payload
            start = offset + _HEADER.size + len(payload)
        else:
            start = offset + 1
        offset = journal.find(_MAGIC, start)


def _payload_at(journal: bytes, offset: int) -> bytes | None:
    start = offset + _HEADER.size
    if start > len(journal):
        return None
    magic, length, checksum = _HEADER.unpack_from(journal, offset)
    if magic != _MAGIC or length > min(len(journal) - start, MAX_PAYLOAD_BYTES):
        return None
    payload = journal[start : start + length]
    return payload if _checksum(payload, offset) == checksum else None


def _checksum(payload: bytes, offset: int) -> int:
    return crc32(payload, crc32(_PLACE.pack(offset, len(payload))))
