"""`swarmsim run`: play scenarios in the simulator and judge what they expect."""

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from core.timing import SECOND
from swarmsim.campaign import SeedResult, run_seeds
from swarmsim.cli.directories import directories_of, require_writable
from swarmsim.cli.progress import Advance, progress_of
from swarmsim.cli.results import EXIT_CODE, ScenarioResults, json_of, lines_of, progress_so_far, results_of, worst
from swarmsim.cli.seeds import parse_seeds
from swarmsim.play import play_simulated
from swarmsim.player.player import Options, Progress
from swarmsim.report.circumstances import Stopwatch
from swarmsim.report.files import write_report
from swarmsim.report.summary import RunSummary, summarise
from swarmsim.scenario.loader import load
from swarmsim.scenario.plan import Scenario


class RunSettings(Struct, frozen=True):
    """What the options amount to."""

    seeds: range
    jobs: int
    record_facts: bool
    """What led to what takes facts, and only a report tells it."""
    verbose: bool
    quiet: bool
    json: bool


def run(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scenario files.")],
    seed: Annotated[int | None, typer.Option(min=0, show_default="1", help="Play this seed.")] = None,
    seeds: Annotated[str, typer.Option(metavar="A..B", help="Play each of these seeds instead.")] = "",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes to spread seeds over.")] = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write a report there: HTML, Markdown, JSON.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every verdict.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show only what went wrong.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Play scenarios and say whether their expectations held.

    Exit code 0: all held; 1: one did not; 2: could not tell, or bad input; 130: interrupted.
    """
    if seed is not None and seeds:
        raise typer.BadParameter("--seed and --seeds exclude each other; use one of them")
    if quiet and verbose:
        raise typer.BadParameter("--quiet and --verbose exclude each other; use one of them")
    first = 1 if seed is None else seed
    chosen = parse_seeds(seeds) if seeds else range(first, first + 1)
    settings = RunSettings(chosen, jobs, out is not None, verbose, quiet, json)
    scenarios = [load(file) for file in files]  # all of them first, so that a mistake shows before any time is spent
    directories = _report_directories(files, out)
    results = [_run_scenario(*each, settings) for each in zip(scenarios, directories, strict=True)]
    if json:
        print(json_of(results))
    raise typer.Exit(EXIT_CODE[worst([each.ruling for each in results])])


def _report_directories(files: list[Path], out: Path | None) -> Sequence[Path | None]:
    if out is None:
        return [None] * len(files)
    directories = directories_of(files, out)
    for directory in directories:
        require_writable(directory)
    return directories


def _run_scenario(scenario: Scenario, directory: Path | None, settings: RunSettings) -> ScenarioResults:
    stopwatch = Stopwatch()
    with progress_of(scenario.name, shown=not (settings.quiet or settings.json)) as advance:
        outcomes = _played(scenario, settings, advance)
    results = results_of(scenario, outcomes)
    if not settings.json:
        for line in lines_of(results, verbose=settings.verbose, quiet=settings.quiet):
            print(line)
    if directory is not None:
        write_report(directory, scenario, outcomes, stopwatch, settings.jobs)
        if not (settings.quiet or settings.json):
            print(f"  report: {directory / 'report.html'}")
    return results


def _played(scenario: Scenario, settings: RunSettings, advance: Advance) -> list[SeedResult[RunSummary]]:
    outcomes: list[SeedResult[RunSummary]] = []
    try:
        for outcome in _outcomes(scenario, settings, advance):
            outcomes.append(outcome)  # noqa: PERF402 - what was finished must outlive an interruption
    except KeyboardInterrupt:
        print(progress_so_far(results_of(scenario, outcomes), len(settings.seeds)), file=sys.stderr)
        raise
    return outcomes


def _outcomes(scenario: Scenario, settings: RunSettings, advance: Advance) -> Iterator[SeedResult[RunSummary]]:
    play = partial(_play, scenario, Options(record_facts=settings.record_facts))
    if len(settings.seeds) == 1:
        watched = partial(play, progress=lambda at_ns, end_ns: advance(at_ns // SECOND, end_ns // SECOND))
        yield from run_seeds(watched, settings.seeds)
        return
    for done, outcome in enumerate(run_seeds(play, settings.seeds, settings.jobs), start=1):
        advance(done, len(settings.seeds))
        yield outcome


def _play(scenario: Scenario, options: Options, seed: int, progress: Progress | None = None) -> RunSummary:
    """One seed in whatever process: a recording is large, so its summary is all that leaves it."""
    return summarise(play_simulated(scenario, seed, options, progress))
