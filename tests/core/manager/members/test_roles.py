"""Raft's membership follows the roles of nodes: promotion, demotion, lost logs."""

from leading_manager import SELF, Leader
from msgspec.structs import replace

from core.ids import NodeId
from core.messages import JoinRequest
from core.objects.node import Availability, NodeDescription, Role
from core.operations import OperationError, UpdateNode
from core.raft.members import AddMember, RemoveMember, UpdateAddress


def joined(leader: Leader, name: str, token: str = "worker-token") -> None:
    address = f"{name}:2377"
    request = JoinRequest(1, NodeId(name), token, address, Availability.ACTIVE, NodeDescription(name))  # type: ignore[arg-type]
    leader.hear(NodeId(name), request)


def raft_id(leader: Leader, name: str) -> NodeId:
    manager = leader.store.nodes[NodeId(name)].manager
    return manager.raft_id if manager is not None else NodeId("")


def set_role(leader: Leader, name: str, role: Role) -> object:
    node = leader.store.nodes[NodeId(name)]
    return leader.ask(UpdateNode(node.id, node.version, replace(node.spec, role=role)))


def three_managers() -> Leader:
    leader = Leader()
    leader.register("m1", "raft-m1")
    for name in ("m2", "m3"):
        joined(leader, name, "manager-token")
        leader.follow_plans()
        leader.register(name, raft_id(leader, name))
    assert len(leader.members) == 3
    return leader


def test_a_swarm_at_rest_plans_nothing() -> None:
    leader = Leader()
    assert leader.plan() is None
    leader.register("m1", "raft-m1")
    assert leader.follow_plans() == [UpdateAddress(NodeId("raft-m1"), "m1:2377")]  # type: ignore[arg-type]  # it moved


def test_who_joins_as_a_manager_is_added_under_the_id_it_was_given() -> None:
    leader = Leader()
    joined(leader, "m2", "manager-token")
    assert leader.follow_plans() == [AddMember(raft_id(leader, "m2"), "m2:2377")]  # type: ignore[arg-type]  # an address


def test_a_worker_is_promoted_once_its_agent_has_said_where_it_is() -> None:
    leader = Leader()
    joined(leader, "w1")
    assert set_role(leader, "w1", Role.MANAGER) is None
    assert leader.plan() is None
    leader.register("w1")
    first = raft_id(leader, "w1")
    assert first
    assert leader.follow_plans() == [AddMember(first, "w1:2377")]  # type: ignore[arg-type]  # an address


def test_every_promotion_has_a_raft_id_of_its_own() -> None:
    leader = three_managers()
    first = raft_id(leader, "m3")
    assert set_role(leader, "m3", Role.WORKER) is None
    assert raft_id(leader, "m3") == first  # until Raft has let it go
    assert leader.follow_plans() == [RemoveMember(first)]
    assert raft_id(leader, "m3") == ""
    set_role(leader, "m3", Role.MANAGER)
    assert raft_id(leader, "m3") not in ("", first)


def test_a_demotion_waits_until_those_left_are_a_majority_in_reach() -> None:
    leader = three_managers()
    assert set_role(leader, "m3", Role.WORKER) is None
    leader.run_for(10_000_000_000)  # all sessions expire
    assert leader.plan() is None
    leader.register("m2", raft_id(leader, "m2"), attempt=2)
    leader.register("m1", "raft-m1", attempt=2)
    assert isinstance(leader.plan(), RemoveMember)


def test_a_demoted_leader_first_hands_over_and_asks_again_only_after_a_while() -> None:
    leader = three_managers()
    assert not isinstance(set_role(leader, SELF, Role.WORKER), OperationError)
    heir = leader.plan()
    assert heir == raft_id(leader, "m2")
    assert leader.plan() is None
    leader.now += 2_000_000_000
    assert leader.plan() == heir


def test_a_host_that_lost_its_log_gets_a_new_raft_id_and_the_old_member_goes_first() -> None:
    leader = three_managers()
    lost = raft_id(leader, "m3")
    leader.register("m3", "", attempt=2)
    fresh = raft_id(leader, "m3")
    assert fresh not in ("", lost)
    assert leader.follow_plans() == [RemoveMember(lost), AddMember(fresh, "m3:2377")]  # type: ignore[arg-type]


def test_a_repeated_registration_is_no_second_loss() -> None:
    leader = three_managers()
    leader.register("m3", "", attempt=2)
    fresh = raft_id(leader, "m3")
    leader.follow_plans()
    leader.register("m3", "", attempt=2)
    assert raft_id(leader, "m3") == fresh


def test_a_late_copy_of_an_earlier_registration_is_no_loss() -> None:
    """The first of all came from a worker; it has long been a manager."""
    leader = three_managers()
    member = raft_id(leader, "m3")
    leader.register("m3", member, attempt=2)
    leader.register("m3", "", attempt=1)
    assert raft_id(leader, "m3") == member
    assert leader.follow_plans() == []
