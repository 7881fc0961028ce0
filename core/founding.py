"""Founding a swarm: from a client's `InitSwarm` to the first objects in the store.

Theory of operation. First come the secrets of the swarm's tokens, which the driver makes. With them the host becomes a
manager (`core.membership`) under an identity that holds everything needed to repeat the first transaction. It is
proposed at once for the client; should that come to nothing, or the host restart in between, then by the host itself,
each time it leads, until the objects are in the store. So a client that is refused cannot be told that nothing will be
done.
"""

from core.durable import Identity
from core.effects import MakeKeys
from core.events import KeyMaterial
from core.ids import Ticket
from core.objects.node import NodeDescription
from core.operations import FoundSwarm, InitSwarm
from core.outbox import Outbox
from core.raft.events import Propose
from core.tokens import TOKEN_SECRET_LENGTHS


class Founder:
    """What is under way of founding a swarm; most of the time nothing."""

    __slots__ = ("_client", "_keys_wanted", "_outbox", "_proposed")

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._keys_wanted: dict[Ticket, tuple[Ticket, InitSwarm]] = {}
        """By the ticket under which the secrets are asked for: the client's, and what it asks."""
        self._proposed: Ticket | None = None
        """The proposal that is not answered yet."""
        self._client: Ticket | None = None
        """Whoever asked, if that was since this host's start."""

    @property
    def awaits_keys(self) -> bool:
        """Whether a client waits for secrets to be made."""
        return bool(self._keys_wanted)

    def ask_for_keys(self, ticket: Ticket, operation: InitSwarm) -> None:
        """The first thing."""
        keys_ticket = self._outbox.tickets.draw()
        self._keys_wanted[keys_ticket] = (ticket, operation)
        self._outbox.emit([MakeKeys(keys_ticket, TOKEN_SECRET_LENGTHS)])

    def take_keys(self, event: KeyMaterial) -> tuple[Ticket, InitSwarm] | None:
        """Whose secrets these are, and what it asked; None if it is gone."""
        return self._keys_wanted.pop(event.ticket, None)

    def cancel(self, ticket: Ticket) -> None:
        """A client is gone: what has not begun to take effect is given up."""
        self._keys_wanted = {keys: wanted for keys, wanted in self._keys_wanted.items() if wanted[0] != ticket}

    def propose_for(self, client: Ticket, identity: Identity, description: NodeDescription) -> Propose:
        """The first objects, to be answered to the client."""
        self._client = client
        return self._propose(client, identity, description)

    def propose_again(self, identity: Identity, description: NodeDescription) -> Propose | None:
        """The first objects once more, for nobody in particular; None while a proposal is under way."""
        if self._proposed is not None:
            return None
        return self._propose(self._outbox.own_request(), identity, description)

    def is_own(self, ticket: Ticket) -> bool:
        """Whether an answer is to a proposal of this host's own, which no client waits for; takes note of it."""
        if ticket != self._proposed:
            return False
        self._proposed = None
        return ticket != self._client

    def is_client(self, ticket: Ticket) -> bool:
        """Whether this client asked to found a swarm."""
        return ticket == self._client

    def stop(self) -> None:
        """The Raft member that was asked is no more."""
        self._proposed = None

    def _propose(self, ticket: Ticket, identity: Identity, description: NodeDescription) -> Propose:
        founding = identity.founding
        assert founding is not None
        self._proposed = ticket
        request = FoundSwarm(
            operation=founding.operation,
            tokens=founding.tokens,
            cluster_id=identity.cluster_id,
            node_id=identity.node_id,
            raft_id=identity.raft_id,
            description=description,
        )
        return Propose(ticket, request)
