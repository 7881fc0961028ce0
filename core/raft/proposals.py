"""The leader's side of clients' requests: each is evaluated once, and its outcome told to whoever took the request.

Theory of operation. Only a leader whose first own entry is applied evaluates, so that every entry that was ever
committed is in its state, and any that is not never will be. Within its term it remembers which sequences of which
session it has taken; across terms the session table does. A Forward is good for one term only: a copy that turns up in
a later one is not for that leader. Together these make "rejected" and "refused" final: no late copy can be taken.

A rejection speaks of state that includes entries still in flight, so it waits until those are applied, and until a
majority has confirmed that this peer leads: else a deposed leader would reject by state that is long out of date.
"""

from enum import Enum
from typing import Any

from core.ids import NodeId
from core.raft.barriers import Barriers
from core.raft.effects import Applied, Refused, Result, Role
from core.raft.entries import OVERHEAD_BYTES, CommandEntry, Stamp
from core.raft.machine import Accepted, Command, Rejected
from core.raft.members import member_of
from core.raft.messages import Forward, Forwarded
from core.raft.replication import Replication
from core.raft.requests import Requests
from core.raft.sessions import Sessions, forget_settled
from core.raft.state import RaftState


class Taking(Enum):
    """What became of a request that has no outcome yet."""

    TAKEN = "taken"
    """Its outcome will come."""
    DEFERRED = "deferred"
    """Nothing was done; it may be tried again."""


TAKEN, DEFERRED = Taking


class NotAccepting(Exception):
    """Submit came while the peer does not take commands: look at `accepting` first."""


class _Window:
    """One session in the eyes of this term's leader."""

    __slots__ = ("incarnation", "seen", "settled_below")

    def __init__(self, incarnation: int) -> None:
        self.incarnation = incarnation
        self.settled_below = 0
        self.seen: dict[int, Result | Taking] = {}

    def settle(self, below: int) -> None:
        forget_settled(self.seen, self.settled_below, below)
        self.settled_below = below


class Proposals:
    """Evaluates requests and appends the commands they turn into; idle while this peer does not lead."""

    __slots__ = (
        "_barriers",
        "_members_index",
        "_replication",
        "_requests",
        "_sessions",
        "_state",
        "_windows",
        "paused",
    )

    def __init__(
        self,
        state: RaftState,
        replication: Replication,
        barriers: Barriers,
        sessions: Sessions,
        requests: Requests,
    ) -> None:
        self._state = state
        self._requests = requests
        self._replication = replication
        self._barriers = barriers
        self._sessions = sessions
        self._windows: dict[NodeId, _Window] = {}
        self._members_index = 0
        """Of the membership that `_windows` goes by."""
        self.paused = False
        """While leadership is being handed over."""

    def reset(self) -> None:
        """A term of leading begins or ends."""
        self._windows = {}
        self.paused = False

    @property
    def accepting(self) -> bool:
        """Whether commands may be submitted: this peer leads, is not handing over, and its log has room."""
        state = self._state
        return (
            state.leading
            and not self.paused
            and state.log.bytes_after(state.commit_index) < state.config.uncommitted_bytes_max
        )

    def submit(self, commands: tuple[Command, ...]) -> None:
        """Append the leader's own commands."""
        state = self._state
        if not self.accepting:
            raise NotAccepting("this peer takes no commands now: ask `accepting` before evaluating them")
        if not commands:
            return
        term = state.term
        first_index = state.log.last_index + 1
        self._replication.append(
            [
                CommandEntry(index, term, command.size + OVERHEAD_BYTES, command)
                for index, command in enumerate(commands, first_index)
            ]
        )

    def take(
        self, origin: NodeId, incarnation: int, sequence: int, settled_below: int, request: Any
    ) -> Result | Taking:
        """Evaluate a request unless it was taken before: its outcome if there is one, else what became of it."""
        state = self._state
        assert state.leading
        if state.members_index != self._members_index:
            self._drop_removed()
        window = self._windows.get(origin)
        if window is None or window.incarnation != incarnation:
            window = self._open_window(origin, incarnation)
            if window is None:
                return DEFERRED
        if settled_below > window.settled_below:
            window.settle(settled_below)
        if sequence < window.settled_below:
            return DEFERRED
        earlier = window.seen.get(sequence)
        if earlier is not None:
            return earlier
        applied = self._sessions.result_of(origin, incarnation, sequence)
        if applied is not None:
            return applied
        outcome = self._evaluate(origin, incarnation, sequence, window.settled_below, request)
        if outcome is not DEFERRED:
            window.seen[sequence] = outcome
        return outcome

    def on_forward(self, sender: NodeId, message: Forward[Any]) -> None:
        """A member passes a client's request on; if this is not the leader meant, the member will find that out."""
        state = self._state
        if not state.leading or message.term != state.term:
            return
        outcome = self.take(sender, message.incarnation, message.sequence, message.settled_below, message.request)
        if not isinstance(outcome, Taking):
            self._deliver(sender, message.incarnation, message.sequence, outcome)

    def on_applied(self, stamp: Stamp, result: Applied[Any]) -> None:
        """A request's command was applied: its origin may learn it from the leader before it applies it itself."""
        if stamp.origin == self._state.id:
            self._requests.conclude(stamp.incarnation, stamp.sequence, result)
        elif self._state.role is Role.LEADER:
            self._deliver(stamp.origin, stamp.incarnation, stamp.sequence, result)

    def _deliver(self, origin: NodeId, incarnation: int, sequence: int, result: Result) -> None:
        if origin == self._state.id:
            self._requests.conclude(incarnation, sequence, result)
        else:
            self._state.send(origin, Forwarded(self._state.term, incarnation, sequence, result))

    def _reject(self, origin: NodeId, incarnation: int, sequence: int, rejected: Rejected[Any]) -> None:
        window = self._windows[origin]

        def tell() -> None:
            if sequence in window.seen:
                window.seen[sequence] = rejected
                self._deliver(origin, incarnation, sequence, rejected)

        self._barriers.open(self._state.log.last_index, tell)

    def _drop_removed(self) -> None:
        """Commands of those who are no members by the log so far would be passed over when applied."""
        state = self._state
        self._members_index = state.members_index
        self._windows = {
            origin: window for origin, window in self._windows.items() if member_of(state.members, origin) is not None
        }

    def _open_window(self, origin: NodeId, incarnation: int) -> _Window | None:
        """A window for a session that is new to this leader; None if its commands could not count."""
        window = self._windows.get(origin)
        if window is not None and window.incarnation > incarnation:
            return None
        if member_of(self._state.members, origin) is None or not self._sessions.is_current(origin, incarnation):
            return None
        window = self._windows[origin] = _Window(incarnation)
        return window

    def _evaluate(
        self, origin: NodeId, incarnation: int, sequence: int, settled_below: int, request: Any
    ) -> Result | Taking:
        state = self._state
        if self.paused or state.now - self._replication.rounds.contact_at > state.timing.election_min_ns:
            return DEFERRED
        if state.log.bytes_after(state.commit_index) >= state.config.uncommitted_bytes_max:
            return Refused("the leader has too many writes under way: try again shortly")
        index = state.log.last_index + 1
        outcome = state.machine.evaluate(state.now, index, request)
        if type(outcome) is Accepted:
            command = outcome.command
            stamp = Stamp(origin, incarnation, sequence, settled_below)
            self._replication.append([CommandEntry(index, state.term, command.size + OVERHEAD_BYTES, command, stamp)])
        else:
            assert type(outcome) is Rejected
            self._reject(origin, incarnation, sequence, outcome)
        return TAKEN
