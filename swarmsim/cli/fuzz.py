"""`swarmsim fuzz`: random clusters, workloads and faults, until something is violated."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from core.suggestions import what_there_is
from swarmsim.campaign import SeedResult
from swarmsim.cli.completion import profiles
from swarmsim.cli.directories import no_standard_output, require_writable
from swarmsim.cli.progress import Advance, progress_of
from swarmsim.cli.seeds import parse_seeds
from swarmsim.counting import counted
from swarmsim.fuzz.engine import Failure, FuzzReport, FuzzRun, unreached
from swarmsim.fuzz.engine import fuzz as fuzz_campaign
from swarmsim.fuzz.profiles import ALL, PROFILES

_PROFILES = ", ".join((*PROFILES, ALL))


def fuzz(
    seeds: Annotated[str, typer.Option(metavar="A..B", help="Draw a scenario from each of these seeds (or A alone).")],
    profile: Annotated[str, typer.Option(help=f"What is drawn: {_PROFILES}.", autocompletion=profiles)] = ALL,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes to spread seeds over.")] = 1,
    out: Annotated[
        Path, typer.Option(metavar="DIR", callback=no_standard_output, help="Where to write a failure.")
    ] = Path("fuzz-failure"),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show only what went wrong.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    require_coverage: Annotated[
        bool, typer.Option("--require-coverage", help="Fail unless every hard state of the profile was reached.")
    ] = False,
) -> None:
    """Search for a schedule that breaks a promise, and write it as a scenario that replays exactly.

    Exit code 0: none found; 1: found one; 2: bad input, in no seed could everything be judged, or a hard state that
    had to be reached was not; 130: interrupted.
    """
    chosen = parse_seeds(seeds)
    if profile not in (*PROFILES, ALL):
        known = what_there_is(profile, (*PROFILES, ALL))
        raise typer.BadParameter(f"{profile!r} is not a profile{known}", param_hint="--profile")
    require_writable(out)
    with progress_of(f"fuzz {profile}", "seeds", shown=not (quiet or json)) as advance:
        report = _searched(profile, chosen, jobs, advance)
    if json:
        print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    elif not quiet:
        print("\n".join(_coverage_lines(report)))
    if report.failure is not None:
        print("\n".join(_written(report.failure, out)), file=sys.stderr if json else sys.stdout)
        raise typer.Exit(1)
    if report.undecided:
        print("in no seed could everything that is expected be judged", file=sys.stderr)
        raise typer.Exit(2)
    if require_coverage and (never := unreached(report)):
        print(f"never reached: {', '.join(never)}", file=sys.stderr)
        raise typer.Exit(2)


def _searched(profile: str, seeds: range, jobs: int, advance: Advance) -> FuzzReport:
    done_count = 0

    def note(outcome: SeedResult[FuzzRun]) -> None:
        nonlocal done_count
        done_count += outcome.result is not None and not outcome.result.violations
        advance(outcome.seed - seeds.start + 1, len(seeds))

    try:
        return fuzz_campaign(profile, seeds, jobs, note)
    except KeyboardInterrupt:
        print(f"{done_count} of {counted(len(seeds), 'seed')} done, no violation in them", file=sys.stderr)
        raise


def _coverage_lines(report: FuzzReport) -> Iterator[str]:
    yield f"{counted(report.seed_count, 'seed')} of profile {report.profile}, {counted(report.checked_count, 'check')}"
    if report.undecided_count:
        yield f"  in {counted(report.undecided_count, 'seed')} some expectation could not be judged"
    if report.unplayed:
        steps = counted(sum(report.unplayed.values()), "step")
        verbs = ", ".join(f"{verb} {count}" for verb, count in report.unplayed.items())
        yield f"  in {counted(report.unplayed_seed_count, 'seed')} {steps} could not be played: {verbs}"
    yield "  seeds that reached each hard state:"
    for situation, seed_count in report.situations.items():
        yield f"    {seed_count:6}  {situation}{'' if seed_count else '  (never)'}"
    yield "  steps played: " + ", ".join(f"{verb} {count}" for verb, count in report.steps.items())
    if report.failure is None:
        yield f"no violation found in {counted(report.seed_count, 'seed')}"


def _written(failure: Failure, out: Path) -> Iterator[str]:
    out.mkdir(parents=True, exist_ok=True)
    for name, content in failure.files.items():
        (out / name).write_text(content, encoding="utf-8")
    yield f"seed {failure.seed} failed:"
    for reason in failure.reasons:
        yield f"  {reason}"
    yield f"again: swarmsim run {out / failure.file} --seed {failure.seed} -v"
    yield f"violation found in seed {failure.seed}"
