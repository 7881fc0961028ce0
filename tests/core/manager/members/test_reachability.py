"""Whom the leader's Raft member hears is written to the nodes, once as it changes."""

from leading_manager import SELF, Leader
from msgspec.structs import replace

from core.ids import Address, NodeId
from core.manager.members.reachability import ManagerReachability
from core.messages import JoinRequest
from core.objects.node import Availability, NodeDescription, Reachability, Role
from core.operations import UpdateNode
from core.parts import finish
from core.timing import LAN, SECOND

LOOK_NS = LAN.raft.election_max_ns
HEARD, LOST = Reachability.REACHABLE, Reachability.UNREACHABLE


def raft_id(leader: Leader, name: str) -> NodeId:
    manager = leader.store.nodes[NodeId(name)].manager
    assert manager is not None
    return manager.raft_id


def shown(leader: Leader) -> dict[str, Reachability]:
    """What is committed of every manager."""
    nodes = leader.store.nodes.values()
    return {node.id: node.manager.reachability for node in nodes if node.manager is not None}


def join(leader: Leader, name: str) -> None:
    address = Address(f"{name}:2377")
    request = JoinRequest(1, NodeId(name), "manager-token", address, Availability.ACTIVE, NodeDescription(name))
    leader.hear(NodeId(name), request)
    leader.follow_plans()


def three_managers() -> Leader:
    """Of which Raft hears all."""
    leader = Leader()
    for name in ("m2", "m3"):
        join(leader, name)
    leader.heard = {raft_id(leader, name): True for name in ("m1", "m2", "m3")}
    leader.run_for(LOOK_NS)
    return leader


def hear_no_more(leader: Leader, name: str) -> None:
    leader.heard[raft_id(leader, name)] = False


def hear_again(leader: Leader, name: str) -> None:
    leader.heard[raft_id(leader, name)] = True


def test_who_falls_silent_is_unreachable_and_who_returns_is_reachable() -> None:
    leader = three_managers()
    assert shown(leader) == {"m1": HEARD, "m2": HEARD, "m3": HEARD}
    hear_no_more(leader, "m3")
    leader.run_for(LOOK_NS)
    assert shown(leader) == {"m1": HEARD, "m2": HEARD, "m3": LOST}
    hear_again(leader, "m3")
    leader.run_for(LOOK_NS)
    assert shown(leader) == {"m1": HEARD, "m2": HEARD, "m3": HEARD}


def test_only_changes_are_written() -> None:
    leader = three_managers()
    leader.run_for(60 * SECOND)  # no agent has a session: all are down by now
    index = leader.index
    hear_no_more(leader, "m3")
    leader.run_for(600 * SECOND)
    assert leader.index == index + 1
    hear_again(leader, "m3")
    leader.run_for(600 * SECOND)
    assert leader.index == index + 2


def test_a_new_leader_looks_at_once_and_leaves_those_of_whom_raft_cannot_say_as_they_were() -> None:
    leader = three_managers()
    hear_no_more(leader, "m2")
    hear_no_more(leader, "m3")
    leader.run_for(LOOK_NS)
    hear_again(leader, "m2")
    del leader.heard[raft_id(leader, "m3")], leader.heard[raft_id(leader, "m1")]
    leader.lead()
    leader.settle()
    assert shown(leader) == {"m1": HEARD, "m2": HEARD, "m3": LOST}


def test_a_manager_alone_has_nothing_to_look_at_and_begins_to_when_another_joins() -> None:
    leader = Leader()
    alone = ManagerReachability(leader.store.copy(), LOOK_NS, leader.hears)
    finish(alone.rebuild(leader.now))
    assert alone.deadline() is None
    leader.run_for(10 * SECOND)
    join(leader, "m2")
    hear_no_more(leader, "m2")
    leader.run_for(LOOK_NS)
    assert shown(leader) == {"m1": HEARD, "m2": LOST}


def test_who_lost_its_log_is_another_member_and_not_called_silent_for_the_old_one() -> None:
    leader = three_managers()
    old = raft_id(leader, "m3")
    hear_no_more(leader, "m3")
    leader.run_for(LOOK_NS)
    leader.register("m3", "")
    assert raft_id(leader, "m3") != old
    leader.run_for(LOOK_NS)
    assert shown(leader)["m3"] is HEARD


def test_a_silent_manager_that_was_demoted_keeps_nothing_of_it() -> None:
    leader = three_managers()
    hear_no_more(leader, "m3")
    for name in (SELF, "m2"):
        leader.register(name, raft_id(leader, name))
    leader.run_for(LOOK_NS)
    node = leader.store.nodes[NodeId("m3")]
    leader.ask(UpdateNode(node.id, node.version, replace(node.spec, role=Role.WORKER)))
    leader.follow_plans()
    assert shown(leader) == {"m1": HEARD, "m2": HEARD}
    leader.run_for(LOOK_NS)
    assert leader.store.nodes[NodeId("m3")].manager is None
