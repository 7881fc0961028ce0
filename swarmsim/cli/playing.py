"""Scenarios with seeds, played in this process or over several, with equal results in equal order."""

import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from msgspec import Struct

from core.timing import SECOND
from swarmsim.campaign import Results, SeedResult, run_all
from swarmsim.cli.progress import Advance
from swarmsim.cli.results import progress_so_far, results_of
from swarmsim.play import play_simulated
from swarmsim.player.player import Options, Progress
from swarmsim.report.circumstances import Stopwatch
from swarmsim.report.summary import RunSummary, summarise
from swarmsim.scenario.plan import Scenario


class Played(Struct, frozen=True):
    """One seed's run, and what it cost."""

    summary: RunSummary
    cpu_s: float


Plays = Iterator[SeedResult[Played]]


def plays_of(scenarios: Sequence[Scenario], seeds: range, options: Options, jobs: int) -> Results[Played] | None:
    """Every seed of every scenario in order, over one set of processes; None if one process is enough."""
    if jobs == 1 or len(scenarios) * len(seeds) == 1:
        return None
    return run_all(((partial(_play, scenario, options), seed) for scenario in scenarios for seed in seeds), jobs)


def played(
    scenario: Scenario, seeds: range, options: Options, stopwatch: Stopwatch, plays: Plays | None, advance: Advance
) -> list[SeedResult[RunSummary]]:
    """One scenario's runs: the next of `plays`, or in this process."""
    outcomes: list[SeedResult[RunSummary]] = []
    try:
        for done, outcome in enumerate(_next(scenario, seeds, options, plays, advance), start=1):
            if len(seeds) > 1:
                advance(done, len(seeds))
            stopwatch.add_cpu(outcome.result.cpu_s if outcome.result is not None else 0.0)
            summary = outcome.result.summary if outcome.result is not None else None
            outcomes.append(SeedResult(outcome.seed, summary, outcome.crash))
    except KeyboardInterrupt:
        print(progress_so_far(results_of(scenario, outcomes), len(seeds)), file=sys.stderr)
        raise
    return outcomes


def _next(scenario: Scenario, seeds: range, options: Options, plays: Plays | None, advance: Advance) -> Plays:
    if plays is not None:
        return islice(plays, len(seeds))
    play = partial(_play, scenario, options)
    if len(seeds) == 1:
        play = partial(play, progress=lambda at_ns, end_ns: advance(at_ns // SECOND, end_ns // SECOND))
    return run_all((play, seed) for seed in seeds)


def _play(scenario: Scenario, options: Options, seed: int, progress: Progress | None = None) -> Played:
    """One seed in whatever process: a recording is large, so its summary is all that leaves it."""
    began_s = time.process_time()
    summary = summarise(play_simulated(scenario, seed, options, progress))
    return Played(summary, time.process_time() - began_s)
