"""The durable log of a host as two files, and what is to be done to them, in order, for each group of writes. Pure.

Theory of operation. The file `journal` is a sequence of frames (`core.codec.journal`); `journal.mark` holds the length
up to which it is known to be synced, and how many memberships its identities have counted (`core.durable`). A group of
writes becomes one frame, is synced before anything else happens, and only then is the mark moved; the mark itself needs
no sync, for one that lags behind only detects less. When the journal has doubled, its content is compacted into a new
file that takes its place by one rename; before that the mark is synced at 0, because that of the longer file would
condemn the shorter one.

Whoever performs the operations stops at the first that fails: the group is then not durable, and after a failed sync
nobody knows what the file holds, so nothing may be written any more. A crash between any two operations leaves all
groups before this one, and this one whole or not at all.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from core.codec import journal, wire
from core.codec.journal import Damage
from core.compaction import Write, compacted
from core.durable import HostDurable, newest_membership, records_of, replay

JOURNAL: Final = "journal"
MARK: Final = "journal.mark"
REWRITTEN: Final = "journal.new"
REWRITE_BYTES: Final = 4 * 1024 * 1024
"""The journal is rewritten when it is twice what the last rewriting left of it, and at least this long."""
_NUMBER_BYTES: Final = 8


class WriteFile(Struct, frozen=True, gc=False):
    """Put `data` at `offset` of the file, making it if there is none, and let it end there."""

    name: str
    offset: int
    data: bytes


class SyncFile(Struct, frozen=True, gc=False):
    """Go on once what was written to the file would survive a loss of power."""

    name: str


class RenameFile(Struct, frozen=True, gc=False):
    """Let the file take the place of another, and go on once that would survive too."""

    name: str
    to: str


FileOperation = WriteFile | SyncFile | RenameFile


class Journal:
    """Made from what the two files hold, empty if they do not exist."""

    def __init__(self, content: bytes, mark: bytes, rewrite_bytes: int = REWRITE_BYTES) -> None:
        """Raises WireError for records of another format version: then do not start."""
        found = journal.scan(content, int.from_bytes(mark[:_NUMBER_BYTES], "big"))
        self.corrupt = found.damage is Damage.CORRUPT
        self._writes = [write for payload in found.payloads for write in wire.decode_batch(payload)]
        marked_count = int.from_bytes(mark[_NUMBER_BYTES:], "big")
        self._membership_count = max(newest_membership(self._writes), marked_count)
        self._length = found.valid_length
        self._rewrite_bytes = rewrite_bytes
        # A corrupt journal stays as evidence until the host has something to write about it.
        self._rewrite_at = 0 if self.corrupt else rewrite_bytes

    def recover(self) -> tuple[HostDurable, list[FileOperation]]:
        """What a host starts from, once these operations are done: a torn end is cut, what was read is synced.

        Raises InconsistentRecords: then do not start.
        """
        durable = replay(self._writes, self.corrupt, self._membership_count)
        if self.corrupt:
            self._writes = list(records_of(durable))  # the rest may not even be consistent
        return durable, [] if self.corrupt else [WriteFile(JOURNAL, self._length, b""), SyncFile(JOURNAL)]

    def write(self, writes: Sequence[Write]) -> Iterator[FileOperation]:
        """Make a group of writes durable. To be exhausted before the next."""
        self._writes += writes
        self._membership_count = max(newest_membership(writes), self._membership_count)
        if self._length >= self._rewrite_at:
            yield from self._rewrite()
        else:
            frame = journal.frame(wire.encode_batch(writes), self._length)
            yield WriteFile(JOURNAL, self._length, frame)
            yield SyncFile(JOURNAL)
            self._length += len(frame)
        yield self._mark(self._length)

    def _rewrite(self) -> Iterator[FileOperation]:
        self._writes = compacted(self._writes)
        self._length = 0
        for write in self._writes:
            frame = journal.frame(wire.encode_batch([write]), self._length)
            yield WriteFile(REWRITTEN, self._length, frame)
            self._length += len(frame)
        yield SyncFile(REWRITTEN)
        yield self._mark(0)
        yield SyncFile(MARK)
        yield RenameFile(REWRITTEN, JOURNAL)
        self._rewrite_at = max(self._rewrite_bytes, 2 * self._length)

    def _mark(self, length: int) -> WriteFile:
        numbers = (length, self._membership_count)
        return WriteFile(MARK, 0, b"".join(number.to_bytes(_NUMBER_BYTES, "big") for number in numbers))
