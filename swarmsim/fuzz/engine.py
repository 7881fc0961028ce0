"""Plays drawn scenarios seed by seed until one shows a violation, and sums up which hard states were reached."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from msgspec import Struct

from core.timing import SECOND
from swarmsim.campaign import SeedResult, run_seeds
from swarmsim.checks.situations import OF_FORCE, OF_JOBS, OF_SERVICES, SITUATIONS
from swarmsim.fuzz.drawing import draw, file_name
from swarmsim.fuzz.profiles import PROFILES, Profile, profile_of
from swarmsim.play import play_simulated
from swarmsim.player.player import Options
from swarmsim.recording import Recording, Ruling, Verdict
from swarmsim.scenario.step_language import VERBS

_STEP: Final = re.compile(r"^(?:line \d+: )?([a-z-]+)")
BEFORE_ALL_STEPS: Final = "forming the swarm or deploying to it"
"""What is counted where a run has a problem with none of its steps."""
OPTIONS = Options(sample_ns=SECOND, stop_at_violation=True, record_facts=False)


class FuzzRun(Struct, frozen=True):
    """What came of one seed. `steps` counts the steps played, by verb."""

    seed: int
    scenario: str
    manager_count: int
    violations: tuple[Verdict, ...]
    unknown: tuple[Verdict, ...]
    problems: tuple[str, ...]
    situations: dict[str, int]
    steps: dict[str, int]
    checked_count: int


class Failure(Struct, frozen=True):
    """A seed with a violation, and the files that replay it: `swarmsim run FILE --seed SEED`."""

    seed: int
    reasons: tuple[str, ...]
    file: str
    files: dict[str, str]
    """Contents by name, the scenario's own among them."""


class FuzzReport(Struct, frozen=True):
    """A whole campaign: what was reached in how many seeds, and the first failure if there was one."""

    profile: str
    seed_count: int
    checked_count: int
    undecided_count: int
    """Seeds in which some expectation could not be judged."""
    unplayed_seed_count: int
    """Seeds whose schedule could not be played as it was drawn."""
    unplayed: dict[str, int]
    """Steps that could not be played (their target was not there, the world or the swarm refused), by verb."""
    situations: dict[str, int]
    """Seeds that reached each hard state."""
    steps: dict[str, int]
    """Steps played, by verb."""
    failure: Failure | None

    @property
    def undecided(self) -> bool:
        """Whether it ended without any seed in which everything could be judged, and without a failure."""
        return self.failure is None and self.undecided_count == self.seed_count


def fuzz_seed(profile_name: str, seed: int) -> FuzzRun:
    """Draw and play one seed."""
    profile = profile_of(profile_name, seed)
    scenario = draw(profile, seed)
    recording = play_simulated(scenario, seed, OPTIONS)
    return FuzzRun(
        seed=seed,
        scenario=scenario.text,
        manager_count=scenario.cluster.manager_count,
        violations=_with(recording, Ruling.VIOLATED),
        unknown=_with(recording, Ruling.UNKNOWN),
        problems=recording.problems,
        situations=recording.situations,
        steps=dict(Counter(band.verb for band in recording.faults)),
        checked_count=sum(verdict.checked_count for verdict in recording.verdicts),
    )


def fuzz(
    profile_name: str,
    seeds: Iterable[int],
    jobs: int = 1,
    progress: Callable[[SeedResult[FuzzRun]], None] | None = None,
) -> FuzzReport:
    """Seed after seed, until the first failure; the same report for any number of jobs."""
    situations: Counter[str] = Counter()
    played: Counter[str] = Counter()
    unplayed: Counter[str] = Counter()
    seed_count = checked_count = undecided_count = unplayed_seed_count = 0
    failure: Failure | None = None
    for outcome in run_seeds(partial(fuzz_seed, profile_name), seeds, jobs):
        if progress is not None:
            progress(outcome)
        seed_count += 1
        run = outcome.result
        if run is not None:
            checked_count += run.checked_count
            undecided_count += bool(run.unknown)
            unplayed_seed_count += bool(run.problems)
            unplayed.update(verb_in(problem) for problem in run.problems)
            situations.update({name: int(count > 0) for name, count in run.situations.items()})
            played.update(run.steps)
        failure = failure_of(profile_name, outcome)
        if failure is not None:
            break
    return FuzzReport(
        profile_name,
        seed_count,
        checked_count,
        undecided_count,
        unplayed_seed_count,
        dict(sorted(unplayed.items())),
        dict(situations),
        dict(sorted(played.items())),
        failure,
    )


def failure_of(profile_name: str, outcome: SeedResult[FuzzRun]) -> Failure | None:
    """What to tell of a seed that went wrong; None for one that did not."""
    run = outcome.result
    if run is not None and not run.violations:
        return None
    profile = profile_of(profile_name, outcome.seed)
    name = file_name(profile, outcome.seed)
    reasons = (outcome.crash,) if run is None else tuple(f"{each.name}: {each.detail}" for each in run.violations)
    text = draw(profile, outcome.seed).text
    return Failure(
        outcome.seed, reasons, name, {name: text, **(profile.stack.files if profile.stack is not None else {})}
    )


def unreached(report: FuzzReport) -> tuple[str, ...]:
    """The hard states that no seed reached, of those that the profile can reach."""
    profiles = [profile_of(report.profile, seed) for seed in range(len(PROFILES))]
    beyond = set.intersection(*(_out_of_reach(profile) for profile in profiles))
    return tuple(name for name in SITUATIONS if not report.situations.get(name) and name not in beyond)


def _out_of_reach(profile: Profile) -> set[str]:
    stack = profile.stack
    of_stack = (*stack.out_of_reach, *OF_FORCE) if stack is not None else (*OF_SERVICES, *OF_JOBS)
    return {*of_stack, *(() if profile.timing.raft.pre_vote else ("pre-vote-refused",))}


def verb_in(problem: str) -> str:
    """Of the step that a problem of a run is about; what goes before all steps has a name of its own."""
    verbs = (word for word in _STEP.findall(problem) if word in VERBS)
    return next(verbs, BEFORE_ALL_STEPS)


def _with(recording: Recording, ruling: Ruling) -> tuple[Verdict, ...]:
    return tuple(verdict for verdict in recording.verdicts if verdict.ruling is ruling)
