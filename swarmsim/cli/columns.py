"""Rows of words as a table for a terminal: columns as wide as they must be, as docker's own lists have them."""

from collections.abc import Iterator, Sequence
from typing import Final

GAP: Final = "   "


def in_columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A line for each row; all have equally many cells."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
