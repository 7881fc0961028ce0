"""A report: one scenario, the seeds it was played with, their figures side by side, and one run in full."""

import hashlib
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

import msgspec
from msgspec import Struct

from swarmsim.campaign import SeedResult
from swarmsim.compose_files import argument_of
from swarmsim.recording import Ruling
from swarmsim.report.figures import Distribution, distributions
from swarmsim.report.story import Paragraph, headline, story_of
from swarmsim.report.summary import RunSummary
from swarmsim.report.tally import SituationTally, VerdictTally, situation_tallies, verdict_tallies
from swarmsim.scenario.plan import NetworkPlan, Scenario

FORMAT_VERSION: Final = 1


class StackDigest(Struct, frozen=True):
    """A stack that was deployed, and the SHA-256 of what its files were read as."""

    name: str
    file: str
    """Its Compose file; several are named with ` + ` between them."""
    sha256: str


class Header(Struct, frozen=True):
    """What was played."""

    scenario: str
    purpose: str
    file: str
    """As given if relative, else its name: no path of any machine."""
    text: str
    text_sha256: str
    stacks: tuple[StackDigest, ...]
    manager_count: int
    worker_count: int
    timing: str
    network: NetworkPlan
    end_ns: int
    swarmsim_version: str


class SeedLine(Struct, frozen=True):
    """One seed's result."""

    seed: int
    ruling: Ruling
    violated: tuple[str, ...]
    """Names of the verdicts that were violated or could not be reached."""
    problems: tuple[str, ...]
    replay: str


class Report(Struct, frozen=True):
    """A pure function of scenario, seeds and code."""

    format_version: int
    ruling: Ruling
    headline: str
    header: Header
    seeds: tuple[SeedLine, ...]
    distributions: tuple[Distribution, ...]
    """This and the tallies: only for several seeds."""
    verdicts: tuple[VerdictTally, ...]
    situations: tuple[SituationTally, ...]
    story: tuple[Paragraph, ...]
    """The shown run in sentences."""
    shown: RunSummary | None
    """The first run that was violated, else the first that could not be judged, else the first; None if all crashed."""


def report_of(scenario: Scenario, outcomes: Sequence[SeedResult[RunSummary]], version: str) -> Report:
    """The report on these seeds of one scenario."""
    header = _header(scenario, version)
    runs = [outcome.result for outcome in outcomes if outcome.result is not None]
    shown = min(runs, key=lambda run: _SEVERITY[run.ruling], default=None)
    lines = tuple(_seed_line(outcome, header.file) for outcome in outcomes)
    several = runs if len(outcomes) > 1 else []
    ruling = min((line.ruling for line in lines), key=_SEVERITY.__getitem__, default=Ruling.UNKNOWN)
    return Report(
        format_version=FORMAT_VERSION,
        ruling=ruling,
        headline=headline([line.ruling for line in lines]),
        header=header,
        seeds=lines,
        distributions=distributions((run.seed, run.figures) for run in several),
        verdicts=verdict_tallies(several),
        situations=situation_tallies(several),
        story=story_of(shown) if shown is not None else (),
        shown=shown,
    )


_SEVERITY: Final = {Ruling.VIOLATED: 0, Ruling.UNKNOWN: 1, Ruling.HELD: 2}


def _header(scenario: Scenario, version: str) -> Header:
    path = PurePath(scenario.file)
    return Header(
        scenario=scenario.name,
        purpose=" ".join(scenario.purpose.split()),
        file=path.name if path.is_absolute() else path.as_posix(),
        text=scenario.text,
        text_sha256=hashlib.sha256(scenario.text.encode()).hexdigest(),
        stacks=tuple(
            StackDigest(plan.name, " + ".join(plan.files), hashlib.sha256(msgspec.json.encode(plan.stack)).hexdigest())
            for plan in scenario.deploy
        ),
        manager_count=scenario.cluster.manager_count,
        worker_count=scenario.cluster.worker_count,
        timing=scenario.cluster.timing,
        network=scenario.cluster.network,
        end_ns=scenario.end_ns,
        swarmsim_version=version,
    )


def _seed_line(outcome: SeedResult[RunSummary], file: str) -> SeedLine:
    replay = f"swarmsim run {argument_of(file)} --seed {outcome.seed} -v"
    run = outcome.result
    if run is None:
        return SeedLine(outcome.seed, Ruling.UNKNOWN, (), (f"the run crashed: {outcome.crash}",), replay)
    failed = tuple(verdict.name for verdict in run.verdicts if verdict.ruling is not Ruling.HELD)
    return SeedLine(outcome.seed, run.ruling, failed, run.problems, replay)
