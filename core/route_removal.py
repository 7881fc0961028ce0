"""Having the data plane of a host in no swarm forward nothing, until it has said that it does not.

Theory of operation. In no swarm nobody keeps a table up to date, and no dispatcher repeats what failed. So an empty
table is ordered, and ordered again, later after each failure, until it is applied or the host becomes a member: then
the table its leader sends replaces all that was there. An order whose report is not the newest's is of no account.
"""

from core.backoff import Backoff
from core.durability import Tickets
from core.effects import ProgramRoutes
from core.events import RoutesApplied, RoutesFailed
from core.ids import Ticket
from core.mesh.routes import RouteChanges


class RouteRemoval:
    """One order at a time, or a wait for the next, or nothing to do."""

    def __init__(self, tickets: Tickets, backoff: Backoff) -> None:
        self._tickets = tickets
        self._backoff = backoff
        self._ordered: Ticket | None = None
        self._again_at: int | None = None

    def begin(self) -> ProgramRoutes:
        """The host is in no swarm."""
        self._backoff.reset()
        return self._order()

    def end(self) -> None:
        """The host is a member, or its data plane is empty."""
        self._ordered = self._again_at = None

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        return self._again_at

    def tick(self, now: int) -> ProgramRoutes | None:
        """The order again, if it is due."""
        if self._again_at is None or now < self._again_at:
            return None
        return self._order()

    def reported(self, now: int, event: RoutesApplied | RoutesFailed) -> None:
        """The data plane reports, perhaps on something else."""
        if event.ticket != self._ordered:
            return
        self.end()
        if type(event) is RoutesFailed:
            self._again_at = now + self._backoff.next_ns()

    def _order(self) -> ProgramRoutes:
        self._ordered, self._again_at = self._tickets.draw(), None
        return ProgramRoutes(self._ordered, RouteChanges(0, 0))
