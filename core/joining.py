"""A host that asks to become a member: one attempt after another, until a manager has answered.

Theory of operation. The request goes to one manager at a time: those the operator named, in turn, or the leader as soon
as someone has said who that is. Each repetition has the same identity and a new attempt number; an answer to any
attempt counts, since repeating a request changes nothing. Whoever is refused, or unanswered for too long, is told so
and may try again.
"""

from core.backoff import Backoff
from core.effects import SendTo
from core.ids import Address, NodeId, Ticket
from core.messages import JoinRequest, NotLeader
from core.objects.node import NodeDescription
from core.operations import JoinSwarm
from core.timing import SECOND

JOIN_TIMEOUT_NS = 20 * SECOND
"""How long a join waits for an answer (moby `swarmConnectTimeout`)."""


class Joining:
    """One `JoinSwarm` under way, for the client of `ticket`, under the identity `node_id`."""

    def __init__(
        self,
        ticket: Ticket,
        operation: JoinSwarm,
        node_id: NodeId,
        description: NodeDescription,
        backoff: Backoff,
        now: int,
    ) -> None:
        self.ticket = ticket
        self.operation = operation
        self.node_id = node_id
        self.gives_up_at = now + JOIN_TIMEOUT_NS
        self._description = description
        self._backoff = backoff
        self._attempt = 0
        self._leader: Address | None = None
        self._next_at = now

    def deadline(self) -> int:
        """When to ask again, or to give up."""
        return min(self._next_at, self.gives_up_at)

    def tick(self, now: int) -> list[SendTo]:
        """Ask once more if it is time."""
        if now < self._next_at:
            return []
        remotes = self.operation.remotes
        address = self._leader or remotes[self._attempt % len(remotes)]
        self._attempt += 1
        self._leader = None
        self._next_at = now + self._backoff.next_ns()
        request = JoinRequest(
            attempt=self._attempt,
            node_id=self.node_id,
            token=self.operation.token,
            address=self.operation.advertise,
            availability=self.operation.availability,
            description=self._description,
        )
        return [SendTo(address, request)]

    def on_not_leader(self, now: int, message: NotLeader) -> None:
        """Whoever was asked does not lead; if it knows who does, ask there at once."""
        if message.leader is not None and message.attempt == self._attempt:
            self._leader = message.leader.address
            self._next_at = now
