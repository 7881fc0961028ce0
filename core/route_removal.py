"""Having the data plane of a host in no swarm forward nothing, until it has said that it does not.

Theory of operation. In no swarm nobody keeps a table up to date, and no dispatcher repeats what failed. So an empty
table is ordered, and ordered again, later after each failure, until it is applied or the host becomes a member: then
the table its leader sends replaces all that was there. An order without a report is given again (`core.route_order`).
"""

from typing import Final

from core.backoff import Backoff
from core.durability import Tickets
from core.effects import ProgramRoutes
from core.events import RoutesApplied, RoutesFailed
from core.mesh.routes import RouteChanges
from core.route_order import RouteOrder

_NO_ROUTES: Final = RouteChanges(0, 0)


class RouteRemoval:
    """One order at a time, or a wait for the next, or nothing to do."""

    def __init__(self, tickets: Tickets, backoff: Backoff) -> None:
        self._backoff = backoff
        self._order = RouteOrder(tickets)
        self._next_at: int | None = None
        """When a failed order is followed by another."""

    def begin(self, now: int) -> ProgramRoutes:
        """The host is in no swarm."""
        self._backoff.reset()
        return self._order.give(now, _NO_ROUTES)

    def end(self) -> None:
        """The host is a member, or its data plane is empty."""
        self._order.forget()
        self._next_at = None

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        return self._order.deadline() if self._next_at is None else self._next_at

    def tick(self, now: int) -> ProgramRoutes | None:
        """An order, the same or another, if it is due."""
        if self._next_at is None or now < self._next_at:
            return self._order.again(now)
        self._next_at = None
        return self._order.give(now, _NO_ROUTES)

    def reported(self, now: int, event: RoutesApplied | RoutesFailed) -> None:
        """The data plane reports, perhaps on something else."""
        if self._order.reported(event.ticket) is not None and type(event) is RoutesFailed:
            self._next_at = now + self._backoff.next_ns()
