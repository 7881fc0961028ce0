"""A cluster at work: the main road through every part of a peer."""

import pytest
from raft_cluster import Cluster, node_name
from raft_registers import Get, Put

from core.ids import Address, NodeId, Ticket
from core.raft.effects import Applied, Role
from core.raft.machine import Rejected
from core.raft.members import AddMember, RemoveMember
from core.timing import MS, PROFILES, SECOND


@pytest.mark.parametrize("voter_count", [1, 2, 3, 4, 5, 7])
def test_a_leader_is_elected_and_writes_are_applied_everywhere(voter_count: int) -> None:
    cluster = Cluster(voter_count)
    leader = cluster.elect()
    ticket = cluster.propose(leader.id, Put("x", 7))
    cluster.exchange()
    assert cluster.applied(ticket).value == 0
    cluster.pass_time(200 * MS)
    for peer in cluster.peers.values():
        assert peer.machine.committed == {"x": 7}


def test_any_member_takes_requests_and_answers_reads() -> None:
    cluster = Cluster(3, learner_count=1)
    cluster.elect()
    for number, follower in enumerate(cluster.followers(), 1):
        write = cluster.propose(follower.id, Put("x", number))
        cluster.exchange()
        assert cluster.applied(write).value == number - 1
        read = cluster.read(follower.id, Get("x"))
        cluster.pass_time(200 * MS)
        assert cluster.applied(read).value == number


def test_a_rejection_reaches_the_client() -> None:
    cluster = Cluster(3)
    leader = cluster.elect()
    follower = cluster.followers()[0]
    assert cluster.result(cluster.propose(leader.id, Put("x", 1))) is None
    rejected = cluster.propose(follower.id, Put("x", 2, expected=0))
    cluster.pass_time(200 * MS)
    assert cluster.result(rejected) == Rejected(1)


def test_a_follower_far_behind_gets_a_snapshot() -> None:
    cluster = Cluster(3, snapshot_entries_count=10, log_tail_count=2)
    leader = cluster.elect()
    behind = cluster.followers()[0].id
    cluster.crash(behind)
    for number in range(40):
        cluster.propose(leader.id, Put(f"k{number % 9}", number))
        cluster.exchange()
    cluster.start(behind)
    cluster.pass_time(2 * SECOND)
    assert cluster.peers[behind].machine.committed == cluster.peers[leader.id].machine.committed
    assert cluster.node(behind).log.base_index > 1


def test_members_come_and_go() -> None:
    cluster = Cluster(1)
    leader = cluster.elect()
    for number in (2, 3, 4):
        cluster.add_peer(node_name(number))
        added = cluster.change(leader.id, AddMember(node_name(number), Address("h")))
        cluster.pass_time(SECOND)
        assert isinstance(cluster.result(added), Applied)
    assert [member.voter for member in cluster.leader().members] == [True] * 4
    removed = cluster.change(leader.id, RemoveMember(leader.id))
    cluster.pass_time(2 * SECOND)
    assert isinstance(cluster.result(removed), Applied)
    assert cluster.leader().id != node_name(1)
    assert cluster.node(node_name(1)).role is Role.FOLLOWER


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("voter_count", [1, 3, 4, 5, 7])
def test_a_minority_may_die_and_a_majority_may_not(voter_count: int, profile: str) -> None:
    cluster = Cluster(voter_count, timing=PROFILES[profile].raft)
    leader = cluster.elect()
    assert isinstance(cluster.applied(_write(cluster, leader.id)), Applied)
    tolerated = (voter_count - 1) // 2
    doomed = [leader.id, *(node.id for node in cluster.followers())][:tolerated]
    cluster.crash_all(doomed)
    cluster.run_until(lambda: bool(cluster.leaders()), 10 * cluster.timing.election_max_ns)
    assert isinstance(cluster.applied(_write(cluster, cluster.live()[0].id)), Applied)
    if voter_count > 1:
        cluster.crash(cluster.leader().id)
        cluster.pass_time(cluster.timing.refusal_ns + cluster.timing.election_max_ns)
        refused = _write(cluster, cluster.live()[0].id)
        assert "must be up" in cluster.refused(refused).reason


def _write(cluster: Cluster, node_id: NodeId) -> Ticket:
    ticket = cluster.propose(node_id, Put("x", 1))
    cluster.pass_time(SECOND)
    return ticket
