"""`report.html`: one page with everything in it, readable offline, without script, in light and in dark, on paper."""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Final

from swarmsim.counting import counted
from swarmsim.recording import Ruling
from swarmsim.report.anatomy import Anatomy
from swarmsim.report.anatomy_chart import anatomy_chart
from swarmsim.report.circumstances import Circumstances
from swarmsim.report.distribution_chart import distribution_chart
from swarmsim.report.figures import DURATION
from swarmsim.report.key_figures import key_figures
from swarmsim.report.markup import Markup, element, joined
from swarmsim.report.report import Report
from swarmsim.report.stretches import spell_table
from swarmsim.report.summary import RunSummary, Window
from swarmsim.report.tables import (
    BAD_LUCK,
    DISTRIBUTION_COLUMNS,
    LEADERS_END,
    NEVER,
    RULING_TEXT,
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
    type_table,
    verdict_table,
    verdict_tally_table,
)
from swarmsim.report.tables_of_services import job_table, service_table, update_table, waiting_table
from swarmsim.report.timeline_chart import timeline_chart
from swarmsim.report.wording import duration, instant, mark

_ASSETS: Final = files("swarmsim.report") / "assets"


def html_of(report: Report, circumstances: Circumstances | None = None) -> str:
    """The page; the same text for equal arguments."""
    sections = list(_sections(report, circumstances))
    head = element(
        "head",
        Markup('<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'),
        Markup('<meta name="color-scheme" content="light dark"/>'),
        element("title", f"{report.header.scenario} — swarmsim report"),
        element("style", _asset("report.css")),
    )
    body = element("body", element("main", *sections), element("script", _asset("zoom.js")))
    return f'<!DOCTYPE html>\n<html lang="en">{head}{body}</html>\n'


def _asset(name: str) -> Markup:
    return Markup((_ASSETS / name).read_text(encoding="utf-8"))


def _sections(report: Report, circumstances: Circumstances | None) -> Iterator[Markup]:
    run = report.shown
    yield _head(report)
    if run is not None:
        yield _in_short(report, run)
    if len(report.seeds) > 1:
        yield _seeds(report)
    if run is not None:
        yield from _run_sections(report, run)
    yield _played(report)
    if circumstances is not None:
        yield _circumstances(circumstances)


def _section(name: str, title: str, *children: str) -> Markup:
    return element("section", element("h2", title), *children, id=name)


def _head(report: Report) -> Markup:
    return element(
        "header",
        element("p", "swarmsim convergence report", class_="kicker"),
        element(
            "h1", report.header.scenario, element("span", report.ruling.value, class_=f"badge {report.ruling.value}")
        ),
        element("p", report.header.purpose, class_="purpose"),
        element("p", " · ".join(_facts(report)), class_="facts"),
        element("p", element("b", report.headline), *_first_failure(report)),
    )


def _first_failure(report: Report) -> Iterator[str]:
    """How to play the first failure again."""
    failed = next((line for line in report.seeds if line.ruling is report.ruling), None)
    if failed is not None and report.ruling is not Ruling.HELD:
        yield " Again: "
        yield element("code", failed.replay)


def _facts(report: Report) -> Iterator[str]:
    header = report.header
    seeds = [line.seed for line in report.seeds]
    yield f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
    yield f"{counted(header.manager_count, 'manager')}, {counted(header.worker_count, 'worker')}"
    yield f"timing {header.timing}"
    yield f"{duration(header.end_ns)} simulated"
    yield f"{header.file}, sha256 {header.text_sha256[:12]}…"
    yield f"swarmsim {header.swarmsim_version}"


def _in_short(report: Report, run: RunSummary) -> Markup:
    tiles = [
        element(
            "div",
            element("b", value),
            element("span", name),
            element("small", remark),
            class_="tile",
        )
        for value, name, remark in key_figures(run)
    ]
    which = f" (seed {run.seed})" if len(report.seeds) > 1 else ""
    return _section(
        "in-short",
        f"In short{which}",
        element("div", *tiles, class_="tiles"),
        *(element("p", element("b", f"{each.topic}. "), each.text) for each in report.story),
    )


def _seeds(report: Report) -> Markup:
    failed = seed_table(report)
    greatest: dict[tuple[str, str], int] = {}
    for each in report.distributions:
        key = (each.group, each.unit)
        greatest[key] = max(greatest.get(key, 0), each.max)
    rows = []
    group = None
    for each, cells in distribution_rows(report):
        if each.group != group:
            group = each.group
            rows.append(element("tr", element("th", each.group, colspan=len(DISTRIBUTION_COLUMNS), class_="group")))
        scale = greatest[each.group, each.unit] if each.unit == DURATION else each.max
        strip = element("td", distribution_chart(each, scale), class_="strip-cell")
        rows.append(element("tr", *_cells(cells[1:], tuple(range(1, 8))), strip))
    heads = [*DISTRIBUTION_COLUMNS[1:], "all seeds"]
    table = element("table", element("thead", _head_row(heads, range(1, 8))), element("tbody", *rows))
    return _section(
        "seeds",
        f"Over {counted(len(report.seeds), 'seed')}",
        *((_table(failed),) if failed.rows else ()),
        element(
            "p",
            "A dot for each seed; the box reaches from the median to the 95th percentile. Durations of one group "
            "share a scale.",
            class_="hint",
        ),
        element("div", table, class_="scroll"),
        element("h3", "Verdicts over all seeds"),
        _table(verdict_tally_table(report)),
        element("h3", "Hard states reached over all seeds"),
        _coverage(situation_tally_table(report)),
    )


def _run_sections(report: Report, run: RunSummary) -> Iterator[Markup]:
    yield _section("timeline", "Timeline", _legend(), _chart(run, run.whole, "whole", run.anatomies))
    yield _section("done", "What was done to the swarm", _table(fault_table(run)))
    yield _section("leaders", "Who led when", _table(leader_table(run)), element("p", LEADERS_END, class_="hint"))
    if parts := tuple(_anatomies(run)):
        yield _section("anatomy", "How the swarm got over it", *parts)
    yield _section(
        "availability",
        "What clients got",
        _table(availability_table(run)),
        *((element("p", BAD_LUCK, class_="hint"),) if any(source.bad_luck for source in run.availability) else ()),
        element("h3", "When they did not get it"),
        element(
            "p",
            "A standstill: somebody waited and nobody got a good answer. A bad spell: from the first failure to the "
            "last, with never a second without one; others succeeded beside them. Of each client the longest are "
            "listed; report.json has all.",
            class_="hint",
        ),
        _table(spell_table(run)),
    )
    if services := tuple(_services(run)):
        yield _section("services", "What ran", *services)
    yield _section("verdicts", "Verdicts", _table(verdict_table(run)), _replay(report, run))
    yield _section(
        "coverage",
        "Hard states reached",
        element("p", "A check that never met a hard state has proved little: these were met.", class_="hint"),
        _coverage(situation_table(run)),
    )
    yield _section(
        "costs",
        "What the control plane sent",
        _table(cost_table(run)),
        element("h3", "By type"),
        _table(type_table(run)),
    )


def _services(run: RunSummary) -> Iterator[Markup]:
    titled = (
        ("Services", service_table(run)),
        ("Updates and rollbacks", update_table(run)),
        ("Jobs", job_table(run)),
        ("Tasks that waited", waiting_table(run)),
    )
    for title, table in titled:
        if table.rows:
            yield element("h3", title)
            yield _table(table)


def _coverage(table: Table) -> Markup:
    items = [
        element("li", element("span", name), element("b", count), class_="never" if count == NEVER else None)
        for name, count in table.rows
    ]
    return element("ul", *items, class_="coverage")


def _scrolled(wide: Markup) -> Markup:
    """What must not shrink with the screen: there it is moved sideways instead."""
    return element("div", wide, class_="scroll")


def _chart(run: RunSummary, window: Window, name: str, jumps: Sequence[Anatomy] = ()) -> Markup:
    buttons = [element("button", "whole window", type="button", data_chart=name)]
    buttons += [
        element(
            "button",
            f"{mark(each.at_ns)}: {each.text}",
            type="button",
            data_chart=name,
            data_from=each.at_ns - 500_000_000,
            data_to=each.at_ns + max([stage.since_ns for stage in each.stages], default=0) * 6 // 5 + 1_500_000_000,
        )
        for each in jumps
    ]
    return element(
        "figure",
        element("div", *buttons, element("output", "", for_=name), class_="controls", hidden="hidden"),
        _scrolled(timeline_chart(run, window, name)),
    )


def _anatomies(run: RunSummary) -> Iterator[Markup]:
    closed_up = {window.title: window for window in run.close_ups}
    told = [anatomy for anatomy in run.anatomies if anatomy.stages or anatomy.unfinished]
    for index, anatomy in enumerate(told):
        yield element("h3", f"{mark(anatomy.at_ns)}: {anatomy.text}")
        yield _scrolled(anatomy_chart(anatomy, f"anatomy-{index}"))
        window = next(
            (
                each
                for each in run.close_ups
                if each.from_ns <= anatomy.at_ns < each.to_ns and each.title == anatomy.text
            ),
            None,
        )
        if window is not None and closed_up.pop(window.title, None) is not None:
            yield element(
                "details",
                element("summary", f"Close-up: {instant(window.from_ns)} to {instant(window.to_ns)}"),
                _chart(run, window, f"close-up-{index}"),
                open="open" if anatomy.failover else None,
            )


def _replay(report: Report, run: RunSummary) -> Markup:
    line = next(line for line in report.seeds if line.seed == run.seed)
    return element("p", "Again, exactly: ", element("code", line.replay))


def _played(report: Report) -> Markup:
    rows = [joined(element("dt", name), element("dd", value)) for name, value in header_rows(report)]
    return _section(
        "played", "What was played", element("dl", *rows), element("pre", element("code", report.header.text))
    )


def _circumstances(run: Circumstances) -> Markup:
    revision = f"{run.git_revision or 'unknown'}{' (modified)' if run.git_modified else ''}"
    rows = (
        ("revision", revision),
        ("report.json", f"sha256 {run.report_sha256}"),
        ("took", f"{run.wall_s:.1f} s, {run.cpu_s:.1f} CPU seconds, {run.jobs} at a time on {run.cpu_count} CPUs"),
        ("ratio", f"{run.simulated_s:g} simulated seconds, {run.simulated_s_per_cpu_s:g} per CPU second"),
        ("Python", f"{run.python} on {run.platform}"),
        ("finished", run.finished_at),
    )
    cells = [joined(element("dt", name), element("dd", value)) for name, value in rows]
    return _section("circumstances", "This run of it", element("dl", *cells))


_LEGEND: Final = (
    ("leader", "leader"),
    ("follower", "follower"),
    ("candidate", "candidate"),
    ("pre", "pre-candidate: asks whether it would get votes"),
    ("leaderless", "no leader"),
    ("worker", "worker"),
    ("hit", "under a fault"),
    ("off", "no power or daemon"),
    ("paused", "paused"),
    ("good", "good answer"),
    ("failed", "failed"),
    ("refused", "refused"),
    ("unknown", "outcome unknown"),
    ("standstill", "standstill: nobody got a good answer"),
    ("median", "median latency"),
    ("max", "longest latency"),
    ("running", "task running"),
    ("starting", "starting"),
    ("lost", "gone, swarm has not noticed"),
    ("stopping", "stopping"),
    ("unhealthy", "unhealthy"),
    ("missing", "tasks missing, or tables wrong"),
)


def _legend() -> Markup:
    items = [element("li", element("i", "", class_=f"key key-{name}"), text) for name, text in _LEGEND]
    return element("ul", *items, class_="legend")


def _table(table: Table) -> Markup:
    if not table.rows:
        return element("p", "None.")
    rows = [element("tr", *_cells(row, table.numeric), class_=_ROW_CLASS.get(row[0])) for row in table.rows]
    head = element("thead", _head_row(table.columns, table.numeric))
    return _scrolled(element("table", head, element("tbody", *rows)))


_ROW_CLASS: Final = {text: f"row-{text}" for text in RULING_TEXT.values()}


def _head_row(columns: Sequence[str], numeric: Sequence[int] = ()) -> Markup:
    cells = [
        element("th", column, scope="col", class_="number" if index in numeric else None)
        for index, column in enumerate(columns)
    ]
    return element("tr", *cells)


def _cells(row: Sequence[str], numeric: Sequence[int]) -> list[Markup]:
    return [element("td", cell, class_="number" if index in numeric else None) for index, cell in enumerate(row)]
