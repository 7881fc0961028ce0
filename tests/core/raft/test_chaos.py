"""Long random runs: storm and calm take turns, then a random majority is mended, which must make progress."""

from collections import Counter

import pytest
from raft_sightings import SOMETIMES
from raft_storms import run

STEPS = 2_000


@pytest.mark.parametrize("first_seed", range(0, 160, 20))
def test_safety_in_the_storm_and_progress_after_it(first_seed: int) -> None:
    for seed in range(first_seed, first_seed + 20):
        run(seed, STEPS)


def test_every_hard_state_is_reached() -> None:
    reached: Counter[str] = Counter()
    for seed in range(40):
        reached.update(run(seed, STEPS).sometimes)
    assert [situation for situation in SOMETIMES if not reached[situation]] == []
