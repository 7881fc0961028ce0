"""Long work cut into parts, each short enough for one step.

Whoever has more to do than fits a step writes it as a generator that yields between parts. Whoever runs it advances it
by one part per step, and sees to it that what is being read does not change in between.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

T = TypeVar("T")

OBJECTS_PER_PART: Final = 500
"""A few milliseconds' worth, at the ten microseconds that the dearest take."""

Parts = Iterator[None]
"""Work under way: advancing it does one bounded part; the end of the iteration is the end of the work."""


def parts_of(items: Iterable[T]) -> Iterator[list[T]]:
    """The items in order, cut into lists of bounded length."""
    rest = iter(items)
    while part := list(islice(rest, OBJECTS_PER_PART)):
        yield part


def finish(parts: Parts) -> None:
    """Do all that is left, at once."""
    for _ in parts:
        pass
