"""The timeline: who led, what every host was, what clients got, what ran where; one window of a run."""

import math
from collections.abc import Sequence
from typing import Final

from swarmsim.counting import counted
from swarmsim.report.canvas import Canvas
from swarmsim.report.causes import quorum_counts, quorum_gap_in
from swarmsim.report.disturbances import lasts, whom
from swarmsim.report.lanes import HostLane
from swarmsim.report.leadership import leaderless
from swarmsim.report.markup import Markup
from swarmsim.report.replicas import Replicas
from swarmsim.report.series import Series
from swarmsim.report.summary import RunSummary, Window
from swarmsim.report.tasks import SlotRow, TaskLife
from swarmsim.report.updates import Update, said
from swarmsim.report.wording import duration, instant
from swarmsim.task_names import task_name

HOST_HEIGHT: Final = 17
FAULT_HEIGHT: Final = 17
FAULT_BAR_HEIGHT: Final = 4
SLOT_HEIGHT: Final = 13
RATE_HEIGHT: Final = 46
LATENCY_HEIGHT: Final = 30
SERVICE_HEIGHT: Final = 22
MOST_NAMED: Final = 3
MOST_SLOTS: Final = 60
"""Of more than so many, only those are drawn in which something happened after the first start."""
_STATES_OF_A_PLAIN_LIFE: Final = 2
_UPDATE_CLASS: Final = {
    "updating": "first-start",
    "paused": "missing",
    "rollback_started": "task-unhealthy",
    "rollback_paused": "missing",
}
"""Of the states that last."""
_POWER_TEXT: Final = {"off": "no power", "no-daemon": "no daemon", "paused": "paused"}


def timeline_chart(run: RunSummary, window: Window, name: str) -> Markup:
    """`name` is unique on the page."""
    canvas = Canvas(name, f"Timeline: {window.title}", window.from_ns, window.to_ns)
    _faults(canvas, run)
    top = canvas.y
    _leaders(canvas, run)
    _hosts(canvas, run)
    for series in window.series:
        _client(canvas, run, series)
    if run.replicas:
        _services(canvas, run)
    if run.misled or run.lagging:
        _tables(canvas, run)
    if run.slots:
        _slots(canvas, run)
    for anatomy in run.anatomies:
        canvas.moment(anatomy.at_ns, top, canvas.y, "moment")
    return canvas.drawn()


def _faults(canvas: Canvas, run: RunSummary) -> None:
    canvas.heading("What was done to the swarm")
    right_ends: list[float] = []  # of the last text or bar in each line
    top = canvas.y
    for band in run.faults:
        to_ns = (run.end_ns if band.to_ns is None else band.to_ns) if lasts(band) else band.from_ns
        if not canvas.axis.from_ns <= to_ns or band.from_ns >= canvas.axis.to_ns:
            continue
        text = canvas.fitting(" — ".join(part for part in (band.text, whom(band)) if part))
        left = canvas.text_left(band.from_ns, text)
        line = next((line for line, end in enumerate(right_ends) if end <= left), len(right_ends))
        right_ends[line : line + 1] = [max(canvas.axis.x(to_ns), left + canvas.text_width(text))]
        _fault(canvas, band.from_ns, to_ns, top + line * (FAULT_HEIGHT + 2), text)
    canvas.y = top + max(len(right_ends), 1) * (FAULT_HEIGHT + 2)


def _fault(canvas: Canvas, from_ns: int, to_ns: int, y: float, text: str) -> None:
    # The text stands over its bar, not in it: it is long, and few bars are.
    if to_ns > from_ns:
        title = f"{text}: {instant(from_ns)} to {instant(to_ns)}"
        canvas.bar(from_ns, to_ns, y + FAULT_HEIGHT - FAULT_BAR_HEIGHT, FAULT_BAR_HEIGHT, "fault", title)
    else:
        canvas.moment(from_ns, y, y + FAULT_HEIGHT, "instant")
    canvas.label(from_ns, to_ns, y + 10, text, "of-fault")


def _leaders(canvas: Canvas, run: RunSummary) -> None:
    canvas.heading("Who led")
    canvas.row_label("leader", HOST_HEIGHT)
    for reign in run.reigns:
        text = f"{reign.host} · term {reign.term}"
        title = f"{reign.host} led in term {reign.term}, elected at {instant(reign.elected_at_ns)}"
        canvas.bar(reign.elected_at_ns, reign.until_ns, canvas.y, HOST_HEIGHT, "leader", title, text)
    for from_ns, to_ns in leaderless(run.reigns, run.end_ns):
        length, gap = duration(to_ns - from_ns), quorum_gap_in(run, from_ns, to_ns)
        title = f"no leader could act for {length}{f': no quorum{quorum_counts(gap)}' if gap else ''}"
        text = f"no quorum: {length}" if gap else length
        canvas.bar(from_ns, to_ns, canvas.y, HOST_HEIGHT, "leaderless", title, text)
    canvas.y += HOST_HEIGHT + 2


def _hosts(canvas: Canvas, run: RunSummary) -> None:
    canvas.heading("Hosts: role and term, power")
    for lane in run.hosts:
        _host(canvas, run, lane)
        canvas.y += HOST_HEIGHT + 3


def _host(canvas: Canvas, run: RunSummary, lane: HostLane) -> None:
    canvas.row_label(lane.host, HOST_HEIGHT, lane.rack)
    for role in lane.roles:
        text = role.role if role.role == "worker" or not role.term else f"{role.role} · term {role.term}"
        title = f"{lane.host}: {text}, {instant(role.from_ns)} to {instant(role.to_ns)}"
        shown = (
            text if role.role in ("leader", "candidate", "pre-candidate") else f"{role.role} {role.term or ''}".strip()
        )
        canvas.bar(role.from_ns, role.to_ns, canvas.y, HOST_HEIGHT, role.role, title, shown)
    for span in lane.power:
        if span.state in _POWER_TEXT:
            text = _POWER_TEXT[span.state]
            title = f"{lane.host}: {text}, {instant(span.from_ns)} to {instant(span.to_ns)}"
            canvas.bar(span.from_ns, span.to_ns, canvas.y, HOST_HEIGHT, f"power-{span.state}", title, text)
    for band in run.faults:
        if lasts(band) and lane.host in band.hosts:
            to_ns = run.end_ns if band.to_ns is None else band.to_ns
            canvas.bar(band.from_ns, to_ns, canvas.y + HOST_HEIGHT, 2, "hit", f"{lane.host}: {band.text}")


def _client(canvas: Canvas, run: RunSummary, series: Series) -> None:
    source = next(each for each in run.availability if (each.name, each.kind) == (series.name, series.kind))
    canvas.heading(f"{series.kind.capitalize()} of {series.name} to {source.target}, per {duration(series.bin_ns)}")
    top = canvas.y
    _rates(canvas, series)
    _latencies(canvas, series)
    for standstill in source.standstills:
        text = f"none for {duration(standstill.length_ns)}"
        title = f"{text}: {instant(standstill.from_ns)} to {instant(standstill.to_ns)}"
        canvas.bar(standstill.from_ns, standstill.to_ns, top, RATE_HEIGHT, "standstill", title)
        canvas.bar(standstill.from_ns, standstill.to_ns, top + RATE_HEIGHT + 4, LATENCY_HEIGHT, "none", title, text)


def _rates(canvas: Canvas, series: Series) -> None:
    stacks = [series.good, *series.failed.values()]
    totals = [sum(counts) for counts in zip(*stacks, strict=True)]
    highest = max(totals, default=0) or 1
    canvas.row_label("outcomes", RATE_HEIGHT)
    canvas.note(f"{highest}", canvas.y + 9)
    base = [0] * len(totals)
    for outcome, counts in [("good", series.good), *series.failed.items()]:
        for index, count in enumerate(counts):
            if count:
                _stack(canvas, series, index, outcome, count, base[index], highest)
            base[index] += count
    canvas.y += RATE_HEIGHT + 6


def _stack(canvas: Canvas, series: Series, index: int, outcome: str, count: int, below: int, highest: int) -> None:
    from_ns = series.from_ns + index * series.bin_ns
    height = RATE_HEIGHT * count / highest
    y = canvas.y + RATE_HEIGHT - RATE_HEIGHT * below / highest - height
    title = f"{count} {outcome}, started from {instant(from_ns)} on"
    class_ = outcome if outcome in ("good", "unknown", "refused") else "failed"
    canvas.bar(from_ns, from_ns + series.bin_ns, y, height, f"bin-{class_}", title)


def _latencies(canvas: Canvas, series: Series) -> None:
    seen = [value for value in (*series.p50_ns, *series.max_ns) if value is not None]
    if not seen:
        return
    low = math.floor(math.log10(max(min(seen), 1)))
    high = max(math.ceil(math.log10(max(*seen, 1))), low + 1)
    canvas.row_label("latency", LATENCY_HEIGHT)
    canvas.note(duration(int(10**high)), canvas.y + 8)
    canvas.note(duration(int(10**low)), canvas.y + LATENCY_HEIGHT)
    for values, class_ in ((series.max_ns, "latency-max"), (series.p50_ns, "latency-p50")):
        canvas.path(_line(canvas, series, values, low, high), class_)
    canvas.y += LATENCY_HEIGHT + 4


def _line(canvas: Canvas, series: Series, values: tuple[int | None, ...], low: int, high: int) -> str:
    parts: list[str] = []
    pen_down = False
    for index, value in enumerate(values):
        if value is None:
            pen_down = False
            continue
        height = LATENCY_HEIGHT * (math.log10(max(value, 1)) - low) / (high - low)
        y = canvas.y + LATENCY_HEIGHT - height
        left = canvas.axis.x(series.from_ns + index * series.bin_ns)
        right = canvas.axis.x(series.from_ns + (index + 1) * series.bin_ns)
        parts.append(f"{'L' if pen_down else 'M'}{left:.1f} {y:.1f}L{right:.1f} {y:.1f}")
        pen_down = True
    return "".join(parts)


def _services(canvas: Canvas, run: RunSummary) -> None:
    canvas.heading("Services: healthy running tasks, of those desired (of jobs: completed ones)")
    for service in run.replicas:
        _service(canvas, service, run.end_ns)
        canvas.y += SERVICE_HEIGHT + 5
        _updates(canvas, [update for update in run.updates if update.service == service.service])


def _updates(canvas: Canvas, updates: Sequence[Update]) -> None:
    if not updates:
        return
    canvas.row_label("update", SLOT_HEIGHT)
    for update in updates:
        for span in update.spans():
            title = (
                f"{update.service} to {update.image}: {said(span.state)}, "
                f"{instant(span.from_ns)} to {instant(span.to_ns)}"
            )
            canvas.bar(
                span.from_ns, span.to_ns, canvas.y, SLOT_HEIGHT, _UPDATE_CLASS[span.state], title, said(span.state)
            )
    canvas.y += SLOT_HEIGHT + 5


def _service(canvas: Canvas, service: Replicas, end_ns: int) -> None:
    canvas.row_label(service.service, SERVICE_HEIGHT)
    highest = max([max(desired, running) for _, desired, running in service.points], default=1) or 1
    ends = [at_ns for at_ns, _, _ in service.points[1:]] + [end_ns]
    for (from_ns, desired, running), to_ns in zip(service.points, ends, strict=True):
        full = running >= desired
        first_start = service.complete_at_ns is None or from_ns < service.complete_at_ns
        height = SERVICE_HEIGHT * running / highest
        what = "completed" if service.is_job else "running"
        title = f"{service.service}: {running} of {desired} {what}, {instant(from_ns)} to {instant(to_ns)}"
        bottom = canvas.y + SERVICE_HEIGHT
        if not full and not first_start and not service.is_job:
            canvas.bar(from_ns, to_ns, canvas.y, SERVICE_HEIGHT, "missing", title)
        class_ = "first-start" if first_start and not full else "service"
        canvas.bar(from_ns, to_ns, bottom - height, height, class_, title)
        canvas.caption(from_ns, to_ns, canvas.y, SERVICE_HEIGHT, "service", f"{running} of {desired}")


def _tables(canvas: Canvas, run: RunSummary) -> None:
    canvas.heading("Routing tables: whose are wrong")
    for label, stretches in (("lead to lost tasks", run.misled), ("lag behind", run.lagging)):
        canvas.row_label(label, SLOT_HEIGHT)
        for each in stretches:
            to_ns = run.end_ns if each.to_ns is None else each.to_ns
            text = counted(len(each.hosts), "host") if len(each.hosts) > MOST_NAMED else ", ".join(each.hosts)
            title = f"{label}: {', '.join(each.hosts)}, {instant(each.from_ns)} to {instant(to_ns)}"
            canvas.bar(each.from_ns, to_ns, canvas.y, SLOT_HEIGHT, "missing", title, text)
        canvas.y += SLOT_HEIGHT + 3


def _slots(canvas: Canvas, run: RunSummary) -> None:
    canvas.heading("Tasks: on which host, slot by slot")
    eventful = [row for row in run.slots if len(row.lives) > 1 or len(row.lives[0].states) > _STATES_OF_A_PLAIN_LIFE]
    rows = run.slots if len(run.slots) <= MOST_SLOTS else eventful[:MOST_SLOTS]
    for row in rows:
        _slot(canvas, row)
    if len(rows) < len(run.slots):
        canvas.row_label(f"and {counted(len(run.slots) - len(rows), 'more slot')}", SLOT_HEIGHT)
        canvas.y += SLOT_HEIGHT + 2


def _slot(canvas: Canvas, row: SlotRow) -> None:
    lines: list[int] = []  # where the last task in each line ends
    top = canvas.y
    canvas.row_label(f"{row.service}.{row.slot}", SLOT_HEIGHT)
    for life in row.lives:
        from_ns, to_ns = life.states[0].from_ns, life.states[-1].to_ns
        if not canvas.axis.shows(from_ns, to_ns):
            continue
        line = next((line for line, end in enumerate(lines) if end <= from_ns), len(lines))
        lines[line : line + 1] = [to_ns]
        _life(canvas, row, life, top + line * (SLOT_HEIGHT + 1))
    canvas.y = top + max(len(lines), 1) * (SLOT_HEIGHT + 1) + 2


def _life(canvas: Canvas, row: SlotRow, life: TaskLife, y: float) -> None:
    for span in life.states:
        name = task_name(row.service, row.slot, life.host)
        title = f"{name}: {span.state}, {instant(span.from_ns)} to {instant(span.to_ns)}"
        label = {"running": life.host, "lost": f"{life.host}: gone, not noticed"}.get(
            span.state, f"{life.host}: {span.state}"
        )
        canvas.bar(span.from_ns, span.to_ns, y, SLOT_HEIGHT, f"task-{span.state}", title, label)
