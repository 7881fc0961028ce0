"""A chart of rows over time, drawn from top to bottom: shapes that stretch when zoomed, labels that move but do not.

Without any script it shows its whole window; `assets/zoom.js` finds what it may stretch and move by these classes.
"""

from typing import Final

from swarmsim.report.axis import TimeAxis
from swarmsim.report.markup import Markup, element, joined

WIDTH: Final = 1200
GUTTER: Final = 150
RIGHT: Final = 14
CHARACTER_WIDTH: Final = 6.5
BOLD_WIDTH: Final = 7.2
"""Of a label's letters, about: it is shown where it has room."""
BOLD: Final = frozenset(
    f"in-{class_}"
    for class_ in (
        "leader",
        "leaderless",
        "none",
        "power-off",
        "power-no-daemon",
        "power-paused",
        "task-lost",
        "pre-candidate",
    )
)
"""Labels that `assets/report.css` sets in bold."""

HATCHES: Final = {
    "power-off": "off",
    "power-no-daemon": "off",
    "power-paused": "paused",
    "task-lost": "lost",
    "pre-candidate": "pre",
}
"""Bars that are hatched, by class: told apart without colour too."""


class Canvas:
    """`name` is unique on its page; `title` says what the chart shows to who cannot see it."""

    def __init__(self, name: str, title: str, from_ns: int, to_ns: int) -> None:
        self.axis = TimeAxis(from_ns, to_ns, GUTTER, WIDTH - GUTTER - RIGHT)
        self.y = 22.0
        self._name = name
        self._title = title
        self._shapes: list[Markup] = []
        self._labels: list[Markup] = []
        self._fixed: list[Markup] = []

    # --- rows

    def heading(self, text: str) -> None:
        """A line of text over the rows that follow."""
        self.y += 8
        self._fixed.append(element("text", text, x=6, y=self.y + 11, class_="heading"))
        self._fixed.append(element("line", x1=6, x2=WIDTH - RIGHT, y1=self.y + 16, y2=self.y + 16, class_="rule"))
        self.y += 20

    def row_label(self, text: str, height: float, note: str = "", indent: float = 10) -> None:
        """What the row at `y` is about; `note` in small print at the gutter's right."""
        middle = self.y + height / 2 + 4
        self._fixed.append(element("text", text, x=indent, y=middle, class_="row-label"))
        if note:
            self._fixed.append(element("text", note, x=GUTTER - 6, y=middle, class_="row-note"))

    def note(self, text: str, y: float) -> None:
        """Small print at the gutter's right."""
        self._fixed.append(element("text", text, x=GUTTER - 6, y=y, class_="row-note"))

    @staticmethod
    def text_width(text: str, class_: str = "") -> float:
        """About how much room a label takes."""
        return len(text) * (BOLD_WIDTH if class_ in BOLD else CHARACTER_WIDTH) + 8

    # --- what stretches

    def bar(self, from_ns: int, to_ns: int, y: float, height: float, class_: str, title: str, label: str = "") -> None:
        """A bar over a stretch of time, with its label inside where there is room."""
        if not self.axis.shows(from_ns, to_ns):
            return
        x, right = self.axis.x(from_ns), self.axis.x(to_ns)
        shape = element("title", title)
        self._shapes.append(
            element(
                "rect",
                shape,
                x=x,
                y=y,
                width=max(right - x, 0.5),
                height=height,
                class_=class_,
                fill=self._fill(class_),
            )
        )
        if label:
            self.caption(from_ns, to_ns, y, height, class_, label)

    def caption(self, from_ns: int, to_ns: int, y: float, height: float, class_: str, text: str) -> None:
        """Text at the left of a stretch of time, in the middle of its height; only where all of it has room."""
        if not self.axis.shows(from_ns, to_ns):
            return
        x, room = self.axis.x(from_ns), self.axis.x(to_ns) - self.axis.x(from_ns)
        length = self.text_width(text, f"in-{class_}")
        tight = " tight" if length > room else ""
        self._labels.append(
            element(
                "text",
                text,
                x=x + 4,
                y=y + height / 2 + 3.6,
                class_=f"label in-{class_}{tight}",
                data_x=x,
                data_room=room,
                data_length=length,
            )
        )

    def _fill(self, class_: str) -> str | None:
        hatch = HATCHES.get(class_)
        return f"url(#{self._name}-hatch-{hatch})" if hatch else None

    def path(self, d: str, class_: str) -> None:
        """A path in the chart's own coordinates."""
        self._shapes.append(element("path", d=d, class_=class_))

    def moment(self, at_ns: int, top: float, bottom: float, class_: str) -> None:
        """A vertical line."""
        if self.axis.from_ns <= at_ns <= self.axis.to_ns:
            x = self.axis.x(at_ns)
            self._shapes.append(element("line", x1=x, x2=x, y1=top, y2=bottom, class_=class_))

    def fitting(self, text: str) -> str:
        """As much of it as has room in the whole chart."""
        most = int((self.axis.width - 8) / CHARACTER_WIDTH)
        return text if len(text) <= most else f"{text[: most - 1]}…"

    def text_left(self, from_ns: int, text: str) -> float:
        """Where text begins that is about what begins here: here, or further left if it would leave the chart."""
        return max(min(self.axis.x(from_ns), WIDTH - RIGHT - self.text_width(text)), GUTTER)

    def label(self, from_ns: int, to_ns: int, y: float, text: str, class_: str) -> None:
        """Text about a stretch of time or a moment, whatever its room."""
        if self.axis.from_ns <= to_ns and from_ns <= self.axis.to_ns:
            left, x, until = self.text_left(from_ns, text), self.axis.x(from_ns), self.axis.x(to_ns)
            self._labels.append(
                element(
                    "text",
                    text,
                    x=left + 4,
                    y=y,
                    class_=f"label {class_}",
                    data_x=x,
                    data_until=until,
                    data_length=self.text_width(text),
                )
            )

    # --- the whole

    def drawn(self) -> Markup:
        """The chart, as tall as its rows."""
        bottom = self.y + 6
        height = bottom + 18
        clip = element(
            "clipPath",
            element("rect", x=GUTTER, y=0, width=self.axis.width, height=height),
            id=f"{self._name}-plot",
        )
        return element(
            "svg",
            element("title", self._title),
            element("defs", clip, *(_hatch(self._name, kind) for kind in dict.fromkeys(HATCHES.values()))),
            self._ticks(bottom),
            element(
                "g",
                element("g", *self._shapes, class_="shapes"),
                clip_path=f"url(#{self._name}-plot)",
            ),
            element("g", *self._labels, class_="labels"),
            element("g", *self._fixed),
            class_="timeline",
            id=self._name,
            role="img",
            view_box=f"0 0 {WIDTH} {height:.0f}",
            data_from=self.axis.from_ns,
            data_to=self.axis.to_ns,
            data_left=GUTTER,
            data_width=self.axis.width,
        )

    def _ticks(self, bottom: float) -> Markup:
        marks = [
            joined(
                element("line", x1=x, x2=x, y1=16, y2=bottom, class_="tick"),
                element("text", text, x=x, y=11, class_="tick-label"),
                element("text", text, x=x, y=bottom + 13, class_="tick-label"),
            )
            for x, text in self.axis.ticks()
        ]
        return element("g", *marks, class_="ticks", data_top=16, data_bottom=bottom)


def _hatch(name: str, kind: str) -> Markup:
    return element(
        "pattern",
        element("rect", width=6, height=6, class_=f"hatch-ground-{kind}"),
        element("line", x1=0, y1=0, x2=0, y2=6, class_=f"hatch-line-{kind}"),
        id=f"{name}-hatch-{kind}",
        width=6,
        height=6,
        pattern_units="userSpaceOnUse",
        pattern_transform="rotate(45)",
    )
