"""Messages of other peers: terms are seen to first, then the part that the message is for gets it.

Theory of operation. A message of an older term is answered with ours or ignored; a newer term makes this peer a
follower before the message is looked at (Raft dissertation §3.3). Of the messages that only a leader sends, the first
in a term tells whom to follow; another sender of them in the same term is refused. So a handler may rely on this: the
message is of the present term, and from its leader if only a leader sends such.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from core.ids import NodeId
from core.raft.effects import MessageRefused
from core.raft.elections import Elections
from core.raft.events import Received
from core.raft.leadership import Leadership
from core.raft.messages import (
    Append,
    AppendAcked,
    AppendRefused,
    Forward,
    Forwarded,
    GroupEnded,
    Heartbeat,
    HeartbeatAnswered,
    InstallSnapshot,
    PreVote,
    PreVoteGranted,
    ReadIndex,
    ReadIndexed,
    RequestVote,
    SnapshotWanted,
    Stale,
    TimeoutNow,
    VoteAnswered,
)
from core.raft.state import RaftState

MessageHandler = Callable[[NodeId, Any], None]
"""Takes the sender and the message."""


class TermKind(Enum):
    """What a message's term means to its receiver."""

    TERMLESS = "termless"
    """It tells no term, or one that concerns nobody else."""
    TERMED = "termed"
    FROM_LEADER = "from leader"
    """Only the leader of its term sends it."""


TERMLESS, TERMED, FROM_LEADER = TermKind

TERM_KINDS: Final[Mapping[type, TermKind]] = {
    PreVote: TERMLESS,
    PreVoteGranted: TERMLESS,
    RequestVote: TERMED,
    VoteAnswered: TERMED,
    Append: FROM_LEADER,
    AppendAcked: TERMED,
    AppendRefused: TERMED,
    Heartbeat: FROM_LEADER,
    HeartbeatAnswered: TERMED,
    Stale: TERMED,
    InstallSnapshot: FROM_LEADER,
    SnapshotWanted: TERMED,
    TimeoutNow: FROM_LEADER,
    Forward: TERMLESS,
    Forwarded: TERMLESS,
    ReadIndex: TERMLESS,
    ReadIndexed: TERMLESS,
    GroupEnded: TERMLESS,
}
"""Every message of the protocol."""


class Intake:
    """Takes what other peers send."""

    __slots__ = ("_elections", "_handlers", "_leadership", "_state")

    def __init__(
        self,
        state: RaftState,
        elections: Elections,
        leadership: Leadership,
        handlers: Mapping[type, MessageHandler],
    ) -> None:
        """`handlers` has one for each of `TERM_KINDS`."""
        self._state = state
        self._elections = elections
        self._leadership = leadership
        assert handlers.keys() == TERM_KINDS.keys()
        self._handlers = {message_type: (kind, handlers[message_type]) for message_type, kind in TERM_KINDS.items()}

    def on_received(self, event: Received) -> None:
        """Hand a message over, unless its term or its sender forbids."""
        state = self._state
        sender = event.sender
        message: Any = event.message
        kind, handler = self._handlers[type(message)]
        if kind is not TERMLESS:
            if message.term != state.term and not self._meet_term(sender, message, kind):
                return
            if kind is FROM_LEADER and sender != state.leader_id and not self._accept_leader(sender):
                return
        handler(sender, message)

    def _meet_term(self, sender: NodeId, message: Any, kind: TermKind) -> bool:
        """Whether a message of another term than ours concerns us, once we have caught up with it."""
        state = self._state
        if message.term > state.term:
            if type(message) is RequestVote and self._elections.ignores_vote_request(message):
                return False
            self._leadership.follow(message.term, sender if kind is FROM_LEADER else None)
            return True
        if kind is FROM_LEADER:
            state.send(sender, Stale(state.term))
        elif type(message) is RequestVote:
            state.send(sender, VoteAnswered(state.term, granted=False))
        return False

    def _accept_leader(self, sender: NodeId) -> bool:
        state = self._state
        if state.leader_id is not None:
            state.observe(MessageRefused(sender, f"claims to lead term {state.term}, which {state.leader_id} leads"))
            return False
        self._leadership.follow(state.term, sender)
        return True
