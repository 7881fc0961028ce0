"""What nobody waits for any more is forgotten, whichever way is the shortest."""

from hypothesis import given
from hypothesis import strategies as st

from core.raft.sessions import forget_settled


@given(st.integers(0, 20), st.integers(0, 20), st.sets(st.integers(0, 60)))
def test_forgetting_equals_its_naive_twin(settled_below: int, more_count: int, sequences: set[int]) -> None:
    table = {sequence: str(sequence) for sequence in sorted(sequences) if sequence >= settled_below}
    below = settled_below + more_count
    naive = {sequence: result for sequence, result in table.items() if sequence >= below}
    forget_settled(table, settled_below, below)
    assert table == naive
