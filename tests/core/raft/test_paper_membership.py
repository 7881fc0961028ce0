"""Claims of "Consensus: Bridging Theory and Practice" (Ongaro 2014) about members and leadership, one test each.

The section is in the docstring.
"""

from paper_peers import N1, N2, N4, N5, quiet, say
from raft_cluster import Cluster
from raft_registers import Put

from core.ids import Address
from core.raft.effects import Applied, Refused, Role
from core.raft.events import StorageLow, TransferLeadership
from core.raft.members import AddLearner, AddMember, PromoteLearner, RemoveMember, member_of
from core.raft.messages import (
    RequestVote,
    TimeoutNow,
)
from core.timing import MS, SECOND

# --- §4: membership


def test_only_one_change_at_a_time() -> None:
    """§4.1: a change may start only when the previous one is committed."""
    cluster = quiet()
    leader = cluster.elect()
    first = cluster.change(leader.id, AddLearner(N4, Address("h4")))
    second = cluster.change(leader.id, AddLearner(N5, Address("h5")))
    assert "under way" in cluster.refused(second).reason
    cluster.exchange()
    assert isinstance(cluster.result(first), Applied)


def test_no_change_before_the_leader_has_committed_in_its_own_term() -> None:
    """Ongaro on raft-dev, 2015: else two leaders' uncommitted changes might both find majorities."""
    cluster = quiet()
    leader = cluster.elect()
    successor = cluster.followers()[0].id
    cluster.partition([])
    cluster.step(leader.id, TransferLeadership(successor))
    cluster.heal()
    cluster.auto_sync = False
    while cluster.node(successor).role is not Role.LEADER:
        cluster.exchange()
        for node in cluster.live():
            if cluster.node(successor).role is not Role.LEADER:
                cluster.sync(node.id)
    refused = cluster.change(successor, AddLearner(N4, Address("h4")))
    assert isinstance(cluster.result(refused), Refused)


def test_a_new_voter_begins_as_a_learner_and_is_promoted_when_it_has_caught_up() -> None:
    """§4.2.1: catching up new servers before they count."""
    cluster = quiet(promotion_lag_count=0)
    leader = cluster.elect()
    cluster.change(leader.id, AddMember(N4, Address("h4")))
    cluster.pass_time(SECOND)
    learner = member_of(leader.members, N4)
    assert learner is not None
    assert not learner.voter
    cluster.add_peer(N4)
    cluster.pass_time(SECOND)
    voter = member_of(leader.members, N4)
    assert voter is not None
    assert voter.voter


def test_a_learner_that_is_added_as_a_voter_is_promoted() -> None:
    """§4.2.1: a learner that has caught up is one step from being a full member."""
    cluster = Cluster(3, learner_count=1)
    leader = cluster.elect()
    added = cluster.change(leader.id, AddMember(N4, Address("h4")))
    cluster.pass_time(SECOND)
    cluster.applied(added)
    member = member_of(leader.members, N4)
    assert member is not None
    assert member.voter
    again = [cluster.change(leader.id, change(N4, Address("h4"))) for change in (AddMember, AddLearner)]
    assert [cluster.applied(ticket).index for ticket in again] == [leader.last_index] * 2, "it is so already"


def test_a_learner_neither_votes_in_commits_nor_campaigns() -> None:
    """§4.2.1: non-voting servers are not counted for voting or commitment."""
    cluster = Cluster(2, learner_count=3)
    leader = cluster.elect()
    other = next(node.id for node in cluster.followers() if node.id in (N1, N2))
    cluster.crash(other)
    ticket = cluster.propose(leader.id, Put("x", 1))
    cluster.exchange()
    assert cluster.result(ticket) is None
    cluster.crash(leader.id)
    cluster.pass_time(3 * SECOND)
    assert all(node.role is Role.FOLLOWER for node in cluster.live())


def test_a_leader_that_removes_itself_leads_until_that_is_committed() -> None:
    """§4.2.2: it does not count itself, and steps down once the new membership is committed."""
    cluster = quiet()
    leader = cluster.elect()
    cluster.auto_sync = False
    removed = cluster.change(leader.id, RemoveMember(leader.id))
    cluster.sync(leader.id)
    first, second = (node.id for node in cluster.followers())
    cluster.exchange()
    cluster.sync(first)
    cluster.exchange()
    assert leader.leading  # Itself and one other would be a majority of three, but are not of the two that are left.
    cluster.sync(second)
    cluster.exchange()
    assert leader.role is Role.FOLLOWER
    assert isinstance(cluster.result(removed), Applied)


def test_those_who_hear_a_leader_do_not_vote_for_those_who_do_not() -> None:
    """§4.2.3: a server that receives RequestVote within the minimum election timeout of hearing a leader ignores it."""
    cluster = quiet()
    leader = cluster.elect()
    term = leader.term
    first, second = (node.id for node in cluster.followers())
    assert say(cluster, first, second, RequestVote(term + 5, 99, 99)) == []
    assert say(cluster, first, leader.id, RequestVote(term + 5, 99, 99)) == []
    assert say(cluster, first, second, RequestVote(term + 5, 99, 99, transfer=True)) != []


def test_the_last_voter_and_a_reachable_majority_stay() -> None:
    """§4: an operator's mistake must not take the group's majority away."""
    cluster = quiet(1)
    leader = cluster.elect()
    assert "last manager" in cluster.refused(cluster.change(leader.id, RemoveMember(leader.id))).reason
    assert "add it first" in cluster.refused(cluster.change(leader.id, PromoteLearner(N2))).reason
    cluster = quiet(3)
    leader = cluster.elect()
    down, up = (node.id for node in cluster.followers())
    cluster.crash(down)
    cluster.pass_time(800 * MS)
    refused = cluster.change(leader.id, RemoveMember(up))
    assert "reachable" in cluster.refused(refused).reason
    removed = cluster.change(leader.id, RemoveMember(down))
    cluster.exchange()
    assert isinstance(cluster.result(removed), Applied)


# --- §3.10: leadership transfer


def test_leadership_moves_when_it_is_asked_to() -> None:
    """§3.10: the prior leader brings the target up to date and tells it to time out at once."""
    cluster = quiet()
    leader = cluster.elect()
    target = cluster.followers()[1].id
    cluster.step(leader.id, TransferLeadership(target))
    cluster.exchange()
    assert cluster.leader().id == target


def test_a_transfer_that_fails_is_given_up() -> None:
    """§3.10: if leadership transfer does not complete after about an election timeout, the leader resumes."""
    cluster = quiet()
    leader = cluster.elect()
    target = cluster.followers()[0].id
    cluster.crash(target)
    cluster.step(leader.id, TransferLeadership(target))
    assert not leader.accepting
    cluster.pass_time(700 * MS)
    assert leader.accepting


def test_a_leader_short_of_storage_hands_over() -> None:
    """§3.10 lists when a leader may wish to step down; a full log is one."""
    cluster = quiet()
    leader = cluster.elect()
    cluster.step(leader.id, StorageLow())
    cluster.exchange()
    assert cluster.leader().id != leader.id


def test_only_the_leader_may_say_timeout_now() -> None:
    """§3.10: the target's election is started by the leader's request."""
    cluster = quiet()
    leader = cluster.elect()
    first, second = (node.id for node in cluster.followers())
    say(cluster, first, second, TimeoutNow(leader.term))
    assert cluster.node(second).role is Role.FOLLOWER
