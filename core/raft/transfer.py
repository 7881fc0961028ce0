"""Handing leadership over (Raft dissertation §3.10).

Theory of operation. The leader takes no further requests, waits until the chosen voter's log is as long as its own, and
tells it to campaign at once. If leadership has not moved within an election timeout, it leads on.

A leader whose disk is nearly full hands over unasked, be it that it led when it was told so or came to lead since. A
transfer that fails is repeated, to somebody else if there is anybody, after a pause in which clients are served.
"""

from core.ids import NodeId
from core.raft.effects import TransferEnded
from core.raft.messages import TimeoutNow
from core.raft.proposals import Proposals
from core.raft.replication import Replication
from core.raft.state import RaftState
from core.timing import NEVER

PAUSE_TIMEOUTS = 10
"""This many election timeouts lie between two transfers that a leader tries because its disk is nearly full."""


class Transfer:
    """One transfer under way, or none."""

    __slots__ = ("_failed_at", "_proposals", "_replication", "_state", "_told", "deadline_at", "to")

    def __init__(self, state: RaftState, replication: Replication, proposals: Proposals) -> None:
        self._state = state
        self._replication = replication
        self._proposals = proposals
        self.to: NodeId | None = None
        self.deadline_at = NEVER
        """When to give the transfer up; when to try one again, if none is under way."""
        self._failed_at: dict[NodeId, int] = {}
        """When each voter that did not take over in time was given up, in this time of leading."""
        self._told = False

    def begin(self, to: NodeId | None) -> None:
        """Hand over to `to`, or to the reachable voter whose log is longest; nothing if there is none."""
        state = self._state
        if not state.leading or self.to is not None:
            return
        target = self.best_voter() if to is None else to
        if target is None or target == state.id or target not in state.voter_ids:
            return
        self.to = target
        self.deadline_at = state.now + state.timing.election_max_ns
        self._told = False
        self._proposals.paused = True
        self.settle()

    def prefer_others(self) -> None:
        """A leader whose disk is nearly full hands over, as often as it takes."""
        if not (self._state.leading and self._state.storage_low) or self.to is not None:
            return
        self.begin(None)
        if self.to is None:
            self.deadline_at = self._state.now + self._state.timing.election_max_ns

    def best_voter(self) -> NodeId | None:
        """Of the reachable voters other than this peer: one that has not failed to take over, or not lately.

        Of several the one whose log is longest, then the first to have joined.
        """
        replication = self._replication
        voter_ids = [
            node_id
            for node_id in self._state.voter_ids
            if node_id != self._state.id and replication.rounds.reachable(node_id)
        ]
        return min(
            voter_ids,
            key=lambda node_id: (self._failed_at.get(node_id, -1), -replication.progress[node_id].match_index),
            default=None,
        )

    def settle(self) -> None:
        """Tell the target, once it has everything."""
        state = self._state
        if self.to is None or self._told:
            return
        peer = self._replication.progress.get(self.to)
        if peer is not None and peer.match_index == state.log.last_index:
            self._told = True
            state.send(self.to, TimeoutNow(state.term))

    def tick(self) -> None:
        """Lead on if it took too long; try again, if need be, once clients have had their turn."""
        state = self._state
        if state.now < self.deadline_at:
            return
        if self.to is None:
            self.deadline_at = NEVER
            self.prefer_others()
            return
        state.observe(TransferEnded(self.to))
        self._failed_at[self.to] = state.now
        self._end()
        if state.storage_low:
            self.deadline_at = state.now + PAUSE_TIMEOUTS * state.timing.election_max_ns

    def stop(self) -> None:
        """This peer leads no longer."""
        self._end()
        self._failed_at = {}

    def _end(self) -> None:
        self.to = None
        self.deadline_at = NEVER
        self._proposals.paused = False
