"""The log in memory equals a plain dict of entries under any mix of appends, truncations and compactions."""

from hypothesis import given
from hypothesis import strategies as st

from core.raft.entries import LogEntry, NoopEntry
from core.raft.log import RaftLog

STEPS = st.lists(
    st.tuples(st.sampled_from(["append", "truncate", "compact"]), st.integers(0, 12), st.integers(1, 5)), max_size=30
)


@given(STEPS)
def test_the_log_equals_its_naive_twin(steps: list[tuple[str, int, int]]) -> None:
    log, twin, term, base = RaftLog([], 0, 0), dict[int, LogEntry](), 1, 0
    for kind, where, count in steps:
        if kind == "append":
            term += where % 2
            entries = [NoopEntry(log.last_index + 1 + n, term, size=where + n) for n in range(count)]
            log.extend(entries)
            twin.update({entry.index: entry for entry in entries})
        elif kind == "truncate" and log.last_index > base:
            index = base + 1 + where % (log.last_index - base)
            log.truncate_from(index, base)
            twin = {i: entry for i, entry in twin.items() if i < index}
            term += 1
        elif kind == "compact":
            base = min(base + where, log.last_index)
            log.compact_to(base)
        log.check_invariants()
        assert log.last_index == max([*twin, 0])
        for index in range(log.first_index, log.last_index + 1):
            assert log.entry(index) == twin[index]
            assert log.term_at(index) == twin[index].term
        assert log.slice(log.first_index, log.last_index) == tuple(
            twin[index] for index in range(log.first_index, log.last_index + 1)
        )
        if len(log):
            _check_sizes(log, twin)


def _check_sizes(log: RaftLog, twin: dict[int, LogEntry]) -> None:
    for bound in (0, 7, 30):
        for first in range(log.first_index, log.last_index + 1):
            last = log.last_within(first, bound, 4)
            size = sum(twin[index].size for index in range(first, last + 1))
            assert last == first or size <= bound
            assert last - first < 4
            if last < log.last_index and last - first < 3:
                assert size + twin[last + 1].size > bound


def entries_of(*terms: int) -> list[LogEntry]:
    return [NoopEntry(index, term, 1) for index, term in enumerate(terms, 1)]


def test_the_first_conflict_is_where_terms_differ_or_the_log_ends() -> None:
    log = RaftLog(entries_of(1, 1, 2), 0, 0)
    assert log.first_conflict(entries_of(1, 1, 2)) == 3
    assert log.first_conflict(entries_of(1, 1, 3)) == 2
    assert log.first_conflict(entries_of(1, 1, 2, 2)) == 3
    assert log.first_conflict([NoopEntry(4, 2, 1)]) == 0
    assert log.first_conflict([]) == 0


def test_the_hint_skips_terms_that_cannot_match() -> None:
    log = RaftLog(entries_of(1, 1, 4, 4, 4), 0, 0)
    assert log.hint(9, 4) == (5, 4)
    assert log.hint(5, 3) == (2, 1)
    assert log.hint(4, 0) == (0, 0)


def test_up_to_date_goes_by_the_last_term_then_by_length() -> None:
    log = RaftLog(entries_of(1, 2, 2), 0, 0)
    assert log.is_up_to_date(3, 2)
    assert log.is_up_to_date(1, 3)
    assert not log.is_up_to_date(2, 2)
    assert not log.is_up_to_date(9, 1)
