"""What takes a fault back."""

from collections.abc import Callable, Iterable
from typing import Any

from sim.world import World

Undo = Callable[[], object]
"""Takes back exactly what one fault did to exactly those it hit."""
Handler = Callable[[World, Any], Undo | None]
"""Does what a fault says; None if there is nothing to take back."""


def all_of(undos: Iterable[Undo]) -> Undo:
    """Several, in order."""
    each = tuple(undos)

    def undo() -> None:
        for one in each:
            one()

    return undo
