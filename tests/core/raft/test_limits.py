"""Bounds and refusals: what a peer does not take, and what it takes only once."""

import msgspec
import pytest
from raft_cluster import Cluster
from raft_registers import Get, Put

from core.raft.effects import Applied, OutcomeUnknown
from core.raft.events import Cancelled, Received, Submit
from core.raft.members import RemoveMember
from core.raft.messages import Append, Forward, Heartbeat
from core.raft.proposals import NotAccepting
from core.timing import MS, PROFILES, SECOND


def test_a_leader_whose_log_is_full_of_uncommitted_entries_refuses() -> None:
    cluster = Cluster(3, uncommitted_bytes_max=100)
    leader = cluster.elect()
    tickets = [cluster.propose(leader.id, Put("x", number)) for number in range(4)]
    assert not leader.accepting
    assert "too many writes" in cluster.refused(tickets[-1]).reason
    with pytest.raises(NotAccepting):
        cluster.step(leader.id, Submit((Put("x", 9),)))
    cluster.exchange()
    assert isinstance(cluster.result(tickets[0]), Applied)
    assert leader.accepting


def test_a_member_keeps_a_bounded_number_of_requests_waiting() -> None:
    cluster = Cluster(3, pending_count_max=2)
    leader = cluster.elect()
    writes = [cluster.propose(leader.id, Put("x", number)) for number in range(3)]
    assert "too many requests" in cluster.refused(writes[2]).reason
    reads = [cluster.read(leader.id, Get("x")) for _ in range(3)]
    assert "too many reads" in cluster.refused(reads[2]).reason


def test_who_cancels_gets_no_answer() -> None:
    cluster = Cluster(3)
    leader = cluster.elect()
    write = cluster.propose(leader.id, Put("x", 1))
    read = cluster.read(leader.id, Get("x"))
    cluster.step(leader.id, Cancelled(write))
    cluster.step(leader.id, Cancelled(read))
    cluster.pass_time(SECOND)
    assert cluster.result(write) is cluster.result(read) is None
    assert cluster.peers[leader.id].machine.committed == {"x": 1}


def test_cancelled_reads_take_up_room_until_their_turn_has_come() -> None:
    cluster = Cluster(3, pending_count_max=2)
    leader = cluster.elect()
    follower = cluster.followers()[0].id
    cluster.partition([])
    for _ in range(2):
        cluster.step(follower, Cancelled(cluster.read(follower, Get("x"))))
    assert "too many reads" in cluster.refused(cluster.read(follower, Get("x"))).reason
    assert cluster.node(follower).abandon() == []
    cancelled = [cluster.read(leader.id, Get("x")) for _ in range(2)]
    for ticket in cancelled:
        cluster.step(leader.id, Cancelled(ticket))
    cluster.heal()
    cluster.pass_time(SECOND)
    assert [cluster.result(ticket) for ticket in cancelled] == [None, None]
    asked = cluster.read(leader.id, Get("x"))
    cluster.pass_time(SECOND)
    cluster.applied(asked)


def test_reads_that_were_refused_wait_no_longer() -> None:
    cluster = Cluster(3)
    cluster.elect()
    follower = cluster.followers()[0].id
    cluster.partition([])
    for _ in range(30):  # each step checks that what waits is within its bound
        cluster.read(follower, Get("x"))
        cluster.pass_time(100 * MS)
    assert "no leader" in cluster.refused(cluster.read(follower, Get("x"))).reason


def test_a_forward_is_good_for_the_term_it_was_meant_for() -> None:
    cluster = Cluster(3)
    leader = cluster.elect()
    origin = cluster.followers()[0].id
    rejected = cluster.propose(origin, Put("x", 2, expected=1))
    forward = next(letter.message for letter in cluster.letters if isinstance(letter.message, Forward))
    cluster.pass_time(200 * MS)
    cluster.propose(leader.id, Put("x", 1))
    cluster.exchange()
    cluster.step(leader.id, Received(origin, leader.id, forward))  # A late copy, in the same term: it was answered.
    cluster.elect(cluster.followers()[1].id)
    cluster.step(
        cluster.leader().id, Received(origin, cluster.leader().id, forward)
    )  # And one for a leader it was not meant for.
    cluster.pass_time(SECOND)
    assert cluster.result(rejected) is not None
    assert cluster.peers[origin].machine.committed == {"x": 1}


def test_a_member_whose_removal_is_in_flight_proposes_nothing() -> None:
    cluster = Cluster(3)
    leader = cluster.elect()
    member = cluster.followers()[0]
    written = cluster.propose(member.id, Put("x", 1))
    cluster.pass_time(SECOND)
    cluster.applied(written)
    cluster.change(leader.id, RemoveMember(member.id))
    late = Forward(leader.term, member.incarnation, 2, 1, Put("x", 2))
    cluster.step(leader.id, Received(member.id, leader.id, late))
    assert cluster.peers[leader.id].machine.head == {"x": 1}


def test_a_leader_that_loses_its_majority_parks_what_it_has_not_taken() -> None:
    cluster = Cluster(3)
    leader = cluster.elect()
    cluster.partition([leader.id])
    early = cluster.propose(leader.id, Put("x", 1))
    cluster.pass_time(450 * MS)
    late = cluster.propose(leader.id, Put("x", 2))
    cluster.pass_time(2 * SECOND)
    assert isinstance(cluster.result(early), OutcomeUnknown)
    assert "must be up" in cluster.refused(late).reason


@pytest.mark.parametrize(("profile", "refused_within_s"), [("lan", 1), ("wan", 6), ("docker", 20)])
def test_a_request_without_a_leader_is_refused_within_the_time_and_then_at_once(
    profile: str, refused_within_s: int
) -> None:
    cluster = Cluster(3, timing=PROFILES[profile].raft)
    leader = cluster.elect()
    survivor = cluster.followers()[0].id
    cluster.crash_all(node.id for node in cluster.live() if node.id != survivor)
    cluster.pass_time(cluster.timing.election_max_ns)
    first = cluster.propose(survivor, Put("x", 1))
    cluster.pass_time(2 * refused_within_s * SECOND)
    assert "must be up" in cluster.refused(first).reason
    assert cluster.replies[first][0] - cluster.asked_at[first] <= refused_within_s * SECOND
    second = cluster.propose(survivor, Put("x", 1))
    assert "must be up" in cluster.refused(second).reason
    assert leader.id != survivor


def test_a_second_leader_of_a_term_and_broken_entries_are_reported() -> None:
    cluster = Cluster(3)
    leader = cluster.elect()
    first, second = (node.id for node in cluster.followers())
    cluster.step(first, Received(second, first, Heartbeat(leader.term, 9, 0)))
    entry = msgspec.structs.replace(leader.log.entry(2), index=7)
    cluster.step(first, Received(leader.id, first, Append(leader.term, 2, leader.term, 2, (entry,))))
    reasons = [fact.reason for _, fact in cluster.facts if type(fact).__name__ == "MessageRefused"]
    assert len(reasons) == 2
    assert "claims to lead" in reasons[0]
    assert "do not follow" in reasons[1]
