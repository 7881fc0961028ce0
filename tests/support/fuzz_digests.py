"""Plays short fuzz schedules, each with the loss of a leader in it, and prints a digest of everything each run was.

A program of its own, so that tests can run it under different values of PYTHONHASHSEED: `fuzz_digests.py FIRST LAST`.
"""

import sys
from hashlib import blake2b

from msgspec.structs import replace

from core.timing import SECOND
from swarmsim.fuzz.drawing import draw
from swarmsim.fuzz.profiles import RAFT, SWARM, Profile
from swarmsim.play import play_simulated
from swarmsim.recording import encode
from swarmsim.scenario.plan import Scenario
from swarmsim.scenario.steps import Kill, Step
from swarmsim.scenario.targets import Group, HostGroup

SHORT = {
    profile.name: replace(profile, faulty_ns=6 * SECOND, calm_ns=9 * SECOND, worker_counts=workers)
    for profile, workers in ((RAFT, (0, 0)), (SWARM, (1, 2)))
}
LEADER_LOST = Step(2 * SECOND, Kill(Group(HostGroup.LEADER)), until_ns=4 * SECOND)


def scenario_of(seed: int) -> Scenario:
    """Fifteen seconds; every fourth seed is of the swarm profile."""
    profile: Profile = SHORT["swarm" if seed % 4 == 0 else "raft"]
    scenario = draw(profile, seed)
    timeline = sorted((*scenario.timeline, LEADER_LOST), key=lambda step: step.at_ns)
    return replace(scenario, timeline=tuple(timeline))


def digest_of(seed: int) -> str:
    """Of the whole recording, facts and all."""
    return blake2b(encode(play_simulated(scenario_of(seed), seed)), digest_size=8).hexdigest()


if __name__ == "__main__":
    for seed in range(int(sys.argv[1]), int(sys.argv[2]) + 1):
        sys.stdout.write(f"{seed} {digest_of(seed)}\n")
