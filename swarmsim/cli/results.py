"""What came of the runs of one scenario, as lines for a person or as JSON for a program."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from core.timing import SECOND
from swarmsim.campaign import SeedResult
from swarmsim.compose_files import argument_of
from swarmsim.counting import counted
from swarmsim.recording import Ruling, Verdict
from swarmsim.report.summary import RunSummary
from swarmsim.scenario.plan import Scenario
from swarmsim.scenario.warnings import unwise

_SIGN: Final = {Ruling.HELD: "held    ", Ruling.VIOLATED: "VIOLATED", Ruling.UNKNOWN: "unknown "}
_MAX_NAMED_SEEDS: Final = 10
EXIT_CODE: Final = {Ruling.HELD: 0, Ruling.VIOLATED: 1, Ruling.UNKNOWN: 2}


class SeedRuling(Struct, frozen=True):
    """One seed's outcome in the JSON output."""

    seed: int
    ruling: Ruling
    verdicts: tuple[Verdict, ...] = ()
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class ScenarioResults(Struct, frozen=True):
    """All seeds of one scenario; `ruling` is the worst: VIOLATED over UNKNOWN over HELD."""

    file: str
    scenario: str
    ruling: Ruling
    seeds: tuple[SeedRuling, ...]
    warnings: tuple[str, ...] = ()
    """What is unwise about the scenario."""


def results_of(scenario: Scenario, outcomes: Sequence[SeedResult[RunSummary]]) -> ScenarioResults:
    """Sum up the runs of a scenario."""
    seeds = tuple(_ruling_of(outcome) for outcome in outcomes)
    return ScenarioResults(
        scenario.file, scenario.name, worst([each.ruling for each in seeds]), seeds, unwise(scenario)
    )


def worst(rulings: Sequence[Ruling]) -> Ruling:
    """VIOLATED if any is, else UNKNOWN if any is (or there are none), else HELD."""
    for ruling in (Ruling.VIOLATED, Ruling.UNKNOWN):
        if ruling in rulings:
            return ruling
    return Ruling.HELD if rulings else Ruling.UNKNOWN


def _ruling_of(outcome: SeedResult[RunSummary]) -> SeedRuling:
    run = outcome.result
    if run is None:
        return SeedRuling(outcome.seed, Ruling.UNKNOWN, problems=(f"the run crashed: {outcome.crash}",))
    return SeedRuling(outcome.seed, run.ruling, run.verdicts, run.problems, run.remarks)


def lines_of(results: ScenarioResults, *, verbose: bool, quiet: bool) -> Iterator[str]:
    """The results for a person: every expectation of a single run, what went wrong of many, and the sum."""
    single = len(results.seeds) == 1
    if not quiet:
        yield f"{results.scenario} ({results.file})"
        yield from (f"  warning   {warning}" for warning in results.warnings)
    for seed in results.seeds:
        prefix = "  " if single else f"  seed {seed.seed}: "
        for verdict in seed.verdicts:
            wanted = verbose or (single and verdict.line > 0 and not quiet)
            if wanted or verdict.ruling is not Ruling.HELD:
                yield f"{prefix}{_SIGN[verdict.ruling]}  {verdict.name}{_when(verdict)}: {verdict.detail}"
        for problem in seed.problems:
            yield f"{prefix}problem   {problem}"
        if verbose or (single and not quiet):
            yield from (f"{prefix}note      {remark}" for remark in seed.remarks)
    if not quiet or results.ruling is not Ruling.HELD:
        yield f"  {summary(results)}"


def _when(verdict: Verdict) -> str:
    return "" if verdict.at_ns is None else f" [at {verdict.at_ns / SECOND:.3f} s]"


def summary(results: ScenarioResults) -> str:
    """One line: the ruling, and which seeds did not hold."""
    if len(results.seeds) == 1:
        [seed] = results.seeds
        judged = counted(len(seed.verdicts), "expectation or check", "expectations and checks")
        again = f"; again: swarmsim run {argument_of(results.file)} --seed {seed.seed} -v"
        replay = "" if seed.ruling is Ruling.HELD else again
        return f"{results.ruling.value}: seed {seed.seed}, {judged}{replay}"
    return f"{results.ruling.value}: {counted(len(results.seeds), 'seed')}, {_tally(results.seeds)}"


def progress_so_far(results: ScenarioResults, seed_count: int) -> str:
    """One line on a campaign that was interrupted: how many of its seeds are done, and their rulings."""
    tally = f": {_tally(results.seeds)}" if results.seeds else ""
    return f"{results.scenario}: {len(results.seeds)} of {counted(seed_count, 'seed')} done{tally}"


def _tally(results: Sequence[SeedRuling]) -> str:
    parts = []
    for ruling in Ruling:
        seeds = [each.seed for each in results if each.ruling is ruling]
        if seeds:
            parts.append(f"{len(seeds)} {ruling.value}{'' if ruling is Ruling.HELD else _named(seeds)}")
    return ", ".join(parts)


def _named(seeds: list[int]) -> str:
    rest = ", …" if len(seeds) > _MAX_NAMED_SEEDS else ""
    return f" ({'seed' if len(seeds) == 1 else 'seeds'} {', '.join(map(str, seeds[:_MAX_NAMED_SEEDS]))}{rest})"


def json_of(results: Sequence[ScenarioResults]) -> str:
    """The results for a program: a list with one object per scenario."""
    return msgspec.json.format(msgspec.json.encode(list(results)), indent=2).decode()
