"""A host that spins is noticed; one that is busy is not."""

import pytest

from core.raft.events import Tick
from swarmsim.worlds.pace import MOST_STEPS, WINDOW_NS, HostSpinsError, Pace


def test_a_busy_host_is_left_alone() -> None:
    pace = Pace()
    for step in range(3 * MOST_STEPS):
        pace.step(step * WINDOW_NS // MOST_STEPS, "m1", Tick())


def test_a_host_that_is_called_without_end_is_noticed() -> None:
    pace = Pace()
    for step in range(MOST_STEPS):
        pace.step(step, "m1", Tick())
    with pytest.raises(HostSpinsError, match="m1 took 20001 steps within 100 ms, the last one for Tick"):
        pace.step(MOST_STEPS, "m1", Tick())
