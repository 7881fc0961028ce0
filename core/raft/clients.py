"""Clients' requests on any member: find the leader, hand over, try again, or refuse in time.

Theory of operation. A member that leads evaluates a request itself; any other forwards it to the leader it follows, and
again while no answer comes, since messages get lost. When a new leader appears, every request still pending goes to it:
sessions see to it that none is applied twice. Without a leader in reach a request is refused when it has waited
`refusal_ns`, or at once when there has been no leader for that long.
"""

from typing import Any

from core.ids import NodeId
from core.raft.effects import Applied, Refused, Reply, Role
from core.raft.events import Cancelled, Propose
from core.raft.messages import Forward, Forwarded
from core.raft.proposals import DEFERRED, Proposals, Taking
from core.raft.requests import PATIENCE_REFUSALS, PendingRequest, Requests
from core.raft.rounds import Rounds
from core.raft.sessions import Sessions
from core.raft.state import RaftState


def leader_in_reach(state: RaftState, rounds: Rounds) -> bool:
    """Whether this member leads a majority, or has heard its leader, within the least election timeout."""
    if state.role is Role.LEADER:
        return state.now - rounds.contact_at <= state.timing.election_min_ns
    return state.leader_id is not None and state.now - state.heard_at <= state.timing.election_min_ns


def is_hopeless(state: RaftState) -> bool:
    """Whether there has been no leader for so long that waiting makes no sense."""
    return state.leader_id is None and state.now - state.leader_lost_at >= state.timing.refusal_ns


def no_leader_reason(state: RaftState) -> str:
    """What a client is told when nobody can decide."""
    count = len(state.voter_ids)
    return (
        f"no leader: {state.quorum} of {count} managers must be up and reach each other to decide anything; "
        "bring managers back and try again"
    )


class Clients:
    """Takes requests and sees each through to a Reply."""

    __slots__ = ("_proposals", "_requests", "_rounds", "_sessions", "_state")

    def __init__(
        self,
        state: RaftState,
        rounds: Rounds,
        proposals: Proposals,
        requests: Requests,
        sessions: Sessions,
    ) -> None:
        self._state = state
        self._rounds = rounds
        self._proposals = proposals
        self._requests = requests
        self._sessions = sessions

    def on_propose(self, event: Propose) -> None:
        """A client asks for a change."""
        state = self._state
        if state.leader_id is None and is_hopeless(state):
            state.effects.append(Reply(event.ticket, Refused(no_leader_reason(state))))
            return
        pending = self._requests.add(event.ticket, event.request)
        if pending is None:
            reason = "this manager has too many requests waiting: try again shortly"
            state.effects.append(Reply(event.ticket, Refused(reason)))
            return
        self._try(pending)

    def on_cancelled(self, event: Cancelled) -> None:
        """A client is gone."""
        self._requests.cancel(event.ticket)

    def on_forwarded(self, sender: NodeId, message: Forwarded[Any]) -> None:
        """The leader tells an outcome. All but an applied result concerns one try only."""
        pending = self._requests.get(message.sequence)
        if pending is None:
            return
        if isinstance(message.result, Applied) or message.term == pending.tried_term:
            self._requests.conclude(message.incarnation, message.sequence, message.result)

    def pursue(self) -> None:
        """There may be a new leader: everything that it has not had goes to it."""
        if not len(self._requests):
            return
        for pending in self._requests:
            if pending.tried_term != self._state.term:
                self._try(pending)

    def on_restored(self) -> None:
        """A snapshot stands for entries that this member never saw: some of them may be its own."""
        state = self._state
        for pending in self._requests:
            result = self._sessions.result_of(state.id, state.incarnation, pending.sequence)
            if result is not None:
                self._requests.conclude(state.incarnation, pending.sequence, result)

    def tick(self) -> None:
        """Try again what got no answer; give up what waits in vain."""
        state = self._state
        for pending in self._requests.take_due():
            waited_ns = state.now - pending.asked_at
            refusal_ns = state.timing.refusal_ns
            if waited_ns >= refusal_ns and not leader_in_reach(state, self._rounds):
                self._requests.give_up(pending, no_leader_reason(state))
            elif waited_ns >= PATIENCE_REFUSALS * refusal_ns:
                self._requests.give_up(pending, "the leader has not answered: look before trying again")
            else:
                self._try(pending)

    def _try(self, pending: PendingRequest) -> None:
        state = self._state
        if state.leading:
            self._take(pending)
        elif state.leader_id is not None and state.leader_id != state.id:
            pending.tried_term = state.term
            pending.exposed = True
            state.send(
                state.leader_id,
                Forward(state.term, state.incarnation, pending.sequence, self._requests.settled_below, pending.request),
            )

    def _take(self, pending: PendingRequest) -> None:
        state = self._state
        outcome = self._proposals.take(
            state.id, state.incarnation, pending.sequence, self._requests.settled_below, pending.request
        )
        if outcome is DEFERRED:
            return
        pending.tried_term = state.term
        pending.exposed = True
        if not isinstance(outcome, Taking):
            self._requests.conclude(state.incarnation, pending.sequence, outcome)
