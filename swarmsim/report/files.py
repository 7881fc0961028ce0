"""Writes a report into a directory: `report.html`, `report.md`, `report.json`, and `run.json` with what varies."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from core.timing import SECOND
from swarmsim.campaign import SeedResult
from swarmsim.product import package_version
from swarmsim.report import circumstances, document
from swarmsim.report.circumstances import Stopwatch
from swarmsim.report.markdown import markdown_of
from swarmsim.report.page import html_of
from swarmsim.report.report import Report, report_of
from swarmsim.report.summary import RunSummary
from swarmsim.scenario.plan import Scenario


def write_report(
    directory: Path,
    scenario: Scenario,
    outcomes: Sequence[SeedResult[RunSummary]],
    stopwatch: Stopwatch,
    jobs: int,
) -> Report:
    """Write all four files, over those of an earlier run. Raises OSError if that cannot be done."""
    report = report_of(scenario, outcomes, package_version())
    text = document.json_of(report)
    simulated_s = sum(outcome.result.end_ns for outcome in outcomes if outcome.result is not None) / SECOND
    this_run = stopwatch.read(report_sha256=hashlib.sha256(text).hexdigest(), jobs=jobs, simulated_s=simulated_s)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "report.json").write_bytes(text)
    (directory / "report.md").write_text(markdown_of(report), encoding="utf-8")
    (directory / "report.html").write_text(html_of(report, this_run), encoding="utf-8")
    (directory / "run.json").write_bytes(circumstances.json_of(this_run))
    return report
