"""The arithmetic of majorities equals its naive twin."""

from hypothesis import given
from hypothesis import strategies as st

from core.raft.quorum import quorum_size, reached_by_quorum


@given(st.integers(1, 50))
def test_two_quorums_overlap_and_no_fewer_do(count: int) -> None:
    assert 2 * quorum_size(count) > count
    assert 2 * (quorum_size(count) - 1) <= count


@given(st.lists(st.integers(0, 6), min_size=1, max_size=9))
def test_what_a_quorum_reached_is_the_highest_value_with_enough_at_or_above(values: list[int]) -> None:
    naive = max(value for value in values if sum(other >= value for other in values) >= quorum_size(len(values)))
    assert reached_by_quorum(values) == naive


def test_nobody_reaches_nothing() -> None:
    assert reached_by_quorum([]) == 0
