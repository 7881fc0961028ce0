"""The anatomy of one recovery: a bar per stage, from what it waited for to when it was reached."""

from typing import Final

from swarmsim.report.anatomy import Anatomy, InVain
from swarmsim.report.axis import TimeAxis
from swarmsim.report.markup import Markup, element, joined
from swarmsim.report.stages import STAGES
from swarmsim.report.tables import came
from swarmsim.report.wording import duration

WIDTH: Final = 1200
LEFT: Final = 300
BARS_WIDTH: Final = 530
ROW_HEIGHT: Final = 20
TRACKS: Final = {
    "detected": "control",
    "campaign": "control",
    "elected": "control",
    "first-commit": "control",
    "first-write": "control",
    "sessions-back": "agents",
    "hosts-down": "agents",
    "daemons-started": "agents",
    "hosts-back": "agents",
    "tables-clear": "tables",
    "first-request": "requests",
    "tasks-running": "tasks",
    "tables-consistent": "tables",
    "requests-good": "requests",
}


def anatomy_chart(anatomy: Anatomy, name: str) -> Markup:
    """Times are since the disturbance."""
    longest = max((stage.since_ns for stage in anatomy.stages), default=1)
    axis = TimeAxis(0, longest, LEFT, BARS_WIDTH)
    bottom = 24 + ROW_HEIGHT * (len(anatomy.stages) + len(anatomy.unfinished))
    ticks = [
        joined(
            element("line", x1=x, x2=x, y1=18, y2=bottom, class_="tick"),
            element("text", text, x=x, y=12, class_="tick-label"),
        )
        for x, text in axis.ticks()
    ]
    rows = [_row(anatomy, index, axis, 22 + ROW_HEIGHT * index) for index in range(len(anatomy.stages))]
    below = 22 + ROW_HEIGHT * len(anatomy.stages)
    rows += [_vain_row(each, below + ROW_HEIGHT * index) for index, each in enumerate(anatomy.unfinished)]
    return element(
        "svg",
        element("title", f"Stages after {anatomy.text}"),
        *ticks,
        *rows,
        class_="anatomy",
        id=name,
        role="img",
        view_box=f"0 0 {WIDTH} {bottom + 6}",
    )


def _vain_row(each: InVain, y: float) -> Markup:
    """No bar: the time it took all the same is of another scale, and due to something else."""
    note = f" — {each.note}" if each.note else ""
    return joined(
        element("text", STAGES[each.name], x=LEFT - 10, y=y + 13, class_="stage-name"),
        element(
            "text",
            element("tspan", came(each), class_="stage-time"),
            element("tspan", note, class_="stage-note"),
            x=LEFT + 8,
            y=y + 13,
        ),
    )


def _row(anatomy: Anatomy, index: int, axis: TimeAxis, y: float) -> Markup:
    stage = anatomy.stages[index]
    x, right = axis.x(stage.waited_from_ns), axis.x(stage.since_ns)
    took_ns = stage.since_ns - stage.waited_from_ns
    took = f" (+{duration(took_ns)})" if stage.waited_from_ns else ""
    note = f" — {stage.note}" if stage.note else ""
    name = STAGES[stage.name]
    title = f"{name} after {duration(stage.since_ns)}{took}{note}"
    return joined(
        element("text", name, x=LEFT - 10, y=y + 13, class_="stage-name"),
        element("line", x1=LEFT, x2=x, y1=y + 9, y2=y + 9, class_="stage-wait"),
        element(
            "rect",
            element("title", title),
            x=x,
            y=y + 2,
            width=max(right - x, 2.0),
            height=ROW_HEIGHT - 6,
            class_=f"stage stage-{TRACKS[stage.name]}",
        ),
        element(
            "text",
            element("tspan", duration(stage.since_ns), class_="stage-time"),
            element("tspan", f"{took}{note}", class_="stage-note"),
            x=max(right, x + 2) + 7,
            y=y + 13,
        ),
    )
