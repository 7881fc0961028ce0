"""Route changes on their way to the data plane: each applied once, to the version it was made for.

The agent keeps no table, only the version that the data plane has been given in this session; the driver holds the
table. A session begins with a whole table. A change for another version is answered with the version held, so that
the dispatcher sends the right one; a data plane that could not be programmed holds version 0 and is given the whole
table again.
"""

from core.effects import Effect, ProgramRoutes
from core.events import RoutesApplied, RoutesFailed
from core.ids import NodeId, SessionId
from core.messages import Routes, RoutesAck
from core.raft.effects import Send


class RouteInbox:
    """`version`: what the data plane carries, as far as this session is concerned; 0 is unknown."""

    def __init__(self) -> None:
        self.version = 0
        self._programming: int | None = None

    def begin(self) -> None:
        """A new session: whatever is programmed stays until its first table arrives."""
        self.version = 0
        self._programming = None

    def received(self, sender: NodeId, message: Routes, out: list[Effect]) -> None:
        """Hand a change to the data plane, unless it is under way or done."""
        changes = message.changes
        if self._programming is not None:
            return
        fits = changes.from_version == self.version if changes.from_version else changes.to_version > self.version
        if fits and changes.to_version > self.version:
            self._programming = changes.to_version
            out.append(ProgramRoutes(changes))
        else:
            out.append(Send(sender, RoutesAck(message.session_id, self.version)))

    def applied(self, event: RoutesApplied, session_id: SessionId, manager_id: NodeId, out: list[Effect]) -> None:
        """The data plane carries a version."""
        if event.version != self._programming:
            return
        self._programming = None
        self.version = event.version
        if session_id:
            out.append(Send(manager_id, RoutesAck(session_id, self.version)))

    def failed(self, event: RoutesFailed, session_id: SessionId, manager_id: NodeId, out: list[Effect]) -> None:
        """The data plane could not be programmed: ask for the whole table."""
        if event.version != self._programming:
            return
        self._programming = None
        self.version = 0
        if session_id:
            out.append(Send(manager_id, RoutesAck(session_id, 0, event.reason or "failed")))
