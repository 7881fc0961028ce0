"""Clients' requests that need fresh secrets first: no host draws any itself, so its driver is asked for them.

Theory of operation. Whoever is asked waits here under the ticket of its `MakeKeys` until `KeyMaterial` comes for that.
Until then nothing has begun to take effect: a client may go, and a host that dies meanwhile has promised nothing.
"""

from core.effects import MakeKeys
from core.events import KeyMaterial
from core.ids import Ticket
from core.operations import InitSwarm, UpdateCluster
from core.outbox import Outbox

NeedsKeys = InitSwarm | UpdateCluster


class KeyRequests:
    """What waits for secrets; most of the time nothing."""

    __slots__ = ("_outbox", "_wanted")

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._wanted: dict[Ticket, tuple[Ticket, NeedsKeys]] = {}
        """By the ticket under which the secrets are asked for: the client's, and what it asks."""

    @property
    def founding(self) -> bool:
        """Whether a client waits to found a swarm."""
        return any(isinstance(operation, InitSwarm) for _, operation in self._wanted.values())

    def ask(self, client: Ticket, operation: NeedsKeys, lengths: tuple[int, ...]) -> None:
        """Have secrets of these lengths in bytes made for a client's request."""
        ticket = self._outbox.tickets.draw()
        self._wanted[ticket] = (client, operation)
        self._outbox.emit([MakeKeys(ticket, lengths)])

    def take(self, event: KeyMaterial) -> tuple[Ticket, NeedsKeys] | None:
        """Whose secrets these are, and what it asked; None if it is gone."""
        return self._wanted.pop(event.ticket, None)

    def cancel(self, client: Ticket) -> None:
        """A client is gone."""
        self._wanted = {ticket: wanted for ticket, wanted in self._wanted.items() if wanted[0] != client}
