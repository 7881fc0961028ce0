"""A manager that waits for the unlock key after a restart.

Theory of operation. While a manager runs, its identity on disk follows the cluster's key: it holds a check of it
(`Identity.key_check`), and the driver seals with the key what is secret. A host that starts with such an identity is
locked. It takes part in nothing: no Raft, no session, no answers but refusals, while its containers run on and its
tables forward. Whoever shows the key that the check is of has the driver open the log; with that the host becomes the
member that it was. The key that counts is the one that this host last heard of, not the cluster's newest. A driver that
cannot open the log says so: those who wait are told, and the key may be shown again.
"""

from typing import Final

from core.durable import Identity
from core.effects import OpenLog
from core.ids import Ticket
from core.operations import ErrorCode, UnlockSwarm
from core.outbox import Outbox
from core.unlock_key import check_of, is_well_formed

LOCKED: Final = (
    'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.'
)
LEAVING_LOCKED: Final = "Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message."
NOT_LOCKED: Final = "swarm is not locked"
_MALFORMED: Final = "this is no unlock key: one begins with SWMKEY-1-, and `docker swarm unlock-key` shows it"
_WRONG: Final = "swarm could not be unlocked: invalid key provided"
_NOT_OPENED: Final = "swarm could not be unlocked, though the key is right: {}"


class Lock:
    """Who has shown the key and waits for the log to be opened; most of the time nobody."""

    __slots__ = ("_asked", "_outbox", "_waiting")

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._asked = False
        """Whether the driver is opening the log."""
        self._waiting: list[Ticket] = []

    def try_key(self, ticket: Ticket, operation: UnlockSwarm, identity: Identity) -> None:
        """Have the log opened if this is the key of a locked manager; refuse it otherwise."""
        if not is_well_formed(operation.key):
            self._outbox.refuse(ticket, ErrorCode.INVALID, _MALFORMED)
        elif check_of(operation.key) != identity.key_check:
            self._outbox.refuse(ticket, ErrorCode.UNAUTHENTICATED, _WRONG)
        else:
            if not self._asked:
                self._asked = True
                self._outbox.emit([OpenLog(operation.key)])
            self._waiting.append(ticket)

    def cancel(self, ticket: Ticket) -> None:
        """A client is gone; the log is opened all the same."""
        self._waiting = [each for each in self._waiting if each != ticket]

    def opened(self) -> None:
        """The host has taken up what it was: tell those who wait."""
        for ticket in self._end():
            self._outbox.reply(ticket, None)

    def not_opened(self, reason: str) -> None:
        """The driver cannot: tell those who wait. Whoever shows the key again has it tried again."""
        for ticket in self._end():
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, _NOT_OPENED.format(reason))

    def abandon(self) -> None:
        """The host has left the swarm instead: tell those who wait."""
        for ticket in self._end():
            self._outbox.refuse(ticket, ErrorCode.CONFLICT, NOT_LOCKED)

    def _end(self) -> list[Ticket]:
        waiting, self._waiting, self._asked = self._waiting, [], False
        return waiting
