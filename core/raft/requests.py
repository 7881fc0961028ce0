"""Clients' requests that this member took and has not answered: the origin's side of a session.

Theory of operation. Each request gets the next sequence of this member's session and is kept until it is concluded:
by its applied result, by the leader's refusal or rejection of the very try that was made last, or by running out of
time. A request is `exposed` once it has been in any leader's hands, or may have been: from then on only an outcome from
the log, or from the leader it was last sent to, is certain, and running out of time means that the outcome is unknown.
"""

from collections.abc import Iterator
from typing import Any

from core.ids import Ticket
from core.raft.effects import OutcomeUnknown, Refused, Reply, Result
from core.raft.state import RaftState
from core.timing import NEVER

TRIES_PER_REFUSAL = 5
"""A request without an answer is sent again this often within the time after which it may be refused."""
PATIENCE_REFUSALS = 10
"""With a leader in reach a request waits longer, but no longer than this many times the refusal time."""


class PendingRequest:
    """One request of a client."""

    __slots__ = ("asked_at", "check_at", "exposed", "request", "sequence", "ticket", "tried_term")

    def __init__(self, ticket: Ticket, request: Any, sequence: int, now: int, check_at: int) -> None:
        self.ticket = ticket
        self.request = request
        self.sequence = sequence
        self.asked_at = now
        self.check_at = check_at
        """When to try again or give up."""
        self.tried_term = 0
        """The term of the leader it was last sent to; 0 for none."""
        self.exposed = False


class Requests:
    """The table of what clients wait for, by sequence."""

    __slots__ = ("_next_sequence", "_pending", "_settled_below", "_state", "check_at")

    def __init__(self, state: RaftState) -> None:
        self._state = state
        self._pending: dict[int, PendingRequest] = {}
        self._next_sequence = 1
        self._settled_below = 1
        self.check_at = NEVER
        """The first `check_at` of all that is pending, or earlier."""

    def __len__(self) -> int:
        return len(self._pending)

    def __iter__(self) -> Iterator[PendingRequest]:
        return iter(list(self._pending.values()))

    @property
    def settled_below(self) -> int:
        """The oldest sequence that a client still waits for, or the next one."""
        pending = self._pending
        while self._settled_below < self._next_sequence and self._settled_below not in pending:
            self._settled_below += 1
        return self._settled_below

    def add(self, ticket: Ticket, request: Any) -> PendingRequest | None:
        """Take a request; None if this member keeps too many waiting already."""
        state = self._state
        sequence = self._next_sequence
        if sequence - self._settled_below >= state.config.pending_count_max and (
            sequence - self.settled_below >= state.config.pending_count_max
        ):
            return None
        self._next_sequence = sequence + 1
        check_at = state.now + state.timing.refusal_ns // TRIES_PER_REFUSAL
        pending = PendingRequest(ticket, request, sequence, state.now, check_at)
        self._pending[sequence] = pending
        if check_at < self.check_at:
            self.check_at = check_at
        return pending

    def conclude(self, incarnation: int, sequence: int, result: Result) -> None:
        """Answer the client, if it still waits."""
        if incarnation != self._state.incarnation:
            return
        pending = self._pending.pop(sequence, None)
        if pending is not None:
            self._state.effects.append(Reply(pending.ticket, result))

    def get(self, sequence: int) -> PendingRequest | None:
        """The request of that sequence, if its client still waits."""
        return self._pending.get(sequence)

    def give_up(self, pending: PendingRequest, reason: str) -> None:
        """Tell the client what is certain: that nothing was done, or that nobody can tell."""
        result = OutcomeUnknown(reason) if pending.exposed else Refused(reason)
        self.conclude(self._state.incarnation, pending.sequence, result)

    def give_up_all(self, reason: str) -> None:
        """This member takes no more part."""
        for pending in self:
            self.give_up(pending, reason)

    def cancel(self, ticket: Ticket) -> bool:
        """Forget a request whose client is gone; whether there was one."""
        for pending in self._pending.values():
            if pending.ticket == ticket:
                del self._pending[pending.sequence]
                return True
        return False

    def take_due(self) -> list[PendingRequest]:
        """Requests whose time to be checked has come, each with its next check set."""
        state = self._state
        if state.now < self.check_at:
            return []
        step_ns = state.timing.refusal_ns // TRIES_PER_REFUSAL
        due = [pending for pending in self._pending.values() if pending.check_at <= state.now]
        for pending in due:
            pending.check_at += step_ns * ((state.now - pending.check_at) // step_ns + 1)
        self.check_at = min((pending.check_at for pending in self._pending.values()), default=NEVER)
        return due
