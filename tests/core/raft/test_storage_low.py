"""Whose disk is nearly full leads only while nobody else can (Raft dissertation §3.10 leaves the reasons open)."""

import pytest
from raft_cluster import Cluster
from raft_registers import Put

from core.raft.effects import LeaderElected
from core.raft.events import StorageFreed, StorageLow
from core.timing import MS, SECOND


@pytest.mark.parametrize("seed", range(8))
def test_who_is_short_of_storage_lets_others_go_first(seed: int) -> None:
    cluster = Cluster(3, seed=seed)
    leader = cluster.elect().id
    short, other = (node.id for node in cluster.followers())
    cluster.step(short, StorageLow())
    cluster.crash(leader)
    cluster.pass_time(5 * SECOND)
    assert cluster.leader().id == other
    assert short not in [node_id for node_id, fact in cluster.facts if isinstance(fact, LeaderElected)]


def test_who_alone_can_lead_does_and_hands_over_when_another_can() -> None:
    cluster = Cluster(3)
    leader = cluster.elect().id
    short, behind = (node.id for node in cluster.followers())
    cluster.crash(behind)
    written = cluster.propose(leader, Put("a", 1))
    cluster.pass_time(SECOND)
    cluster.applied(written)
    cluster.step(short, StorageLow())
    cluster.crash(leader)
    cluster.start(behind)
    cluster.facts.clear()
    cluster.run_until(lambda: cluster.node(behind).leading, 5 * SECOND)
    assert [node_id for node_id, fact in cluster.facts if isinstance(fact, LeaderElected)] == [short, behind]


def test_a_transfer_that_failed_is_repeated_to_somebody_else_after_a_pause() -> None:
    cluster = Cluster(3)
    leader = cluster.elect()
    deaf, other = (node.id for node in cluster.followers())
    cluster.crash(deaf)
    cluster.step(leader.id, StorageLow())
    assert not leader.accepting
    cluster.pass_time(cluster.timing.election_max_ns + 100 * MS)
    assert leader.accepting
    cluster.start(deaf)
    cluster.run_until(lambda: cluster.node(other).leading, 10 * SECOND)
    assert cluster.facts.count((other, LeaderElected(cluster.node(other).term))) == 1


def test_leadership_stays_while_all_are_short_and_moves_to_the_first_with_room_again() -> None:
    cluster = Cluster(3)
    leader = cluster.elect()
    for node in cluster.followers():
        cluster.step(node.id, StorageLow())
    cluster.step(leader.id, StorageLow())
    second = cluster.followers()[1].id
    term = leader.term
    cluster.pass_time(30 * SECOND)
    assert cluster.leader() is leader, "leadership is not passed to and fro"
    assert leader.term == term
    for number in range(10):
        written = cluster.propose(leader.id, Put("a", number))
        cluster.pass_time(2 * SECOND)
        cluster.applied(written)
    cluster.step(second, StorageFreed())
    cluster.run_until(lambda: cluster.node(second).leading, 30 * SECOND)
    cluster.pass_time(30 * SECOND)
    assert cluster.node(second).leading


def test_a_leader_with_room_again_keeps_the_lead() -> None:
    cluster = Cluster(3)
    leader = cluster.elect()
    for node in [*cluster.followers(), leader]:
        cluster.step(node.id, StorageLow())
    cluster.exchange()
    for node in cluster.live():
        cluster.step(node.id, StorageFreed())
    cluster.pass_time(30 * SECOND)
    assert cluster.leader() is leader
    assert leader.accepting
