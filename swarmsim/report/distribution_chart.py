"""One figure over all seeds as a strip: a dot per seed, a box from the median to p95, its neighbours' scale."""

from typing import Final

from swarmsim.counting import counted
from swarmsim.report.figures import Distribution
from swarmsim.report.markup import Markup, element

WIDTH: Final = 320
HEIGHT: Final = 20
_EDGE: Final = 5
_MOST_DOTS: Final = 200


def distribution_chart(distribution: Distribution, greatest: int) -> Markup:
    """`greatest` is the scale's right end; its left end is 0."""

    def x(value: int) -> float:
        return _EDGE + (WIDTH - 2 * _EDGE) * value / max(greatest, 1)

    middle = HEIGHT / 2
    every = -(-len(distribution.values) // _MOST_DOTS)
    shown = [*distribution.values[::every], distribution.max]
    left, right = x(distribution.p50), x(distribution.p95)
    return element(
        "svg",
        element("title", f"{distribution.name}: {counted(distribution.count, 'seed')}"),
        element("line", x1=x(0), x2=x(greatest), y1=middle, y2=middle, class_="strip-axis"),
        element("rect", x=left, y=middle - 6, width=max(right - left, 1.0), height=12, class_="strip-box"),
        *(element("circle", cx=x(value), cy=middle, r=2.6, class_="strip-dot") for value in shown),
        element("line", x1=left, x2=left, y1=middle - 8, y2=middle + 8, class_="strip-median"),
        class_="strip",
        role="img",
        view_box=f"0 0 {WIDTH} {HEIGHT}",
    )
