"""Claims of "Consensus: Bridging Theory and Practice" (Ongaro 2014) about elections, one test each.

The section is in the docstring.
"""

from paper_peers import N1, N2, N3, append, quiet, say

from core.raft.effects import Role
from core.raft.messages import (
    AppendAcked,
    Heartbeat,
    PreVote,
    PreVoteGranted,
    RequestVote,
    Stale,
    VoteAnswered,
)
from core.timing import DOCKER, MS, SECOND

# --- §3.3 and §3.4: terms and elections


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


# --- §9.6: PreVote


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
