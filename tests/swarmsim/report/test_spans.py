"""Stretches of time from changes."""

from swarmsim.report.spans import Span, spans_of, state_at


def test_each_state_holds_until_the_next_change_and_the_last_to_the_end() -> None:
    assert spans_of([(1, "a"), (5, "b")], 9) == (Span("a", 1, 5), Span("b", 5, 9))


def test_states_of_no_duration_and_empty_ones_leave_no_trace() -> None:
    assert spans_of([(1, "a"), (3, "x"), (3, ""), (6, "b"), (9, "c")], 9) == (Span("a", 1, 3), Span("b", 6, 9))


def test_equal_neighbours_are_one() -> None:
    assert spans_of([(1, "a"), (3, "a"), (5, "b"), (5, "a")], 9) == (Span("a", 1, 9),)


def test_without_changes_there_is_nothing() -> None:
    assert spans_of([], 9) == ()
    assert state_at((), 3) == ""


def test_the_state_at_an_instant() -> None:
    spans = spans_of([(1, "a"), (5, "b")], 9)
    assert [state_at(spans, at_ns) for at_ns in (0, 1, 4, 5, 9)] == ["", "a", "a", "b", ""]
