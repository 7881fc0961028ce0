"""Seeds as written on the command line: one number, or a range such as 1..200, both ends included."""

import re
from typing import Final

import typer

_RANGE: Final = re.compile(r"(\d+)\.\.(\d+)")


def parse_seeds(text: str) -> range:
    """The seeds of `A..B`."""
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is not a range of seeds; write it like 1..200")
    first, last = int(match[1]), int(match[2])
    if last < first:
        raise typer.BadParameter(f"{text!r} ends before it begins")
    return range(first, last + 1)
