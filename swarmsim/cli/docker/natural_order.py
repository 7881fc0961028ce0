"""The order in which people expect names: `web2` before `web10`."""

import re
from typing import Final

_NUMBER: Final = re.compile(r"(\d+)")


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A key to sort by; numbers come before words."""
    parts = [part for part in _NUMBER.split(name) if part]
    return tuple((0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts)
