"""A leader whose machine takes several steps to get ready: it leads on, and clients wait."""

import pytest
from raft_cluster import Cluster
from raft_registers import Get, Put, Registers

from core.ids import NodeId
from core.raft.effects import Leading, Role
from core.raft.events import Received, Tick
from core.raft.messages import Heartbeat, Stale
from core.timing import LAN, SECOND


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setattr(Registers, "LEAD_STEPS", 100)
    return Cluster(3)


def elected(cluster: Cluster) -> NodeId:
    """Somebody who leads, with its first entry committed, and is not ready."""
    while not (leaders := [node for node in cluster.live() if node.role is Role.LEADER and node.applied_index > 1]):
        if cluster.deliverable():
            cluster.deliver(cluster.deliverable()[0])
            continue
        node = min(cluster.live(), key=lambda node: node.deadline() or cluster.now)
        cluster.now = max(cluster.now, node.deadline() or 0)
        cluster.step(node.id, Tick())
    (leader,) = leaders
    assert not leader.leading
    return leader.id


def test_it_asks_to_go_on_at_once_until_it_is_ready(cluster: Cluster) -> None:
    leader_id = elected(cluster)
    leader = cluster.node(leader_id)
    steps = 0
    while not leader.leading:
        assert leader.deadline() == cluster.now
        assert not leader.accepting
        cluster.step(leader_id, Tick())
        steps += 1
    assert 50 < steps <= 100
    assert [fact for node_id, fact in cluster.facts if isinstance(fact, Leading)] == [Leading(leader.term)]
    later = leader.deadline()
    assert later is not None
    assert later > cluster.now


def test_it_beats_meanwhile(cluster: Cluster) -> None:
    leader_id = elected(cluster)
    cluster.letters.clear()
    cluster.now += 2 * LAN.raft.heartbeat_ns
    cluster.step(leader_id, Tick())
    beats = [letter for letter in cluster.letters if isinstance(letter.message, Heartbeat)]
    assert {letter.to for letter in beats} == {node.id for node in cluster.live()} - {leader_id}


def test_what_clients_ask_for_meanwhile_is_done_afterwards(cluster: Cluster) -> None:
    leader_id = elected(cluster)
    writes = [cluster.propose(node.id, Put(node.id, 1)) for node in cluster.live()]
    reads = [cluster.read(node.id, Get("x")) for node in cluster.live()]
    assert all(cluster.result(ticket) is None for ticket in writes + reads)
    cluster.pass_time(SECOND)
    assert cluster.node(leader_id).leading
    for ticket in writes + reads:
        cluster.applied(ticket)


def test_leadership_lost_meanwhile_leaves_nothing_behind(cluster: Cluster) -> None:
    leader_id = elected(cluster)
    leader = cluster.node(leader_id)
    write = cluster.propose(leader_id, Put("x", 1))
    other = next(node.id for node in cluster.live() if node.id != leader_id)
    cluster.step(leader_id, Received(other, leader_id, Stale(leader.term + 1)))
    assert (leader.role, leader.leading) == (Role.FOLLOWER, False)
    cluster.pass_time(2 * SECOND)
    assert len(cluster.leaders()) == 1
    cluster.applied(write)
    assert all(peer.up.leading == (peer.machine.head is not None) for peer in cluster.peers.values())
