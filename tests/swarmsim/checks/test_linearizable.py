"""Histories of writers that a client could live with, and such as no correct swarm shows."""

from collections.abc import Hashable
from typing import Any

import pytest
from fake_world import FakeWorld
from hypothesis import given
from hypothesis import strategies as st
from linearizability import NEVER_RETURNED, Operation, is_linearizable
from msgspec.structs import replace
from writer_histories import read, write

from core.facts import BegunAnew
from core.ids import NodeId
from core.trials.clients import WriteOutcome, WriterSample
from swarmsim.checks.linearizable import Linearizable

GOOD = {
    "a read after the write": [write("a", 0, 10, 5), read("a", 20, 30, 5, True)],
    "a read before the write": [read("a", 0, 5, 4, False), write("a", 6, 10, 5)],
    "a read beside the write sees it": [write("a", 0, 100, 5), read("a", 10, 20, 6, True)],
    "a read beside the write does not see it": [write("a", 0, 100, 5), read("a", 10, 20, 4, False)],
    "concurrent writes in either order": [write("a", 0, 100, 6), write("b", 10, 90, 5)],
    "an unknown write that happened": [write("a", 0, 10, 0, WriteOutcome.UNKNOWN), read("a", 20, 30, 7, True)],
    "an unknown write that did not": [write("a", 0, 10, 0, WriteOutcome.UNKNOWN), read("a", 20, 30, 7, False)],
    "an unknown write that happened late": [
        write("a", 0, 10, 0, WriteOutcome.UNKNOWN),
        read("a", 20, 30, 7, False),
        read("a", 40, 50, 9, True),
    ],
    "a refused write": [write("a", 0, 10, 0, WriteOutcome.REFUSED), read("a", 20, 30, 7, False)],
    "two reads at one index": [write("a", 0, 5, 3), read("a", 10, 20, 3, True), read("a", 30, 40, 3, True)],
}

BAD = {
    "a stale read": [write("a", 0, 10, 5), read("a", 20, 30, 4, False)],
    "a read that forgets": [write("a", 0, 10, 5), read("a", 20, 30, 6, False)],
    "a read of the future": [read("a", 0, 5, 6, True), write("a", 6, 10, 5)],
    "a read of a later index": [write("a", 0, 100, 7), read("a", 10, 20, 5, True)],
    "a refused write that happened": [write("a", 0, 10, 0, WriteOutcome.REFUSED), read("a", 20, 30, 7, True)],
    "a key that nobody wrote": [read("a", 20, 30, 7, True)],
    "one index for two writes": [write("a", 0, 10, 5), write("b", 0, 10, 5)],
    "a later write at an earlier index": [write("a", 0, 10, 5), write("b", 20, 30, 4)],
    "a later read at an earlier index": [write("a", 0, 10, 5), read("b", 20, 30, 4, False)],
    "an unknown write that comes and goes": [
        write("a", 0, 10, 0, WriteOutcome.UNKNOWN),
        read("a", 20, 30, 7, True),
        read("a", 40, 50, 8, False),
    ],
    "an unknown write that is there at one index and not at the next": [
        write("a", 0, 10, 0, WriteOutcome.UNKNOWN),
        read("a", 20, 30, 7, True),
        read("a", 20, 30, 8, False),
    ],
}


def violation_of(history: list[WriterSample]) -> str:
    check = Linearizable()
    check.judge(history)
    return check.violation.detail if check.violation is not None else ""


@pytest.mark.parametrize("name", GOOD)
def test_a_good_history_is_accepted(name: str) -> None:
    assert violation_of(GOOD[name]) == ""


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_is_rejected(name: str) -> None:
    assert violation_of(BAD[name])


@pytest.mark.parametrize("name", BAD)
def test_the_order_in_which_samples_come_does_not_matter(name: str) -> None:
    assert violation_of(BAD[name][::-1])


INTERVALS = st.tuples(st.integers(0, 30), st.integers(1, 30)).map(lambda drawn: (drawn[0], drawn[0] + drawn[1]))
OUTCOMES = st.sampled_from([WriteOutcome.ACKNOWLEDGED, WriteOutcome.UNKNOWN, WriteOutcome.REFUSED])


def by_search(write_at: tuple[int, int], outcome: WriteOutcome, reads: list[tuple[tuple[int, int], bool]]) -> bool:
    """What the search says of a register that is written at most once."""

    def register(state: Hashable, call: Any, answer: Any) -> tuple[bool, Hashable]:
        return (True, True) if call == "write" else (state == answer, state)

    history = [Operation(started, ended, "read", present) for (started, ended), present in reads]
    if outcome is not WriteOutcome.REFUSED:
        returned_at = write_at[1] if outcome is WriteOutcome.ACKNOWLEDGED else NEVER_RETURNED
        history.append(Operation(write_at[0], returned_at, "write", True))
    return is_linearizable(history, False, register)


@given(INTERVALS, OUTCOMES, st.lists(st.tuples(INTERVALS, st.booleans()), max_size=5))
def test_it_agrees_with_the_search_where_indexes_tell_nothing(
    write_at: tuple[int, int], outcome: WriteOutcome, reads: list[tuple[tuple[int, int], bool]]
) -> None:
    history = [write("a", *write_at, 0, outcome), *(read("a", *span, 0, present) for span, present in reads)]
    assert (violation_of(history) == "") == by_search(write_at, outcome, reads)


@pytest.mark.parametrize(("certain_index", "lost"), [(4, False), (5, True)])
def test_what_a_swarm_begun_anew_may_have_lost_is_left_out(certain_index: int, lost: bool) -> None:
    check = Linearizable()
    check.handlers()[BegunAnew](3, "m1", BegunAnew(NodeId("r"), 1_000, certain_index))
    for sample in (write("a", 0, 1, 5), read("a", 1, 2, 5, True), read("a", 4, 5, 1_003, False)):
        check.handlers()[WriterSample](sample.ended_at, "m1", sample)
    check.finish(FakeWorld("m1"))
    assert (check.violation is not None) is lost


@pytest.mark.parametrize(("host", "ended_at", "excused"), [("m2", 8, True), ("m1", 8, False), ("m2", 5, False)])
def test_what_is_not_found_where_a_lower_group_was_begun_apart_says_nothing(
    host: str, ended_at: int, excused: bool
) -> None:
    check = Linearizable()
    check.handlers()[BegunAnew](3, "m1", BegunAnew(NodeId("r"), 2_000, 4))
    check.handlers()[BegunAnew](6, "m2", BegunAnew(NodeId("s"), 1_000, 4))
    for sample in (write("a", 3, 4, 2_003), replace(read("a", 5, ended_at, 0, False), host=host)):
        check.handlers()[WriterSample](sample.ended_at, sample.host, sample)
    check.finish(FakeWorld("m1", "m2"))
    assert (check.violation is None) is excused
