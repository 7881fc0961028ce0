"""One run: a scenario, a seed, a simulated world. A pure function, so that a campaign may call it anywhere."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from swarmsim.player.player import Options, Progress, play
from swarmsim.recording import Recording
from swarmsim.scenario.plan import Scenario
from swarmsim.worlds.simulated import SimulatedWorld

_COLLECTING: Final = (50_000, 20, 100)
"""A run makes millions of small objects, nearly none of them in cycles: Python's own thresholds cost a fifth of it."""


def play_simulated(
    scenario: Scenario, seed: int, options: Options | None = None, progress: Progress | None = None
) -> Recording:
    """Play a scenario in the simulator; what a host's own code raises comes through."""
    with _collecting_rarely():
        world = SimulatedWorld(scenario.cluster, scenario.images, seed)
        return play(world, scenario, seed, options, progress)


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECTING)
    try:
        yield
    finally:
        gc.set_threshold(*before)
