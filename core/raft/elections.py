"""Elections: who may lead, and how a peer changes its role.

Theory of operation.

    FOLLOWER --silence--> PRE_CANDIDATE --a majority would vote--> CANDIDATE --a majority voted--> LEADER
        ^                                                                                            |
        +---------------- a newer term, or this term's leader; a leader without a majority ----------+

A peer that hears nothing for a random time first asks whether it could win (PreVote, Raft dissertation §9.6). The
answer changes nobody's term; it names the answerer's own, so that the campaign that follows is in a later one. Whoever
has heard a leader within the least election timeout gives neither answer nor vote (§4.2.3), unless the leader itself
asked for the election (§3.10). A leader that has not heard a majority for the longest election timeout steps down
(§6.2).

A peer campaigns only if it is a voter by the newest membership in its log, or by the one before while the newest may
not be committed (§4.2.2); votes are counted by the newest. It votes for anyone, since the candidate may know a newer
one. A vote counts for the candidate itself, too, only once it is durable.

With `timing.grid_ns`, timeouts are counted in whole ticks of the host's own clock, as Docker's engine does.
"""

from core.ids import NodeId
from core.raft.effects import ElectionStarted, LeaderElected, PreVoteRefused, Role, RoleChanged
from core.raft.messages import PreVote, PreVoteGranted, RequestVote, Stale, TimeoutNow, VoteAnswered
from core.raft.state import RaftState
from core.timing import NEVER


class Elections:
    """Roles, votes, and the election timer."""

    __slots__ = ("_campaign", "_state", "_term_hint", "_timeout_ns", "_votes")

    def __init__(self, state: RaftState) -> None:
        self._state = state
        self._campaign = 0
        self._term_hint = 0
        self._votes: dict[NodeId, bool] = {}
        self._timeout_ns = 0
        self._draw_timeout()

    # --- the timer ----------------------------------------------------------------------------------------------

    def deadline(self) -> int:
        """When silence has lasted too long, in nanoseconds; computed when asked, so that being heard costs nothing."""
        state = self._state
        if state.role is Role.LEADER:
            return NEVER
        if state.leader_id is None and not state.may_campaign:
            return NEVER
        if state.role is Role.CANDIDATE and state.voter_ids == (state.id,):
            return NEVER  # it waits for its own disk alone; another campaign would only have it wait again
        heard_at = state.on_grid(state.heard_at) if state.timing.grid_ns else state.heard_at
        at = heard_at + self._timeout_ns
        if state.storage_low and state.voter_ids != (state.id,):
            at += state.timing.election_max_ns  # Everybody else goes first; should nobody win, this peer still may.
        return at

    def tick(self) -> None:
        """Campaign if silence has lasted too long."""
        state = self._state
        if state.now < self.deadline():
            return
        if not state.may_campaign:
            self.follow(state.term, None)
        elif state.timing.pre_vote and state.voter_ids != (state.id,):
            self._become_pre_candidate()
        else:
            self.campaign(state.term + 1, transfer=False)

    def has_live_leader(self) -> bool:
        """Whether a leader was heard within the least election timeout (always, for one that leads)."""
        state = self._state
        if state.role is Role.LEADER:
            return True
        # Counted in ticks where there are any, as the deadlines are: the first to time out must not be refused by those
        # who heard the same beat a moment later by their own clocks.
        silence_ns = state.on_grid(state.now) - state.on_grid(state.heard_at)
        return state.leader_id is not None and silence_ns < state.timing.election_min_ns

    def _draw_timeout(self) -> None:
        timing = self._state.timing
        if self._state.voter_ids == (self._state.id,):
            self._timeout_ns = 0  # Nobody to wait for.
            return
        step_ns = timing.grid_ns or 1
        steps = (timing.election_max_ns - timing.election_min_ns) // step_ns
        self._timeout_ns = timing.election_min_ns + step_ns * self._state.rng.randint(0, steps)

    # --- roles --------------------------------------------------------------------------------------------------

    def follow(self, term: int, leader_id: NodeId | None) -> None:
        """Be a follower in `term`, this one or a later one."""
        state = self._state
        assert term >= state.term, (term, state.term)
        if term > state.term:
            state.enter_term(term, vote=None)
        # A follower's timer runs on when all it learns is a newer term: else candidates who cannot win would keep the
        # one who can from its turn for ever (dissertation §3.4: only a leader, or granting a vote, resets it).
        timer_runs_on = state.role is Role.FOLLOWER and leader_id is None
        self._become(Role.FOLLOWER, leader_id, timer_runs_on)

    def _become(self, role: Role, leader_id: NodeId | None, timer_runs_on: bool = False) -> None:
        state = self._state
        if leader_id is None and state.leader_id is not None:
            state.leader_lost_at = state.now
        state.role = role
        state.leader_id = leader_id
        state.unsettled = True
        self._votes = {}
        if not timer_runs_on:
            state.heard_at = state.now
            self._draw_timeout()
        state.observe(RoleChanged(role, state.term, leader_id))

    def _become_pre_candidate(self) -> None:
        state = self._state
        assert state.may_campaign
        self._become(Role.PRE_CANDIDATE, None)
        state.observe(ElectionStarted(state.term + 1, pre=True))
        self._campaign += 1
        self._term_hint = state.term
        question = PreVote(self._campaign, state.log.last_index, state.log.last_term)
        for voter_id in state.voter_ids:
            if voter_id != state.id:
                state.send_at_once(voter_id, question)
        self._votes[state.id] = True

    def campaign(self, term: int, *, transfer: bool) -> None:
        """Ask for votes in a new `term`."""
        state = self._state
        assert state.may_campaign
        state.enter_term(term, vote=state.id)
        self._become(Role.CANDIDATE, None)
        state.observe(ElectionStarted(term, pre=False))
        request = RequestVote(term, state.log.last_index, state.log.last_term, transfer)
        for voter_id in state.voter_ids:
            if voter_id != state.id:
                state.send(voter_id, request)

    def on_persisted(self) -> None:
        """A candidate's own vote counts from when it is durable."""
        state = self._state
        if state.role is Role.CANDIDATE and state.id not in self._votes and state.hard_ticket <= state.persisted:
            self._count_vote(state.id, granted=True)

    def _become_leader(self) -> None:
        state = self._state
        assert state.role is Role.CANDIDATE
        assert state.hard_ticket <= state.persisted
        self._become(Role.LEADER, state.id)
        state.observe(LeaderElected(state.term))

    # --- asking whether one could win ---------------------------------------------------------------------------

    def on_pre_vote(self, sender: NodeId, message: PreVote) -> None:
        """Would I vote for the sender? Silence means no."""
        if self.has_live_leader() or not self._state.log.is_up_to_date(message.last_index, message.last_term):
            self._state.observe(PreVoteRefused(sender))
            return
        self._state.send_at_once(sender, PreVoteGranted(message.campaign, self._state.term))

    def on_pre_vote_granted(self, sender: NodeId, message: PreVoteGranted) -> None:
        """Campaign once a majority would vote for me."""
        state = self._state
        if state.role is not Role.PRE_CANDIDATE or message.campaign != self._campaign:
            return
        self._votes[sender] = True
        self._term_hint = max(self._term_hint, message.term)
        if self._count(granted=True) >= state.quorum:
            self.campaign(max(self._term_hint, state.term) + 1, transfer=False)

    # --- votes --------------------------------------------------------------------------------------------------

    def ignores_vote_request(self, message: RequestVote) -> bool:
        """A live leader is not to be disturbed by those who do not hear it (Raft dissertation §4.2.3)."""
        return not message.transfer and self.has_live_leader()

    def on_request_vote(self, sender: NodeId, message: RequestVote) -> None:
        """Vote, at most once in a term, for a log that is at least as up-to-date (Raft dissertation §3.4, §3.6.1)."""
        state = self._state
        assert message.term == state.term
        free = state.vote == sender or (state.vote is None and state.leader_id is None)
        granted = free and state.log.is_up_to_date(message.last_index, message.last_term)
        if granted and state.vote is None:  # asked again, it answers again, but waits for nobody any longer
            state.heard_at = state.now
            state.vote = sender
            state.persist_hard_state()
        state.send(sender, VoteAnswered(state.term, granted))

    def on_vote_answered(self, sender: NodeId, message: VoteAnswered) -> None:
        """Count a vote."""
        assert message.term == self._state.term
        if self._state.role is Role.CANDIDATE:
            self._count_vote(sender, message.granted)

    def _count_vote(self, voter_id: NodeId, granted: bool) -> None:
        state = self._state
        self._votes[voter_id] = granted
        if self._count(granted=True) >= state.quorum and state.id in self._votes:
            self._become_leader()
        elif self._count(granted=False) >= state.quorum:
            self.follow(state.term, None)

    def _count(self, granted: bool) -> int:
        return sum(1 for voter_id in self._state.voter_ids if self._votes.get(voter_id) is granted)

    # --- the rest -----------------------------------------------------------------------------------------------

    def on_timeout_now(self, sender: NodeId, message: TimeoutNow) -> None:
        """The leader hands over: campaign at once, without asking first (Raft dissertation §3.10)."""
        state = self._state
        if state.storage_low:
            return  # It would hand over in its turn: two such peers would pass leadership to and fro.
        if state.may_campaign and state.role is not Role.LEADER and sender == state.leader_id:
            self.campaign(message.term + 1, transfer=True)

    def on_stale(self, sender: NodeId, message: Stale) -> None:
        """Only its newer term mattered, and that has been seen to."""

    def check_invariants(self) -> None:
        """Only a voter asks for votes, and nobody leads without having asked."""
        state = self._state
        if state.role is Role.CANDIDATE or state.role is Role.LEADER:
            assert state.vote == state.id
