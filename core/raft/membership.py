"""Changes of membership, one member at a time (Raft dissertation §4), decided by the leader.

Theory of operation. A new membership is in force as soon as it is in a log, so the next change must wait until the last
is committed. It must also wait until this leader has committed an entry of its own term: two leaders with different
uncommitted changes could else each find a majority (Ongaro's correction on the raft-dev list, 2015). A new voter begins
as a learner; the wish to promote it is part of the membership, so that whichever leader sees it caught up grants it. A
leader that is no longer a voter manages the group until that is committed, without counting itself (§4.2.2), and then
steps down in favour of the voter that is furthest along. What would leave the group without a reachable majority, and
the removal of the last voter, is refused.
"""

from core.ids import NodeId, Ticket
from core.raft.effects import Applied, OutcomeUnknown, Refused, Reply
from core.raft.entries import OVERHEAD_BYTES, MembershipEntry
from core.raft.events import ChangeMembership
from core.raft.members import (
    AddLearner,
    AddMember,
    Member,
    Members,
    MembershipChange,
    PromoteLearner,
    RemoveMember,
    UpdateAddress,
    member_of,
    voters_of,
)
from core.raft.progress import REPLICATE
from core.raft.quorum import quorum_size
from core.raft.replication import Replication
from core.raft.state import RaftState


class ChangeRefused(Exception):
    """The change makes no sense for this membership; the message tells the operator why."""


class MembershipChanges:
    """Appends membership entries and follows them up once they are committed."""

    __slots__ = ("_replication", "_state", "_ticket", "unfinished")

    def __init__(self, state: RaftState, replication: Replication) -> None:
        self._state = state
        self._replication = replication
        self._ticket: Ticket | None = None
        """Of the operator who waits for the change under way."""
        self.unfinished = False
        """A change of this leader's, or one it inherited, has not been followed up."""

    def start(self) -> None:
        """This peer leads; a change it inherited may be under way."""
        self.unfinished = True

    def stop(self) -> None:
        """This peer leads no longer."""
        self.unfinished = False
        if self._ticket is not None:
            self._reply(OutcomeUnknown("leadership changed while the change was under way: look at the members"))

    def abandon(self) -> None:
        """This member takes no more part."""
        if self._ticket is not None:
            self._reply(OutcomeUnknown("this manager left while the change was under way: look at the members"))

    def on_change(self, event: ChangeMembership) -> None:
        """An operator asks."""
        state = self._state
        try:
            self._check_ready()
            members = changed(state.members, event.change)
            self._check_majority(members)
        except ChangeRefused as refusal:
            state.effects.append(Reply(event.ticket, Refused(str(refusal))))
            return
        if members == state.members:
            state.effects.append(Reply(event.ticket, Applied(state.members_index, None)))
            return
        self._ticket = event.ticket
        self._append(members)

    def _check_ready(self) -> None:
        state = self._state
        if not state.leading:
            leader = member_of(state.members, state.leader_id) if state.leader_id else None
            whom = f"ask the leader at {leader.address}" if leader else "no leader is known, try again"
            raise ChangeRefused(f"this manager does not lead: {whom}")
        if not self._is_settled():
            raise ChangeRefused("another change of membership is under way: try again shortly")

    def _is_settled(self) -> bool:
        state = self._state
        return self._replication.has_committed_own_term and state.members_index <= state.commit_index

    def _check_majority(self, members: Members) -> None:
        voter_ids = voters_of(members)
        if voter_ids == self._state.voter_ids:
            return
        reachable_count = sum(1 for node_id in voter_ids if self._replication.rounds.reachable(node_id))
        needed_count = quorum_size(len(voter_ids))
        if reachable_count < needed_count:
            raise ChangeRefused(
                f"only {reachable_count} of the {len(voter_ids)} managers would be reachable, {needed_count} are "
                "needed: bring managers back first"
            )

    def _append(self, members: Members) -> None:
        state = self._state
        index = state.log.last_index + 1
        self.unfinished = True
        self._replication.append([MembershipEntry(index, state.term, OVERHEAD_BYTES * (1 + len(members)), members)])
        self._replication.adopt_members()

    def settle(self) -> bool:
        """Follow up what is committed; True if this leader is to step down, being a voter no longer."""
        state = self._state
        if not state.leading or not self._is_settled():
            return False
        if self.unfinished:
            self.unfinished = False
            self._replication.release_removed()
            if self._ticket is not None:
                self._reply(Applied(state.members_index, None))
        if not state.is_voter:
            return True
        self._promote_who_caught_up()
        return False

    def _promote_who_caught_up(self) -> None:
        for member in self._state.members:
            if member.to_be_promoted and self._has_caught_up(member.id):
                promoted = Member(member.id, member.address, voter=True)
                self._append(_replaced(self._state.members, promoted))
                return

    def _has_caught_up(self, node_id: NodeId) -> bool:
        state = self._state
        peer = self._replication.progress[node_id]
        lag_count = state.log.last_index - peer.match_index
        return (
            peer.mode is REPLICATE
            and lag_count <= state.config.promotion_lag_count
            and self._replication.rounds.reachable(node_id)
        )

    def _reply(self, result: Applied[None] | OutcomeUnknown) -> None:
        assert self._ticket is not None
        self._state.effects.append(Reply(self._ticket, result))
        self._ticket = None


def changed(members: Members, change: MembershipChange) -> Members:
    """The membership after one change; the same one if it is so already. Raises ChangeRefused with the reason."""
    existing = member_of(members, change.id)
    match change:
        case AddMember() | AddLearner() if existing is None:
            wanted = Member(change.id, change.address, voter=False, to_be_promoted=isinstance(change, AddMember))
            return (*members, wanted)
        case AddLearner():
            return members
        case _ if existing is None:
            if isinstance(change, RemoveMember):
                return members
            raise ChangeRefused(f"{change.id} is not a member: add it first")
        case AddMember() | PromoteLearner():
            return members if existing.voter else _replaced(members, _to_be_promoted(existing))
        case UpdateAddress():
            moved = Member(existing.id, change.address, existing.voter, existing.to_be_promoted)
            return _replaced(members, moved)
        case RemoveMember():
            if voters_of(members) == (change.id,):
                raise ChangeRefused("the last manager that votes cannot be removed")
            return tuple(member for member in members if member.id != change.id)


def _to_be_promoted(learner: Member) -> Member:
    return Member(learner.id, learner.address, voter=False, to_be_promoted=True)


def _replaced(members: Members, wanted: Member) -> Members:
    return tuple(wanted if member.id == wanted.id else member for member in members)
