"""Short fuzz schedules, each of which loses its leader first and then suffers faults of all kinds.

A program too, so that others can run it under different values of PYTHONHASHSEED: `short_schedules.py FIRST LAST`
prints for each seed who led and was killed, and digests of the recording and of the bytes of its `report.json`.
"""

import sys
from collections.abc import Iterable
from hashlib import blake2b

from msgspec import Struct
from msgspec.structs import replace

from core.timing import MS, SECOND
from swarmsim.campaign import SeedResult
from swarmsim.fuzz.drawing import draw
from swarmsim.fuzz.profiles import RAFT, SWARM, Profile
from swarmsim.play import play_simulated
from swarmsim.recording import Recording, encode
from swarmsim.report.document import json_of
from swarmsim.report.report import report_of
from swarmsim.report.summary import summarise
from swarmsim.scenario.plan import Scenario
from swarmsim.scenario.steps import Kill, Step, verb_of
from swarmsim.scenario.targets import Group, HostGroup

SHORT = {
    profile.name: replace(profile, faulty_ns=6 * SECOND, calm_ns=9 * SECOND, worker_counts=workers)
    for profile, workers in ((RAFT, (0, 0)), (SWARM, (1, 2)))
}
LEADER_LOST = Step(500 * MS, Kill(Group(HostGroup.LEADER)), until_ns=2500 * MS, text="kill: leader")
HEAD_START_NS = SECOND
"""All that was drawn comes so much later: nothing can have taken the leader before it is killed."""


class Outcome(Struct, frozen=True):
    """What came of one seed."""

    seed: int
    killed: str
    """The host that led and was killed."""
    recording: str
    report: str
    """Digests."""


def scenario_of(seed: int) -> Scenario:
    """Fifteen seconds; every fourth seed is of the swarm profile."""
    profile: Profile = SHORT["swarm" if seed % 4 == 0 else "raft"]
    scenario = draw(profile, seed)
    return replace(scenario, timeline=(LEADER_LOST, *(_later(step) for step in scenario.timeline)))


def _later(step: Step) -> Step:
    until_ns = None if step.until_ns is None else step.until_ns + HEAD_START_NS
    return replace(step, at_ns=step.at_ns + HEAD_START_NS, until_ns=until_ns)


def outcome_of(seed: int) -> Outcome:
    """Play a seed, facts and all, and make its report."""
    scenario = scenario_of(seed)
    recording = play_simulated(scenario, seed)
    report = report_of(scenario, [SeedResult(seed, summarise(recording))], "")
    return Outcome(seed, killed_leader(recording), _digest(encode(recording)), _digest(json_of(report)))


def killed_leader(recording: Recording) -> str:
    """Who was killed as planned; AssertionError unless that was one host, which led."""
    [kill] = [band for band in recording.faults if band.from_ns == LEADER_LOST.at_ns]
    led = [fact.host for fact in recording.facts if fact.kind == "leading" and fact.at_ns < kill.from_ns]
    assert kill.verb == verb_of(LEADER_LOST.action)
    assert kill.hosts == (led[-1],), f"{kill.hosts} were killed, while {led[-1]} led"
    return led[-1]


def outcomes_in(lines: Iterable[str]) -> list[Outcome]:
    """What the program has printed."""
    return [Outcome(int(seed), *rest) for seed, *rest in (line.split() for line in lines)]


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


if __name__ == "__main__":
    for each in map(outcome_of, range(int(sys.argv[1]), int(sys.argv[2]) + 1)):
        print(each.seed, each.killed, each.recording, each.report, flush=True)
