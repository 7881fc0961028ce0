"""One run: a scenario, a seed, a simulated world. A pure function, so that a campaign may call it anywhere."""

from swarmsim.player.player import Options, Progress, play
from swarmsim.recording import Recording
from swarmsim.scenario.plan import Scenario
from swarmsim.worlds.simulated import SimulatedWorld


def play_simulated(
    scenario: Scenario, seed: int, options: Options | None = None, progress: Progress | None = None
) -> Recording:
    """Play a scenario in the simulator; what a host's own code raises comes through."""
    world = SimulatedWorld(scenario.cluster, scenario.images, seed)
    return play(world, scenario, seed, options, progress)
