"""How far one agent's data plane has come in its session, as its acknowledgements tell.

Theory of operation. One transfer is under way at a time, in parts, one by one; where the agent says it stands is where
the next part begins. An agent has acknowledged a version only when it has programmed all of it. Acknowledgements come
late, twice and in any order: within a transfer only a later position counts, and of a whole version only the one that
is under way. A failure counts likewise: one of a transfer that is over says nothing of what came after it. An agent
that stands at nothing, while it is sent what needs something, is given its whole table.
"""

from enum import Enum

from core.mesh.routes import RouteChanges
from core.mesh.transfer import Transfer
from core.messages import RoutesAck


class Heard(Enum):
    """What an acknowledgement means for the part under way."""

    OLD = "nothing new"
    PART = "the next part may be sent"
    VERSION = "the whole transfer is programmed"
    NOTHING = "the agent's data plane carries nothing that counts: a whole table is to follow"
    FAILED = "likewise, since it could not be programmed"


class RouteProgress:
    """`version` is what the agent's data plane carries all of; 0 is nothing, or unknown."""

    __slots__ = ("_position", "_transfer", "version")

    def __init__(self) -> None:
        self.version = 0
        self._transfer: Transfer | None = None
        self._position = 0

    @property
    def under_way(self) -> bool:
        """Whether there are parts left of a transfer that was begun."""
        return self._transfer is not None

    def begin(self, transfer: Transfer) -> None:
        """This is what the agent is to be told."""
        assert self._transfer is None
        assert transfer.from_version in (0, self.version)
        self._transfer = transfer
        self._position = 0

    def part(self) -> RouteChanges:
        """The part of the transfer that is to be sent next."""
        assert self._transfer is not None
        return self._transfer.part(self._position)

    def heard(self, ack: RoutesAck) -> Heard:
        """Where the agent says it stands."""
        transfer = self._transfer
        if transfer is None:
            return Heard.OLD
        if ack.reason:
            if ack.towards != transfer.to_version:
                return Heard.OLD
            self._forget()
            return Heard.FAILED
        if ack.version == transfer.to_version:
            self.version, self._transfer = ack.version, None
            return Heard.VERSION
        if (ack.version, ack.towards) == (transfer.from_version, transfer.to_version) and ack.position > self._position:
            self._position = ack.position
            return Heard.PART
        if ack.version == ack.position == 0 and (transfer.from_version or self._position):
            self._forget()
            return Heard.NOTHING
        return Heard.OLD

    def _forget(self) -> None:
        self.version, self._transfer = 0, None
