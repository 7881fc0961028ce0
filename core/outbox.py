"""What a host has to say at the end of a step: effects for its driver, and messages to itself, which stay inside."""

from collections import deque
from typing import Any

from core.durability import HeldBack, Persist, Stream, Tickets
from core.effects import Effect
from core.ids import NodeId, Ticket
from core.operations import ErrorCode, OperationError
from core.raft.effects import Applied, Observe, Reply, Send
from core.raft.events import Received
from core.raft.machine import Rejected


class Outbox:
    """One per host, shared by its parts. `node_id` decides which messages stay inside."""

    __slots__ = ("_held_back", "effects", "inbox", "node_id", "tickets")

    def __init__(self) -> None:
        self.tickets = Tickets()
        self.effects: list[Effect] = []
        self.inbox: deque[Received] = deque()
        self.node_id = NodeId("")
        self._held_back: HeldBack[Effect] = HeldBack()

    def take(self) -> list[Effect]:
        """The effects since this was last called."""
        effects, self.effects = self.effects, []
        return effects

    def emit(self, effects: list[Any]) -> None:
        """Pass a machine's effects on; a message to this host itself is put in the inbox instead."""
        node_id = self.node_id
        for effect in effects:
            if type(effect) is Send and effect.to == node_id:
                self.inbox.append(Received(node_id, node_id, effect.message))
            else:
                self.effects.append(effect)

    def observe(self, fact: Any) -> None:
        """Tell a fact."""
        self.effects.append(Observe(fact))

    def own_request(self) -> Ticket:
        """A ticket for a request of this host's own: below 0, since drivers number those of their clients upwards."""
        return Ticket(-self.tickets.draw())

    def reply(self, ticket: Ticket, value: Any, index: int = 0) -> None:
        """Answer a client: done."""
        self.effects.append(Reply(ticket, Applied(index, value)))

    def refuse(self, ticket: Ticket, code: ErrorCode, message: str) -> None:
        """Answer a client: the swarm's rules forbid it."""
        self.effects.append(Reply(ticket, Rejected(OperationError(code, message))))

    def persist(self, stream: Stream, record: Any) -> Ticket:
        """Write a record; returns the ticket that `hold` takes."""
        ticket = self.tickets.draw()
        self.effects.append(Persist(ticket, stream, record))
        return ticket

    def hold(self, ticket: Ticket, effect: Effect) -> None:
        """Keep an effect until the write of `ticket` is durable."""
        self._held_back.hold(ticket, effect)

    def release(self, persisted: Ticket) -> None:
        """All writes up to `persisted` are durable: let go of what waited for them."""
        self._held_back.release(persisted, self.effects)
