"""What every storage promises a host (`core.ports.Storage`), held by the simulated and the real one alike."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from storage_benches import RealStorage, SimulatedStorage, StorageBench, failed, promised, write

from core.durability import Persisted

SEEDS = range(8)


@pytest.fixture(params=["simulated", "real"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def bench(kind: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StorageBench]:
    if kind == "simulated":
        yield SimulatedStorage(seed)
    else:
        storage = RealStorage(seed, tmp_path / "data", monkeypatch)
        yield storage
        storage.close()


def test_every_write_is_reported_in_order_and_never_within_the_call(bench: StorageBench) -> None:
    for number in (1, 2, 3):
        write(bench, number)
    assert not failed(bench)
    bench.settle()
    write(bench, 4, 5)
    bench.settle()
    tickets = [event.ticket for event in bench.heard if isinstance(event, Persisted)]
    assert tickets == sorted(set(tickets))
    assert tickets[-1] == 5
    assert len(tickets) == len(bench.heard)


def test_the_first_write_of_a_quiet_storage_is_not_reported_before_the_call_returns(bench: StorageBench) -> None:
    write(bench, 1)
    assert bench.heard == []
    bench.settle()
    assert bench.heard == [Persisted(bench.heard[0].ticket)]  # type: ignore[union-attr]


def test_a_power_failure_leaves_a_prefix_with_all_that_was_reported(bench: StorageBench, seed: int) -> None:
    rng, number = Random(seed), 0
    for _ in range(4):
        for _ in range(rng.randrange(6)):
            number += 1
            write(bench, number)
            if rng.random() < 0.3:
                bench.settle()
        durable = bench.lose_power()
        assert not durable.corrupt
        assert promised(bench) <= durable.raft.hard_state.term <= number


def test_what_was_settled_is_all_there(bench: StorageBench) -> None:
    write(bench, 1, 2, 3)
    bench.settle()
    assert bench.lose_power().raft.hard_state.term == 3


def test_once_a_write_has_failed_no_later_one_is_reported_as_durable(bench: StorageBench) -> None:
    write(bench, 1, 2)
    bench.settle()
    bench.break_down()
    write(bench, 3, 4)
    bench.settle()
    write(bench, 5)
    bench.settle()
    assert promised(bench) == 2
    assert failed(bench) == [3, 4, 5]


def test_a_new_life_writes_on_after_what_it_found(bench: StorageBench) -> None:
    write(bench, 1, 2)
    bench.settle()
    found = bench.lose_power().raft.hard_state.term
    write(bench, found + 1, found + 2)
    bench.settle()
    assert bench.lose_power().raft.hard_state.term == found + 2
