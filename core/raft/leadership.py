"""A peer's time as leader of a term: how it begins, how it gets ready, and how it ends.

Theory of operation. `Elections` decides who is elected; here is what follows. The elected peer first puts an entry of
its own term into the log. Once that is applied, and with it everything committed before, its machine is made ready, a
bounded part in each step; until that is done it leads in the eyes of the others, but is not `RaftState.leading`. It
leads no longer when a newer term shows, when it has not heard a majority for the longest election timeout, or when its
own removal is committed. All three ways lead through `follow`, so that nothing a leader keeps outlives its term.
"""

from core.ids import NodeId
from core.raft.barriers import Barriers
from core.raft.effects import Leading, QuorumLost, Role
from core.raft.elections import Elections
from core.raft.entries import OVERHEAD_BYTES, NoopEntry
from core.raft.membership import MembershipChanges
from core.raft.messages import TimeoutNow
from core.raft.proposals import Proposals
from core.raft.replication import Replication
from core.raft.state import RaftState
from core.raft.transfer import Transfer


class Leadership:
    """Begins and ends together what only a leader does."""

    __slots__ = (
        "_barriers",
        "_changes",
        "_elections",
        "_proposals",
        "_replication",
        "_started_term",
        "_state",
        "_transfer",
    )

    def __init__(
        self,
        state: RaftState,
        elections: Elections,
        replication: Replication,
        barriers: Barriers,
        proposals: Proposals,
        changes: MembershipChanges,
        transfer: Transfer,
    ) -> None:
        self._state = state
        self._elections = elections
        self._replication = replication
        self._barriers = barriers
        self._proposals = proposals
        self._changes = changes
        self._transfer = transfer
        self._started_term = 0
        """The term in which this peer leads and has begun to; 0 while it does not lead."""

    def follow(self, term: int, leader_id: NodeId | None) -> None:
        """Be a follower in `term`, this one or a later one, and lead no longer if this peer did."""
        if self._state.role is Role.LEADER:
            self._stop()
        self._elections.follow(term, leader_id)

    def tick(self) -> None:
        """Do what a leader's timers ask for; give up leading without a majority (Raft dissertation §6.2)."""
        state = self._state
        if state.role is not Role.LEADER:
            return
        self._replication.tick()
        self._transfer.tick()
        if state.now - self._replication.rounds.contact_at >= state.timing.election_max_ns:
            state.observe(QuorumLost(state.term))
            self.follow(state.term, None)

    def settle(self) -> None:
        """On a leader: go on with whatever has become possible."""
        state = self._state
        if self._started_term != state.term:
            self._start()
        if not (state.leading or state.preparing) and state.applied_index >= self._replication.term_start_index:
            self.prepare()
        if self._changes.settle():
            self._step_down_in_favour()
        elif self._transfer.to is not None:
            self._transfer.settle()

    def prepare(self) -> None:
        """Make the machine a bounded part readier to lead; with the last part, this peer is `leading`."""
        state = self._state
        assert state.role is Role.LEADER
        assert not state.leading
        state.preparing = not state.machine.lead(state.now)
        if not state.preparing:
            state.leading = state.unsettled = True
            state.observe(Leading(state.term))
            self._transfer.prefer_others()

    def _start(self) -> None:
        state = self._state
        self._started_term = state.term
        self._replication.start()
        self._proposals.reset()
        self._changes.start()
        self._replication.append([NoopEntry(state.log.last_index + 1, state.term, OVERHEAD_BYTES)])

    def _stop(self) -> None:
        state = self._state
        self._started_term = 0
        if state.leading or state.preparing:
            state.leading = state.preparing = False
            state.machine.unlead()
        self._replication.stop()
        self._proposals.reset()
        self._barriers.drop_all()
        self._changes.stop()
        self._transfer.stop()

    def _step_down_in_favour(self) -> None:
        """This leader's own removal is committed: hand over to the voter that is furthest along, and go."""
        state = self._state
        successor = self._transfer.best_voter()
        if successor is not None:
            state.send(successor, TimeoutNow(state.term))
        self.follow(state.term, None)

    def check_invariants(self) -> None:
        """Whoever leads has begun to, and nothing of it is left with one who does not."""
        state = self._state
        if state.role is Role.LEADER:
            assert self._started_term == state.term
            self._replication.check_invariants()
        else:
            assert self._started_term == 0
            assert not state.preparing
            assert not self._replication.progress
