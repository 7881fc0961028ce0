"""Founding a swarm: from a client's `InitSwarm` to the first objects in the store.

Theory of operation. First come the secrets of the swarm's tokens (`core.key_requests`). With them the host becomes a
manager (`core.entering`) under an identity that holds everything needed to repeat the first transaction. It is
proposed at once for the client; should that come to nothing, or the host restart in between, then by the host itself,
each time it leads, until the objects are in the store. So a client that is refused cannot be told that nothing will be
done.
"""

from core.durable import Identity
from core.ids import Ticket
from core.objects.node import NodeDescription
from core.operations import FoundSwarm
from core.outbox import Outbox
from core.raft.events import Propose


class Founder:
    """What is under way of founding a swarm; most of the time nothing."""

    __slots__ = ("_client", "_outbox", "_proposed")

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._proposed: Ticket | None = None
        """The proposal that is not answered yet."""
        self._client: Ticket | None = None
        """Whoever asked, if that was since this host's start."""

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
            unlock_key=founding.unlock_key,
            cluster_id=identity.cluster_id,
            node_id=identity.node_id,
            raft_id=identity.raft_id,
            description=description,
        )
        return Propose(ticket, request)
