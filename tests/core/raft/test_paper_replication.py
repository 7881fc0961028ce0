"""Claims of "Consensus: Bridging Theory and Practice" (Ongaro 2014) about replication and commitment, one test each.

The section is in the docstring.
"""

import pytest
from paper_peers import N1, N2, N3, append, quiet, say
from raft_registers import Put

from core.durability import Persist
from core.raft.effects import Applied, Role, Send
from core.raft.events import Propose
from core.raft.messages import (
    Append,
    AppendAcked,
    AppendRefused,
    Heartbeat,
    RequestVote,
    TimeoutNow,
    VoteAnswered,
)
from core.raft.records import LogAppended
from core.timing import SECOND


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
