"""One order of routes at a time, given to the data plane again and again until there is a report on it.

A data plane that lost an order, or its report, would else hold up all that is to come after it. The order is the same
each time, so a data plane that is only slow has nothing more to do, and one that has done it long ago says so again.
Only the report says that it is done: that none comes means nothing.
"""

from typing import Final

from core.durability import Tickets
from core.effects import ProgramRoutes
from core.ids import Ticket
from core.mesh.routes import RouteChanges
from core.timing import SECOND

REPEAT_NS: Final = 5 * SECOND
"""How long after an order without a report it is given again: a thousand times what a part usually takes."""


class RouteOrder:
    """`under_way`: whether there was an order and no report on it."""

    __slots__ = ("_again_at", "_order", "_tickets")

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets
        self._order: ProgramRoutes | None = None
        self._again_at = 0

    @property
    def under_way(self) -> bool:
        return self._order is not None

    def give(self, now: int, part: RouteChanges) -> ProgramRoutes:
        """This part is to be programmed; the one before is over."""
        assert self._order is None
        self._order = ProgramRoutes(self._tickets.draw(), part)
        self._again_at = now + REPEAT_NS
        return self._order

    def reported(self, ticket: Ticket) -> RouteChanges | None:
        """The part that this report is on, which is over with it; None if the report is on another order."""
        order = self._order
        if order is None or order.ticket != ticket:
            return None
        self._order = None
        return order.changes

    def forget(self) -> None:
        """What becomes of the order does not matter any more."""
        self._order = None

    def again(self, now: int) -> ProgramRoutes | None:
        """The order once more, if it is time for that."""
        if self._order is None or now < self._again_at:
            return None
        self._again_at = now + REPEAT_NS
        return self._order

    def deadline(self) -> int | None:
        """When `again` has something to do."""
        return self._again_at if self._order is not None else None
