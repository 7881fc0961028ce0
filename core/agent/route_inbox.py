"""Parts of route tables on their way to the data plane: each applied once, in order, to what it was made for.

Theory of operation. The agent keeps no table, only how far the data plane has come in this session; the driver holds
the table. A session begins with a whole table. Where it stands is three numbers: the `version` that is whole, the
version `towards` which the last transfer goes, and how many records of that one are programmed. A part fits that goes
on exactly there, or that begins a transfer to a later version: a whole table, or from the version that is whole.
Anything else is answered with where the data plane stands, so that the dispatcher goes on from there. A data plane that
could not be programmed stands at nothing and is given the whole table again; what it has programmed stays meanwhile.

`towards` never falls within a session, so that a part of an older transfer which comes late is not taken for a new one.

One order at a time is with the driver, whichever session it is of, and is given again until there is a report on it
(`core.route_order`): so a data plane that is slow or silent has never more than that to do. What an earlier session
left there is waited for, and says nothing of this session: another leader's table of the very same version comes in an
order of its own, and does not go on where that part ended. The newest part that came meanwhile is kept for then.
"""

from core.durability import Tickets
from core.effects import Effect
from core.events import RoutesApplied, RoutesFailed
from core.ids import NodeId, SessionId, Ticket
from core.mesh.routes import RouteChanges
from core.messages import Routes, RoutesAck
from core.raft.effects import Send
from core.route_order import RouteOrder


class RouteInbox:
    """`version`: the last the data plane carried all of, as far as this session is concerned; 0 is unknown."""

    def __init__(self, tickets: Tickets) -> None:
        self._order = RouteOrder(tickets)
        self.begin()

    def begin(self) -> None:
        """A new session: whatever is programmed stays until its first table arrives."""
        self._is_of_before = self._order.under_way
        """Whether the order under way was given in an earlier session."""
        self._waiting: tuple[NodeId, Routes] | None = None
        """The newest part that came while it was."""
        self.version = 0
        self._from = 0
        self._towards = 0
        self._position = 0

    def received(self, now: int, sender: NodeId, message: Routes, out: list[Effect]) -> None:
        """Hand a part to the data plane, unless one is under way; say where it stands if this one does not fit."""
        if self._order.under_way:
            if self._is_of_before:
                self._waiting = sender, message
        elif self._fits(message.changes):
            out.append(self._order.give(now, message.changes))
        else:
            out.append(Send(sender, self._standing(message.session_id)))

    def tick(self, now: int, out: list[Effect]) -> None:
        """Give the order again that there was no report on for a while."""
        again = self._order.again(now)
        if again is not None:
            out.append(again)

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        return self._order.deadline()

    def applied(
        self, now: int, event: RoutesApplied, session_id: SessionId, manager_id: NodeId, out: list[Effect]
    ) -> None:
        """The data plane carries a part."""
        part = self._take(now, event.ticket, out)
        if part is None:
            return
        self._from, self._towards, self._position = part.from_version, part.to_version, part.end_position
        self.version = part.from_version
        if part.last:
            self.version, self._position = part.to_version, 0
        if session_id:
            out.append(Send(manager_id, self._standing(session_id)))

    def failed(
        self, now: int, event: RoutesFailed, session_id: SessionId, manager_id: NodeId, out: list[Effect]
    ) -> None:
        """The data plane could not be programmed: ask for the whole table."""
        part = self._take(now, event.ticket, out)
        if part is None:
            return
        self.version, self._towards, self._position = 0, part.to_version, 0
        if session_id:
            out.append(Send(manager_id, self._standing(session_id, event.reason or "failed")))

    def _take(self, now: int, ticket: Ticket, out: list[Effect]) -> RouteChanges | None:
        """The part of this session that a report is on; after one of an earlier session, go on with what waits."""
        part = self._order.reported(ticket)
        if part is None or not self._is_of_before:
            return part
        self._is_of_before = False
        if self._waiting is not None:
            self.received(now, *self._waiting, out)
            self._waiting = None
        return None

    def _fits(self, part: RouteChanges) -> bool:
        if part.position:
            return (part.from_version, part.to_version, part.position) == (self._from, self._towards, self._position)
        is_later = part.to_version > self._towards
        is_other = part.from_version != self._from or not self._position
        is_again = part.to_version == self._towards > self.version and is_other
        return part.from_version in (0, self.version) and (is_later or is_again)

    def _standing(self, session_id: SessionId, reason: str = "") -> RoutesAck:
        return RoutesAck(session_id, self.version, self._towards, self._position, reason)
