"""`swarmsim run`: play scenarios in the simulator and judge what they expect."""

from collections.abc import Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from swarmsim.cli.completion import yaml_files
from swarmsim.cli.directories import directories_of, no_standard_output, require_writable
from swarmsim.cli.playing import Plays, played, plays_of
from swarmsim.cli.progress import progress_of
from swarmsim.cli.results import EXIT_CODE, ScenarioResults, json_of, lines_of, results_of, worst
from swarmsim.cli.seeds import parse_seeds
from swarmsim.cli.standard_input import check_read_once
from swarmsim.player.player import Options
from swarmsim.report.circumstances import Stopwatch
from swarmsim.report.files import write_report
from swarmsim.scenario.loader import load
from swarmsim.scenario.plan import Scenario
from swarmsim.yaml_source import SourceError, refuse


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
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Scenario files; - is stdin.", autocompletion=yaml_files)
    ],
    seed: Annotated[int | None, typer.Option(min=0, show_default="1", help="Play this seed.")] = None,
    seeds: Annotated[
        str | None, typer.Option(metavar="A..B", help="Play each of these seeds (or A alone) instead.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes to spread seeds and files over.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", callback=no_standard_output, help="Write a report there: HTML, Markdown, JSON."),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every verdict.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show only what went wrong.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Play scenarios and say whether their expectations held.

    Exit code 0: all held; 1: one did not; 2: could not tell, or bad input; 130: interrupted.
    """
    if seed is not None and seeds is not None:
        raise typer.BadParameter("--seed and --seeds exclude each other; use one of them")
    if quiet and verbose:
        raise typer.BadParameter("--quiet and --verbose exclude each other; use one of them")
    check_read_once(files)
    first = 1 if seed is None else seed
    chosen = parse_seeds(seeds) if seeds is not None else range(first, first + 1)
    settings = RunSettings(chosen, jobs, out is not None, verbose, quiet, json)
    scenarios = _loaded(files)  # all of them first, so that a mistake shows before any time is spent
    directories = _report_directories(files, out)
    plays = plays_of(scenarios, chosen, Options(record_facts=settings.record_facts), jobs)
    with closing(plays) if plays is not None else nullcontext():
        results = [_run_scenario(*each, settings, plays) for each in zip(scenarios, directories, strict=True)]
    if json:
        print(json_of(results))
    elif out is None and not quiet:
        print("for a report (HTML, Markdown, JSON), add --out DIR")
    raise typer.Exit(EXIT_CODE[worst([each.ruling for each in results])])


def _loaded(files: Sequence[Path]) -> list[Scenario]:
    """The scenarios of all files, or a complaint about everything that is wrong in any of them."""
    scenarios: list[Scenario] = []
    mistakes: list[SourceError] = []
    for file in files:
        try:
            scenarios.append(load(file))
        except SourceError as error:
            mistakes.extend(error.each)
    refuse(mistakes)
    return scenarios


def _report_directories(files: list[Path], out: Path | None) -> Sequence[Path | None]:
    if out is None:
        return [None] * len(files)
    directories = directories_of(files, out)
    for directory in directories:
        require_writable(directory)
    return directories


def _run_scenario(
    scenario: Scenario, directory: Path | None, settings: RunSettings, plays: Plays | None
) -> ScenarioResults:
    stopwatch = Stopwatch()
    options = Options(record_facts=settings.record_facts)
    unit = "simulated s" if plays is None and len(settings.seeds) == 1 else "seeds"
    with progress_of(scenario.name, unit, shown=not (settings.quiet or settings.json)) as advance:
        outcomes = played(scenario, settings.seeds, options, stopwatch, plays, advance)
    results = results_of(scenario, outcomes)
    if not settings.json:
        for line in lines_of(results, verbose=settings.verbose, quiet=settings.quiet):
            print(line)
    if directory is not None:
        write_report(directory, scenario, outcomes, stopwatch, settings.jobs)
        if not (settings.quiet or settings.json):
            print(f"  report: {directory / 'report.html'}")
    return results
