"""A leader's heartbeat rounds: when each begins, which a majority has answered, and who is heard.

Theory of operation. A round is one message to all, by a timer and whenever something has to be confirmed. Members
answer with its number. What a majority has answered proves that nobody else led when that round began (Raft
dissertation §6.4); how long a majority has been silent tells a leader when to step down (CheckQuorum, §6.2).
"""

from core.ids import NodeId
from core.raft.messages import Heartbeat
from core.raft.progress import Progress
from core.raft.quorum import reached_by_quorum
from core.raft.state import RaftState
from core.timing import NEVER


class Rounds:
    """Of the members in `progress`, which whoever replicates to them keeps; idle while this peer does not lead."""

    __slots__ = ("_began_at", "_progress", "_state", "contact_at", "next_at", "number")

    def __init__(self, state: RaftState, progress: dict[NodeId, Progress]) -> None:
        self._state = state
        self._progress = progress
        self.number = 0
        """Rounds begun in this term."""
        self.next_at = NEVER
        """When the timer begins the next one."""
        self._began_at: dict[int, int] = {}
        """When each round began, from the last one that a majority answered."""
        self.contact_at = 0
        """Since when a majority has been silent, as of the last round that the timer began."""

    def start(self) -> None:
        """This peer was elected."""
        self.number = 0
        self._began_at = {}
        self.contact_at = self._state.now
        self._schedule()

    def stop(self) -> None:
        """This peer leads no longer."""
        self.next_at = NEVER

    def tick(self) -> None:
        """Begin a round if it is time to."""
        if self._state.now >= self.next_at:
            self.contact_at = self._quorum_contact_at()
            self.confirmed_at()
            self._schedule()
            self.beat()

    def _schedule(self) -> None:
        state = self._state
        self.next_at = state.on_grid(state.now + state.timing.heartbeat_ns)

    def beat(self) -> None:
        """Begin a heartbeat round: one and the same message to all."""
        state = self._state
        self.number += 1
        self._began_at[self.number] = state.now
        heartbeat = Heartbeat(state.term, self.number, state.commit_index)
        for node_id in self._progress:
            state.send(node_id, heartbeat)

    def confirmed_round(self) -> int:
        """The last round in which a majority answered."""
        return self._reached(self.number, {node_id: peer.acked_round for node_id, peer in self._progress.items()})

    def confirmed_at(self) -> int | None:
        """When the last round began in which a majority answered; None if there was none."""
        confirmed_round = self.confirmed_round()
        for number in [number for number in self._began_at if number < confirmed_round]:
            del self._began_at[number]
        return self._began_at.get(confirmed_round)

    def _quorum_contact_at(self) -> int:
        return self._reached(self._state.now, {node_id: peer.heard_at for node_id, peer in self._progress.items()})

    def _reached(self, own: int, others: dict[NodeId, int]) -> int:
        state = self._state
        return reached_by_quorum([own if node_id == state.id else others[node_id] for node_id in state.voter_ids])

    def reachable(self, node_id: NodeId) -> bool:
        """Whether this peer, or one heard within the longest election timeout, has that id."""
        state = self._state
        peer = self._progress.get(node_id)
        if peer is None:
            return node_id == state.id
        heard = peer.acked_round > 0 or peer.match_index > 0
        return heard and state.now - peer.heard_at < state.timing.election_max_ns

    def hears(self, node_id: NodeId) -> bool | None:
        """Whether it is `reachable`; None of one that is no member, or that has not yet had so long to be heard."""
        if self.reachable(node_id):
            return True
        state = self._state
        peer = self._progress.get(node_id)
        if peer is None or state.now - peer.heard_at < state.timing.election_max_ns:
            return None
        return False
