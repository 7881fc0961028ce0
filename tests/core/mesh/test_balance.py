"""Round robin is even: whatever came and went before, no backend gets two connections more than another."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.mesh.balance import RoundRobin, is_even
from core.mesh.routes import Backend
from core.objects.port import PortConfig

NETWORK, SERVICE = NetworkId("front"), ServiceId("web")
KEY = ("service", NETWORK, SERVICE)
HERE, THERE = PortConfig(80, 8080), PortConfig(81, 8081)
rounds = st.lists(st.tuples(st.sets(st.integers(0, 9)), st.integers(0, 25)), max_size=8)


def backend(number: int) -> Backend:
    return Backend(NETWORK, SERVICE, TaskId(f"t{number}"), NodeId("n"), f"10.0.0.{number + 2}")


@given(rounds)
def test_connections_are_shared_out_evenly_from_change_to_change(history: list[tuple[set[int], int]]) -> None:
    turns = RoundRobin()
    for numbers, count in history:
        backends = [backend(number) for number in sorted(numbers)]
        chosen = Counter({each.task_id: 0 for each in backends})
        for _ in range(count):
            choice = turns.choose(KEY, backends)
            assert (choice is None) == (not backends)
            if choice is not None:
                chosen[choice.task_id] += 1
        assert is_even(chosen.values()), chosen


@given(rounds)
def test_points_of_balance_do_not_disturb_each_other(history: list[tuple[set[int], int]]) -> None:
    """The choices for one service are the same whether or not another is asked for in between."""
    alone, shared = RoundRobin(), RoundRobin()
    for numbers, count in history:
        backends = [backend(number) for number in sorted(numbers)]
        for _ in range(count):
            shared.choose(("service", NETWORK, "other"), backends)
            assert alone.choose(KEY, backends) == shared.choose(KEY, backends)


@given(st.lists(st.tuples(st.lists(st.booleans(), max_size=9), st.integers(0, 25)), max_size=8))
def test_a_published_port_is_shared_out_evenly_among_those_that_publish_it(history: list[Any]) -> None:
    """Others are passed over, and connections to them at another port are no turn at this one."""
    turns = RoundRobin()
    for publishing, count in history:
        backends = [replace(backend(number), ports=(HERE,) * here + (THERE,)) for number, here in enumerate(publishing)]
        chosen = Counter({each.task_id: 0 for each in backends if HERE in (each.ports or ())})
        for _ in range(count):
            choice = turns.choose(KEY, backends, HERE)
            assert (choice is None) == (not chosen)
            if choice is not None:
                assert choice.task_id in chosen
                chosen[choice.task_id] += 1
                turns.choose(KEY, backends, THERE)
        assert is_even(chosen.values()), chosen


@pytest.mark.parametrize(("given_out", "even"), [([], True), ([7], True), ([3, 4, 3], True), ([0, 2], False)])
def test_even_is_within_one(given_out: list[int], even: bool) -> None:
    assert is_even(given_out) is even
