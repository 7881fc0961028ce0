"""A member that takes no more part owes an answer to everybody who waits for one."""

from raft_cluster import Cluster, node_name
from raft_registers import Get, Put

from core.ids import Address, NodeId
from core.raft.effects import OutcomeUnknown, Refused, Reply
from core.raft.members import AddLearner
from core.timing import SECOND


def answers(cluster: Cluster, node_id: NodeId) -> dict[int, type]:
    effects = cluster.node(node_id).abandon()
    replies = [effect for effect in effects if isinstance(effect, Reply)]
    assert len(replies) == len(effects)
    assert cluster.node(node_id).abandon() == []
    return {reply.ticket: type(reply.result) for reply in replies}


def test_what_a_leader_may_have_had_is_unknown_and_the_rest_is_refused() -> None:
    cluster = Cluster(3)
    cluster.elect()
    member = cluster.followers()[0].id
    cluster.partition([])
    forwarded = cluster.propose(member, Put("a", 1))
    asked = cluster.read(member, Get("a"))
    cluster.run_until(lambda: cluster.node(member).leader_id is None, SECOND)
    kept = cluster.propose(member, Put("a", 2))
    assert answers(cluster, member) == {forwarded: OutcomeUnknown, kept: Refused, asked: Refused}


def test_a_leader_answers_for_its_log_and_for_the_change_under_way() -> None:
    cluster = Cluster(3)
    leader = cluster.elect().id
    cluster.partition([])
    written = cluster.propose(leader, Put("a", 1))
    asked = cluster.read(leader, Get("a"))
    changing = cluster.change(leader, AddLearner(node_name(4), Address("host4:2377")))
    assert answers(cluster, leader) == {written: OutcomeUnknown, asked: Refused, changing: OutcomeUnknown}


def test_who_was_answered_is_not_answered_again() -> None:
    cluster = Cluster(3)
    leader = cluster.elect().id
    written = cluster.propose(leader, Put("a", 1))
    cluster.pass_time(SECOND)
    cluster.applied(written)
    assert answers(cluster, leader) == {}
