"""Which members a leader hears: nobody is called silent before the longest election timeout is over."""

from raft_cluster import Cluster, node_name

from core.ids import Address, NodeId
from core.raft.events import TransferLeadership
from core.raft.members import AddLearner
from core.raft.node import RaftNode
from core.timing import LAN, SECOND

LONGEST_NS = LAN.raft.election_max_ns
HEARTBEAT_NS = LAN.raft.heartbeat_ns


def led() -> tuple[Cluster, RaftNode, NodeId, NodeId]:
    """Three at rest: the leader, and the two others."""
    cluster = Cluster(3, timing=LAN.raft)
    leader = cluster.elect()
    cluster.pass_time(5 * SECOND)
    first, second = (node.id for node in cluster.followers())
    return cluster, leader, first, second


def test_itself_and_those_who_answer() -> None:
    _, leader, first, second = led()
    assert [leader.hears(node_id) for node_id in (leader.id, first, second)] == [True, True, True]


def test_one_who_dies_until_the_timeout_is_over_and_again_when_it_is_back() -> None:
    cluster, leader, first, second = led()
    cluster.crash(first)
    cluster.pass_time(LONGEST_NS - 2 * HEARTBEAT_NS)
    assert leader.hears(first) is True
    cluster.pass_time(3 * HEARTBEAT_NS)
    assert leader.hears(first) is False
    assert leader.hears(second) is True
    cluster.start(first)
    cluster.pass_time(2 * HEARTBEAT_NS)
    assert leader.hears(first) is True


def test_nobody_can_be_said_to_be_silent_by_one_who_has_just_begun_to_lead() -> None:
    cluster, leader, first, second = led()
    cluster.crash(first)
    cluster.pass_time(5 * SECOND)
    cluster.step(leader.id, TransferLeadership(second))
    cluster.run_until(lambda: cluster.node(second).leading, SECOND)
    successor = cluster.node(second)
    assert successor.hears(first) is None
    cluster.pass_time(LONGEST_NS - HEARTBEAT_NS)
    assert successor.hears(first) is None
    cluster.pass_time(2 * HEARTBEAT_NS)
    assert successor.hears(first) is False
    assert successor.hears(leader.id) is True


def test_of_strangers_nothing_can_be_said_and_of_one_just_added_not_yet() -> None:
    cluster, leader, _, _ = led()
    fourth = node_name(4)
    assert leader.hears(fourth) is None
    cluster.change(leader.id, AddLearner(fourth, Address("h4")))
    cluster.pass_time(LONGEST_NS - HEARTBEAT_NS)
    assert leader.hears(fourth) is None
    cluster.pass_time(2 * HEARTBEAT_NS)
    assert leader.hears(fourth) is False


def test_a_follower_cannot_say() -> None:
    cluster, leader, first, second = led()
    follower = cluster.node(first)
    assert [follower.hears(node_id) for node_id in (leader.id, second)] == [None, None]
