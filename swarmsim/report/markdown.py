"""`report.md`: the report as text and tables, for a terminal or a review."""

from collections.abc import Iterator

from swarmsim.report.key_figures import key_figures
from swarmsim.report.report import Report
from swarmsim.report.stretches import spell_table
from swarmsim.report.summary import RunSummary
from swarmsim.report.tables import (
    BAD_LUCK,
    DISTRIBUTION_COLUMNS,
    LEADERS_END,
    Table,
    availability_table,
    cost_table,
    distribution_rows,
    fault_table,
    header_rows,
    leader_table,
    seed_table,
    situation_table,
    situation_tally_table,
    stage_table,
    type_table,
    verdict_table,
    verdict_tally_table,
)
from swarmsim.report.tables_of_services import job_table, service_table, update_table, waiting_table
from swarmsim.report.wording import mark


def markdown_of(report: Report) -> str:
    """The whole report; the same text for equal reports."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_escaped(report.header.scenario)}: {report.ruling.value.upper()}"
    yield f"\n{_escaped(report.header.purpose)}\n\n**{_escaped(report.headline)}**\n"
    if report.seeds and seed_table(report).rows:
        yield from _section("Seeds that did not hold", seed_table(report))
    if report.distributions:
        rows = tuple(row for _, row in distribution_rows(report))
        yield from _section("Figures over all seeds", Table(DISTRIBUTION_COLUMNS, rows, tuple(range(2, 9))))
        yield from _section("Verdicts over all seeds", verdict_tally_table(report))
        yield from _section("Hard states reached over all seeds", situation_tally_table(report))
    if report.shown is not None:
        yield from _run(report, report.shown)
    yield "\n## What was played\n"
    yield from (f"- {name}: {_escaped(value)}" for name, value in header_rows(report))
    yield f"\n{_fenced(report.header.text)}"


def _run(report: Report, run: RunSummary) -> Iterator[str]:
    yield f"\n## What happened (seed {run.seed})\n"
    yield from (f"**{_escaped(each.topic)}.** {_escaped(each.text)}\n" for each in report.story)
    yield from (
        f"- **{_escaped(value)}** {_escaped(name)}; {_escaped(remark)}" for value, name, remark in key_figures(run)
    )
    yield from _section("What was done to the swarm", fault_table(run))
    yield from _section("Who led when", leader_table(run))
    yield f"\n{LEADERS_END}"
    yield from _anatomies(run)
    yield from _section("What clients got", availability_table(run))
    if any(source.bad_luck for source in run.availability):
        yield f"\n{BAD_LUCK}"
    yield from _section("When they did not", spell_table(run))
    yield from _section("Services", service_table(run))
    yield from _section("Updates and rollbacks", update_table(run))
    yield from _section("Jobs", job_table(run))
    yield from _section("Tasks that waited", waiting_table(run))
    yield from _section("Verdicts", verdict_table(run))
    yield from _section("Hard states reached", situation_table(run))
    yield from _section("Messages by host", cost_table(run))
    yield from _section("Messages by type", type_table(run))


def _anatomies(run: RunSummary) -> Iterator[str]:
    told = [anatomy for anatomy in run.anatomies if anatomy.stages or anatomy.unfinished]
    if told:
        yield "\n## How the swarm got over it"
    for anatomy in told:
        yield from _section(f"{mark(anatomy.at_ns)}: {anatomy.text}", stage_table(anatomy), level=3)


def _section(title: str, table: Table, level: int = 2) -> Iterator[str]:
    yield f"\n{'#' * level} {_escaped(title)}\n"
    if not table.rows:
        yield "None."
        return
    yield f"| {' | '.join(table.columns)} |"
    yield f"| {' | '.join('---:' if index in table.numeric else '---' for index in range(len(table.columns)))} |"
    yield from (f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in table.rows)


_SPECIAL = str.maketrans({**{sign: f"\\{sign}" for sign in "\\`*_[]<>|#"}, "\n": " ", "\r": " "})


def _escaped(text: str) -> str:
    return text.translate(_SPECIAL)


def _fenced(text: str) -> str:
    """As a block of code, fenced by more backticks than stand anywhere in it."""
    longest = max((len(run) for run in "".join(c if c == "`" else " " for c in text).split()), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}yaml\n{text.rstrip()}\n{fence}"
