"""Claims of "Consensus: Bridging Theory and Practice" (Ongaro 2014), one test each; the section is in the docstring."""

from typing import Any

import pytest
from raft_cluster import Cluster, Get, Put, node_name

from core.durability import Persist
from core.ids import Address
from core.raft.effects import Applied, OutcomeUnknown, Refused, Role, Send, SnapshotRestored
from core.raft.entries import LogEntry, NoopEntry
from core.raft.events import Propose, Received, StorageLow, TransferLeadership
from core.raft.members import AddLearner, AddMember, PromoteLearner, RemoveMember, member_of
from core.raft.messages import (
    Append,
    AppendAcked,
    AppendRefused,
    Heartbeat,
    InstallSnapshot,
    PreVote,
    PreVoteGranted,
    RequestVote,
    Stale,
    TimeoutNow,
    VoteAnswered,
)
from core.raft.records import LogAppended
from core.timing import DOCKER, MS, SECOND

N1, N2, N3, N4, N5 = map(node_name, range(1, 6))


def quiet(count: int = 3, **settings: Any) -> Cluster:
    """Peers that nothing has happened to; what they say stays in `letters`."""
    return Cluster(count, **settings)


def say(cluster: Cluster, sender: Any, to: Any, message: Any) -> list[Any]:
    """Hand one message over; what its receiver says to that once it may."""
    before = len(cluster.letters)
    cluster.step(to, Received(sender, to, message))
    return [letter.message for letter in cluster.letters[before:]]


def entries(first_index: int, *terms: int) -> tuple[LogEntry, ...]:
    return tuple(NoopEntry(index, term, 1) for index, term in enumerate(terms, first_index))


def append(term: int, prev: tuple[int, int], *terms: int, commit: int = 0) -> Append[Any]:
    return Append(term, prev[0], prev[1], commit, entries(prev[0] + 1, *terms))


# --- §3.3 and §3.4: terms and elections -----------------------------------------------------------------------------


def test_a_newer_term_makes_a_leader_a_follower() -> None:
    """§3.3: if a candidate or leader discovers that its term is out of date, it immediately reverts to follower."""
    cluster = quiet()
    leader = cluster.elect()
    say(cluster, cluster.followers()[0].id, leader.id, Stale(leader.term + 5))
    assert (leader.role, leader.leader_id) == (Role.FOLLOWER, None)
    assert leader.term >= 7


def test_a_message_of_an_older_term_is_refused() -> None:
    """§3.3: a server that receives a request with a stale term number rejects it."""
    cluster = quiet()
    say(cluster, N2, N1, Heartbeat(5, 1, 0))
    assert say(cluster, N3, N1, append(4, (1, 1), 4)) == [Stale(5)]
    assert say(cluster, N3, N1, RequestVote(4, 9, 4)) == [VoteAnswered(5, granted=False)]
    assert cluster.node(N1).last_index == 1


def test_a_vote_is_given_once_in_a_term_first_come_first_served() -> None:
    """§3.4: each server votes for at most one candidate in a given term."""
    cluster = quiet()
    assert say(cluster, N2, N1, RequestVote(2, 1, 1)) == [VoteAnswered(2, granted=True)]
    assert say(cluster, N3, N1, RequestVote(2, 1, 1)) == [VoteAnswered(2, granted=False)]
    assert say(cluster, N2, N1, RequestVote(2, 1, 1)) == [VoteAnswered(2, granted=True)]


def test_a_vote_that_is_repeated_does_not_put_off_the_voters_own_turn() -> None:
    """§3.4: granting a vote resets the timer, and a late or doubled request grants nothing new."""
    cluster = quiet()
    say(cluster, N2, N1, RequestVote(2, 1, 1))
    turn_at = cluster.node(N1).deadline()
    cluster.now += 10 * MS
    assert say(cluster, N2, N1, RequestVote(2, 1, 1)) == [VoteAnswered(2, granted=True)]
    assert cluster.node(N1).deadline() == turn_at


def test_a_vote_outlives_a_crash() -> None:
    """§3.8: a server persists its current term and vote, which keeps it from voting twice."""
    cluster = quiet()
    say(cluster, N2, N1, RequestVote(2, 1, 1))
    cluster.crash(N1)
    cluster.start(N1)
    assert say(cluster, N3, N1, RequestVote(2, 1, 1))[-1] == VoteAnswered(2, granted=False)


def test_nothing_is_told_before_it_is_durable() -> None:
    """§3.8: term, vote and log are persisted before the answer to the message that changed them."""
    cluster = quiet()
    cluster.auto_sync = False
    assert say(cluster, N2, N1, RequestVote(2, 1, 1)) == []
    cluster.sync(N1)
    assert cluster.letters.pop().message == VoteAnswered(2, granted=True)
    assert say(cluster, N2, N1, append(2, (1, 1), 2)) == []
    cluster.sync(N1)
    assert cluster.letters.pop().message == AppendAcked(2, 2)


def test_a_candidate_follows_the_leader_of_its_term() -> None:
    """§3.4: a candidate that hears from a leader whose term is at least as large returns to follower state."""
    cluster = quiet(timing=DOCKER.raft)
    cluster.pass_time(25 * SECOND, exchange=False)
    assert cluster.node(N1).role is Role.CANDIDATE
    say(cluster, N2, N1, Heartbeat(cluster.node(N1).term, 1, 0))
    assert (cluster.node(N1).role, cluster.node(N1).leader_id) == (Role.FOLLOWER, N2)


def test_election_timeouts_are_random_within_their_bounds() -> None:
    """§3.4: randomized election timeouts ensure that split votes are rare."""
    started_ns = []
    for seed in range(20):
        cluster = quiet(seed=seed)
        started_ns.append((cluster.next_deadline() or 0) - cluster.now)
    assert len(set(started_ns)) > 10
    assert all(300 * MS <= elapsed_ns <= 600 * MS for elapsed_ns in started_ns)


# --- §3.5 and §3.6: replication and safety --------------------------------------------------------------------------


def test_an_append_that_does_not_follow_is_refused_with_a_hint() -> None:
    """§3.5: without an entry of that index and term the follower refuses; it may include where its terms begin."""
    cluster = quiet()
    say(cluster, N2, N1, append(2, (1, 1), 2, 2))
    assert say(cluster, N3, N1, append(7, (9, 6), 7)) == [AppendRefused(7, 9, 3, 2)]
    assert say(cluster, N3, N1, append(7, (3, 1), 7)) == [AppendRefused(7, 3, 1, 1)]


def test_conflicting_entries_are_replaced_and_agreeing_ones_are_not() -> None:
    """§3.5: if an existing entry conflicts with a new one, delete it and all that follow; append what is new."""
    cluster = quiet()
    say(cluster, N2, N1, append(2, (1, 1), 2, 2, 2))
    say(cluster, N2, N1, append(2, (1, 1), 2))
    assert cluster.node(N1).last_index == 4
    say(cluster, N3, N1, append(3, (2, 2), 3))
    assert [cluster.node(N1).log.term_at(index) for index in (1, 2, 3)] == [1, 2, 3]
    assert cluster.node(N1).last_index == 3


def test_commitment_travels_no_further_than_what_was_compared() -> None:
    """Figure 3.1: commitIndex = min(leaderCommit, index of last new entry)."""
    cluster = quiet()
    say(cluster, N2, N1, append(2, (1, 1), 2, 2))
    say(cluster, N3, N1, Heartbeat(3, 1, 3))
    assert cluster.node(N1).commit_index == 0
    say(cluster, N3, N1, append(3, (2, 2), commit=3))
    assert cluster.node(N1).commit_index == 2


@pytest.mark.parametrize(
    ("last_index", "last_term", "granted"), [(3, 2, True), (4, 2, True), (1, 3, True), (2, 2, False), (9, 1, False)]
)
def test_a_vote_goes_only_to_a_log_as_up_to_date(last_index: int, last_term: int, granted: bool) -> None:
    """§3.6.1: the voter denies its vote if its own log is more up-to-date than that of the candidate."""
    cluster = quiet()
    say(cluster, N2, N1, append(2, (1, 1), 2, 2))
    cluster.pass_time(SECOND, exchange=False)
    cluster.letters.clear()
    assert say(cluster, N3, N1, RequestVote(9, last_index, last_term)) == [VoteAnswered(9, granted)]


def test_entries_of_earlier_terms_are_not_committed_by_counting() -> None:
    """§3.6.2, Figure 3.7: only log entries from the leader's current term are committed by counting replicas."""
    cluster = quiet(check_promises=False)
    node = cluster.node(N1)
    say(cluster, N2, N1, append(2, (1, 1), 2))
    say(cluster, N2, N1, TimeoutNow(2))
    say(cluster, N2, N1, VoteAnswered(3, granted=True))
    assert (node.role, node.last_index) == (Role.LEADER, 3)
    say(cluster, N2, N1, AppendAcked(3, 2))
    assert node.commit_index == 0
    say(cluster, N2, N1, AppendAcked(3, 3))
    assert node.commit_index == 3


def test_a_leader_sends_while_it_writes() -> None:
    """§10.2.1: the leader can replicate to the followers in parallel with writing to its own disk."""
    cluster = quiet()
    leader = cluster.elect()
    cluster.auto_sync = False
    effects = cluster.step(leader.id, Propose(cluster.ticket(), Put("x", 1)))
    assert [type(effect) for effect in effects].count(Send) == 2
    assert any(isinstance(effect, Persist) and isinstance(effect.record, LogAppended) for effect in effects)


def test_a_commit_needs_no_copy_of_the_leaders_own() -> None:
    """§10.2.1: an entry may be committed before the leader has written it, if a majority of followers has."""
    cluster = quiet()
    leader = cluster.elect()
    cluster.auto_sync = False
    ticket = cluster.propose(leader.id, Put("x", 1))
    for follower in cluster.followers():
        cluster.exchange()
        cluster.sync(follower.id)
    cluster.exchange()
    assert isinstance(cluster.result(ticket), Applied)
    assert cluster.peers[leader.id].tickets_of


def test_what_comes_while_an_append_is_in_flight_leaves_as_one_message() -> None:
    """§10.2.2: batching and pipelining; the first goes at once."""
    cluster = quiet(check_promises=False)
    leader = cluster.elect()
    for number in range(10):
        cluster.propose(leader.id, Put("x", number))
    sizes = [len(letter.message.entries) for letter in cluster.letters if isinstance(letter.message, Append)]
    assert sizes == [1, 1]
    to = cluster.letters[0].to
    (more,) = say(cluster, to, leader.id, AppendAcked(leader.term, leader.last_index - 9))
    assert len(more.entries) == 9


# --- §3.10: leadership transfer -------------------------------------------------------------------------------------


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


# --- §4: membership -------------------------------------------------------------------------------------------------


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


# --- §5: snapshots --------------------------------------------------------------------------------------------------


def test_a_snapshot_holds_the_membership_of_its_index() -> None:
    """§5.1: a snapshot includes the latest configuration as of its last included index."""
    cluster = quiet(1, snapshot_entries_count=4, log_tail_count=1)
    leader = cluster.elect()
    cluster.change(leader.id, AddLearner(N2, Address("h2")))
    for number in range(8):
        cluster.propose(leader.id, Put("x", number))
    cluster.add_peer(N2)
    cluster.pass_time(SECOND)
    assert cluster.node(N2).members == leader.members
    assert SnapshotRestored in [type(fact) for _, fact in cluster.facts]


def test_a_snapshot_the_log_already_covers_is_not_installed() -> None:
    """Figure 5.3: if an existing entry has the same index and term, retain the log and only learn the commitment."""
    cluster = quiet(1, snapshot_entries_count=4, log_tail_count=1)
    leader = cluster.elect()
    for number in range(8):
        cluster.propose(leader.id, Put("x", number))
    cluster.change(leader.id, AddLearner(N2, Address("h2")))
    cluster.add_peer(N2)
    sent: list[Any] = []
    cluster.watchers.append(
        lambda _, effects: sent.extend(effect.message for effect in effects if type(effect) is Send)
    )
    cluster.pass_time(SECOND)
    install = next(message for message in sent if isinstance(message, InstallSnapshot))
    last = cluster.node(N2).last_index
    answers = say(cluster, N1, N2, install)
    assert [type(answer) for answer in answers] == [AppendAcked]
    assert cluster.node(N2).last_index == last


# --- §6: clients ----------------------------------------------------------------------------------------------------


def test_a_leader_without_a_majority_steps_down() -> None:
    """§6.2: a leader steps down if an election timeout elapses without a round of heartbeats to a majority."""
    cluster = quiet()
    leader = cluster.elect()
    cluster.partition([leader.id], [node.id for node in cluster.followers()])
    cluster.pass_time(900 * MS)
    assert leader.role is not Role.LEADER


def test_a_repeated_request_is_applied_once() -> None:
    """§6.3: the state machine remembers the latest serial numbers and their responses."""
    cluster = quiet()
    leader = cluster.elect()
    follower = cluster.followers()[0].id
    ticket = cluster.propose(follower, Put("x", 1))
    forward = cluster.letters[-1]
    for _ in range(3):
        cluster.letters.append(forward)
    cluster.exchange()
    assert isinstance(cluster.result(ticket), Applied)
    assert [command for _, command in cluster.peers[leader.id].machine.applied] == [Put("x", 1)]


def test_a_deposed_leader_answers_no_read() -> None:
    """§6.4: a leader confirms by a round of heartbeats that it has not been deposed before it answers a read."""
    cluster = quiet()
    old = cluster.elect()
    cluster.partition([old.id], [node.id for node in cluster.followers()])
    read = cluster.read(old.id, Get("x"))
    cluster.pass_time(500 * MS)
    assert cluster.result(read) is None
    cluster.pass_time(2 * SECOND)
    assert isinstance(cluster.result(read), Refused)


def test_a_stale_read_is_answered_at_once() -> None:
    """§6.4 leaves it to the client to ask for less: what this member has applied."""
    cluster = quiet()
    assert isinstance(cluster.result(cluster.read(N1, Get("x"), stale=True)), Applied)


def test_a_write_cut_off_from_its_leader_has_an_unknown_outcome() -> None:
    """§6.3: a client that gets no answer cannot tell; it is told so."""
    cluster = quiet()
    leader = cluster.elect()
    follower = cluster.followers()[0].id
    cluster.partition([leader.id], [follower])
    ticket = cluster.propose(follower, Put("x", 1))
    cluster.pass_time(12 * SECOND)
    assert isinstance(cluster.result(ticket), OutcomeUnknown)


# --- §9.6: PreVote --------------------------------------------------------------------------------------------------


def test_asking_beforehand_changes_nobodys_term() -> None:
    """§9.6: in the Pre-Vote algorithm a candidate only increments its term if it could win."""
    cluster = quiet()
    leader = cluster.elect()
    lonely = cluster.followers()[0].id
    cluster.partition([lonely], [node.id for node in cluster.live() if node.id != lonely])
    cluster.pass_time(5 * SECOND)
    assert cluster.node(lonely).term == leader.term
    cluster.heal()
    cluster.pass_time(SECOND)
    assert cluster.leader().id == leader.id


def test_an_answer_to_an_earlier_asking_does_not_count() -> None:
    """§9.6: messages may be late."""
    cluster = quiet()
    cluster.pass_time(SECOND, exchange=False)
    asked = [letter.message.campaign for letter in cluster.letters if isinstance(letter.message, PreVote)]
    role = cluster.node(N1).role
    say(cluster, N2, N1, PreVoteGranted(min(asked) - 1, 0))
    assert cluster.node(N1).role is role is Role.PRE_CANDIDATE
