"""Seeds over processes: equal results in equal order, and a crash is one seed's result."""

import os

import pytest

from swarmsim.campaign import SeedResult, run_seeds


def square(seed: int) -> int:
    if seed == 13:
        raise ValueError("unlucky")
    return seed * seed


def die(seed: int) -> int:
    if seed == 2:
        os._exit(1)
    return seed


def test_results_come_in_order_of_seeds_whatever_the_jobs() -> None:
    alone = list(run_seeds(square, range(1, 20), jobs=1))
    assert alone == list(run_seeds(square, range(1, 20), jobs=2))
    assert [result.seed for result in alone] == list(range(1, 20))
    assert [result.result for result in alone[:3]] == [1, 4, 9]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_crash_is_told_with_its_seed_and_place(jobs: int) -> None:
    (crashed,) = [result for result in run_seeds(square, range(10, 16), jobs) if result.crash]
    assert crashed.seed == 13
    assert crashed.crash.startswith("ValueError: unlucky (test_campaign.py:")


def test_a_consumer_may_stop_early() -> None:
    first = next(iter(run_seeds(square, range(1, 1_000_000), jobs=2)))
    assert first == SeedResult(1, 1)


def test_a_worker_that_dies_is_reported() -> None:
    results = list(run_seeds(die, [1, 2, 3], jobs=2))
    assert [result.seed for result in results] == [1, 2, 3]
    assert "a worker process died" in results[1].crash


def test_no_jobs_at_all_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="0 jobs"):
        run_seeds(square, [1], jobs=0)
