"""JSON of records that are asked for again and again: a record never changes, so its text is made once.

A list of a thousand services costs thirty times as much without. What belongs to no record, such as counts, is added
to its text.
"""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

import msgspec

from core.codec.docker.kinds import Object
from core.objects import StoredObject

RecordT = TypeVar("RecordT", bound=StoredObject)

MOST: Final = 10_000
"""Records whose text is kept; beyond that, all are forgotten."""
_ENCODE: Final = msgspec.json.Encoder().encode


class EncodedRecords(Generic[RecordT]):
    """By id, the last record that was asked for and its text; `encode` depends on nothing but the record."""

    def __init__(self, encode: Callable[[RecordT], Object]) -> None:
        self._encode = encode
        self._known: dict[str, tuple[RecordT, bytes]] = {}

    def of(self, record: RecordT, beside: Object | None = None) -> msgspec.Raw:
        """A record as JSON; with what is to stand `beside` its own."""
        text = self._text(record)
        return msgspec.Raw(text if not beside else text[:-1] + b"," + _ENCODE(beside)[1:])

    def _text(self, record: RecordT) -> bytes:
        known = self._known.get(record.id)
        if known is not None and known[0] is record:
            return known[1]
        if len(self._known) >= MOST:
            self._known.clear()
        text = _ENCODE(self._encode(record))
        self._known[record.id] = (record, text)
        return text
