"""Handing leadership over (Raft dissertation §3.10).

Theory of operation. The leader takes no further requests, waits until the chosen voter's log is as long as its own, and
tells it to campaign at once. If leadership has not moved within an election timeout, it leads on.
"""

from core.ids import NodeId
from core.raft.effects import TransferEnded
from core.raft.messages import TimeoutNow
from core.raft.proposals import Proposals
from core.raft.replication import Replication
from core.raft.state import NEVER, RaftState


class Transfer:
    """One transfer under way, or none."""

    __slots__ = ("_proposals", "_replication", "_state", "_told", "deadline_at", "to")

    def __init__(self, state: RaftState, replication: Replication, proposals: Proposals) -> None:
        self._state = state
        self._replication = replication
        self._proposals = proposals
        self.to: NodeId | None = None
        self.deadline_at = NEVER
        """When to give the transfer up."""
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

    def best_voter(self) -> NodeId | None:
        """The reachable voter, other than this peer, whose log is longest; of several, the first to have joined."""
        replication = self._replication
        best: NodeId | None = None
        for node_id in self._state.voter_ids:
            if node_id == self._state.id or not replication.reachable(node_id):
                continue
            if best is None or replication.progress[node_id].match_index > replication.progress[best].match_index:
                best = node_id
        return best

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
        """Lead on if it took too long."""
        if self._state.now >= self.deadline_at and self.to is not None:
            self._state.observe(TransferEnded(self.to))
            self.reset()

    def reset(self) -> None:
        """No transfer is under way."""
        self.to = None
        self.deadline_at = NEVER
        self._proposals.paused = False
