"""The search for an order of operations agrees with trying all orders, and rejects histories made by hand."""

from itertools import combinations, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linearizability import NEVER_RETURNED, Operation, is_linearizable


def register(state: Any, call: Any, outcome: Any) -> tuple[bool, Any]:
    """Calls are ("read",), ("write", value) and ("cas", expected, value); a cas answers whether it did it."""
    match call:
        case ("read",):
            return outcome is None or outcome == state, state
        case ("write", value):
            return True, value
        case ("cas", expected, value):
            done = state == expected
            return outcome is None or outcome == done, value if done else state
    raise AssertionError(call)


def by_brute_force(history: list[Operation]) -> bool:
    """Every subset of the unknown operations, in every order."""
    known = [operation for operation in history if not operation.is_unknown]
    unknown = [operation for operation in history if operation.is_unknown]
    return any(
        _explains(order)
        for count in range(len(unknown) + 1)
        for chosen in combinations(unknown, count)
        for order in permutations([*known, *chosen])
    )


def _explains(order: tuple[Operation, ...]) -> bool:
    state: Any = 0
    for position, operation in enumerate(order):
        if any(later.returned_at < operation.invoked_at for later in order[position + 1 :]):
            return False
        possible, state = register(state, operation.call, None if operation.is_unknown else operation.outcome)
        if not possible:
            return False
    return True


CALLS = st.one_of(
    st.just(("read",)),
    st.tuples(st.just("write"), st.integers(1, 3)),
    st.tuples(st.just("cas"), st.integers(0, 3), st.integers(1, 3)),
)


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    invoked_at = draw(st.integers(0, 8))
    call = draw(CALLS)
    if call[0] != "read" and draw(st.integers(0, 3)) == 0:
        return Operation(invoked_at, NEVER_RETURNED, call)
    outcome = {"read": st.integers(0, 3), "write": st.none(), "cas": st.booleans()}[call[0]]
    return Operation(invoked_at, invoked_at + draw(st.integers(0, 5)), call, draw(outcome))


@given(st.lists(operations(), max_size=5))
def test_the_search_agrees_with_brute_force(history: list[Operation]) -> None:
    assert is_linearizable(history, 0, register) == by_brute_force(history)


BAD = {
    "a read of what was overwritten": [
        Operation(0, 1, ("write", 1)),
        Operation(2, 3, ("write", 2)),
        Operation(4, 5, ("read",), 1),
    ],
    "a read that goes back": [
        Operation(0, 9, ("write", 1)),
        Operation(1, 2, ("read",), 1),
        Operation(3, 4, ("read",), 0),
    ],
    "a read of what was never written": [Operation(0, 1, ("write", 1)), Operation(2, 3, ("read",), 2)],
    "two winners of one comparison": [
        Operation(0, 5, ("cas", 0, 1), True),
        Operation(0, 5, ("cas", 0, 2), True),
    ],
    "an unknown write seen, then unseen": [
        Operation(0, NEVER_RETURNED, ("write", 1)),
        Operation(1, 2, ("read",), 1),
        Operation(3, 4, ("read",), 0),
    ],
    "an unknown write seen before it was asked for": [
        Operation(0, 1, ("read",), 1),
        Operation(2, NEVER_RETURNED, ("write", 1)),
    ],
}
GOOD = {
    "nothing": [],
    "an unknown write that happened late": [
        Operation(0, NEVER_RETURNED, ("write", 1)),
        Operation(1, 2, ("read",), 0),
        Operation(8, 9, ("read",), 1),
    ],
    "an unknown write that never happened": [
        Operation(0, NEVER_RETURNED, ("write", 1)),
        Operation(1, 2, ("read",), 0),
    ],
    "overlapping writes in either order": [
        Operation(0, 5, ("write", 1)),
        Operation(0, 5, ("write", 2)),
        Operation(6, 7, ("read",), 1),
    ],
}


@pytest.mark.parametrize("history", BAD.values(), ids=BAD)
def test_a_bad_history_is_rejected(history: list[Operation]) -> None:
    assert not is_linearizable(history, 0, register)


@pytest.mark.parametrize("history", GOOD.values(), ids=GOOD)
def test_a_good_history_passes(history: list[Operation]) -> None:
    assert is_linearizable(history, 0, register)
