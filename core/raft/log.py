"""The log in memory: entries after a base, which compaction moves up.

Theory of operation. `base_index` and `base_term` are those of the last entry cut away (0 and 0 for a whole log), so
that the consistency check of Append works at the log's very beginning. Running totals of entry sizes stand beside the
entries, so that cutting a message to size is a binary search. Committed entries are never replaced: asserted here.
"""

from bisect import bisect_right
from collections.abc import Sequence

from core.raft.entries import LogEntry


class RaftLog:
    """Entries `base_index` + 1 up to `last_index`."""

    __slots__ = ("_entries", "_sizes_up_to", "base_index", "base_term", "last_index", "last_term")

    def __init__(self, entries: Sequence[LogEntry], base_index: int, base_term: int) -> None:
        self.base_index = base_index
        self.base_term = base_term
        self.last_index = base_index
        self.last_term = base_term
        self._entries: list[LogEntry] = []
        self._sizes_up_to: list[int] = [0]
        """Position p: bytes of everything before entry p, counted from an arbitrary start."""
        self.extend(entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def first_index(self) -> int:
        """Index of the first entry that is still here (or would be next)."""
        return self.base_index + 1

    def term_at(self, index: int) -> int | None:
        """The term of the entry at `index`; None if it was cut away or is not there yet."""
        if index == self.last_index:
            return self.last_term
        position = index - self.base_index - 1
        if 0 <= position < len(self._entries):
            return self._entries[position].term
        return self.base_term if position == -1 else None

    def entry(self, index: int) -> LogEntry:
        """The entry at `index`, which must be here."""
        assert self.base_index < index <= self.last_index, (self.base_index, index, self.last_index)
        return self._entries[index - self.base_index - 1]

    def slice(self, first_index: int, last_index: int) -> tuple[LogEntry, ...]:
        """Entries from `first_index` to `last_index`, both included."""
        assert first_index > self.base_index, (first_index, self.base_index)
        if first_index == last_index == self.last_index:
            return (self._entries[-1],)
        offset = self.base_index + 1
        return tuple(self._entries[first_index - offset : last_index + 1 - offset])

    def last_within(self, first_index: int, bytes_max: int, entries_max: int) -> int:
        """The last index such that what starts at `first_index` stays within both bounds; at least one entry."""
        sizes = self._sizes_up_to
        position = first_index - self.base_index - 1
        last = min(self.last_index, first_index + entries_max - 1)
        if sizes[last - self.base_index] - sizes[position] <= bytes_max:
            return last
        fitting = bisect_right(sizes, sizes[position] + bytes_max, position, last - self.base_index + 1)
        return max(self.base_index + fitting - 1, first_index)

    @property
    def total_bytes(self) -> int:
        """Bytes of all entries up to the last, as `bytes_up_to` counts them."""
        return self._sizes_up_to[-1]

    def bytes_up_to(self, index: int) -> int:
        """Bytes of all entries up to `index`, which is not before the base, counted from an arbitrary start."""
        return self._sizes_up_to[index - self.base_index]

    def bytes_after(self, index: int) -> int:
        """Bytes of all entries after `index`."""
        return self._sizes_up_to[-1] - self._sizes_up_to[max(index - self.base_index, 0)]

    def extend(self, entries: Sequence[LogEntry]) -> None:
        """Append entries that continue the log."""
        if not entries:
            return
        assert entries[0].index == self.last_index + 1, (entries[0].index, self.last_index)
        assert entries[0].term >= self.last_term, (entries[0].term, self.last_term)
        sizes = self._sizes_up_to
        if len(entries) == 1:
            entry = entries[0]
            self._entries.append(entry)
            sizes.append(sizes[-1] + entry.size)
            self.last_index = entry.index
            self.last_term = entry.term
            return
        self._entries.extend(entries)
        total = sizes[-1]
        for entry in entries:
            total += entry.size
            sizes.append(total)
        last = entries[-1]
        self.last_index = last.index
        self.last_term = last.term

    def truncate_from(self, index: int, commit_index: int) -> None:
        """Drop the entry at `index` and all after it, none of which may be committed."""
        assert index > commit_index >= self.base_index, (index, commit_index, self.base_index)
        count = index - self.base_index - 1
        del self._entries[count:]
        del self._sizes_up_to[count + 1 :]
        self.last_index = index - 1
        self.last_term = self._entries[-1].term if self._entries else self.base_term

    def compact_to(self, index: int) -> None:
        """Cut away the entries up to `index`."""
        if index <= self.base_index:
            return
        term = self.term_at(index)
        assert term is not None, (index, self.base_index, self.last_index)
        count = index - self.base_index
        del self._entries[:count]
        del self._sizes_up_to[:count]
        self.base_index = index
        self.base_term = term

    def restart_at(self, index: int, term: int) -> None:
        """Forget everything: the log now begins after a snapshot at `index`."""
        self.base_index = self.last_index = index
        self.base_term = self.last_term = term
        self._entries = []
        self._sizes_up_to = [0]

    def first_conflict(self, entries: Sequence[LogEntry]) -> int:
        """Position of the first of `entries`, which continue a point agreed on, that this log lacks or contradicts."""
        if entries and entries[0].index > self.last_index:
            return 0
        for position, entry in enumerate(entries):
            if self.term_at(entry.index) != entry.term:
                return position
        return len(entries)

    def hint(self, index: int, term: int) -> tuple[int, int]:
        """The highest index not above `index` whose term is not above `term`, and that term (dissertation §3.5)."""
        index = min(index, self.last_index)
        while index > self.base_index:
            own_term = self._entries[index - self.base_index - 1].term
            if own_term <= term:
                return index, own_term
            index -= 1
        return self.base_index, self.base_term

    def is_up_to_date(self, last_index: int, last_term: int) -> bool:
        """Whether a log that ends so is at least as up-to-date as this one (Raft dissertation §3.6.1)."""
        return (last_term, last_index) >= (self.last_term, self.last_index)

    def check_invariants(self) -> None:
        """Contiguous indexes, terms that never fall, totals that add up."""
        index, term = self.base_index, self.base_term
        assert len(self._sizes_up_to) == len(self._entries) + 1
        for position, entry in enumerate(self._entries):
            assert entry.index == index + 1, (entry.index, index)
            assert entry.term >= term, (entry.term, term)
            assert self._sizes_up_to[position + 1] - self._sizes_up_to[position] == entry.size
            index, term = entry.index, entry.term
        assert (index, term) == (self.last_index, self.last_term)
