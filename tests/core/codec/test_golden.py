"""What any host of this version of the wire and disk format wrote can still be read, and nothing of it is lost.

`python tests/support/golden_records.py` adds the line of a new kind of record to `golden.txt`.
"""

from typing import Any

import msgspec
import pytest
from golden_records import golden, kinds, read

from core.codec import wire

KINDS = kinds()


def is_kept(was: Any, now: Any) -> bool:
    """Whether what was written is still there, now that records may have more fields."""
    if isinstance(was, dict):
        return all(key in now and is_kept(value, now[key]) for key, value in was.items())
    if isinstance(was, list):
        return len(was) <= len(now) and all(map(is_kept, was, now))
    return bool(was == now)


def fields(name: str, encoded: bytes) -> Any:
    record = read(KINDS[name], encoded)
    return msgspec.msgpack.decode(msgspec.msgpack.encode(record))


def as_sent(encoded: bytes) -> Any:
    """Without the version and the family, if it has them: a record is a mapping or a list."""
    return msgspec.msgpack.decode(encoded[2:] if encoded[0] == wire.VERSION else encoded)


@pytest.mark.parametrize(("name", "encoded"), [pytest.param(*line, id=line[0]) for line in golden()])
def test_what_was_written_once_is_read_in_full(name: str, encoded: bytes) -> None:
    assert name in KINDS, "a kind of record is gone: that makes a new version"
    assert is_kept(as_sent(encoded), fields(name, encoded))


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_record_has_its_line(name: str) -> None:
    assert name in {each for each, _ in golden()}, "add it by python tests/support/golden_records.py"
