"""Seeds as written on the command line: one number, or a range such as 1..200, both ends included."""

import re
from typing import Final

import typer

MAX_SEED: Final = 2**62
_HINT: Final = "--seeds"
_RANGE: Final = re.compile(r"([0-9]{1,20})(?:\.\.([0-9]{1,20}))?")


def parse_seeds(text: str) -> range:
    """The seeds of `A..B`, or of `A` alone."""
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is neither a seed nor a range; write it like 1..200", param_hint=_HINT)
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first:
        raise typer.BadParameter(f"{text!r} ends before it begins; write it like {last}..{first}", param_hint=_HINT)
    if last > MAX_SEED:
        raise typer.BadParameter(f"{text!r} has a seed that is too large; the most is {MAX_SEED}", param_hint=_HINT)
    return range(first, last + 1)
