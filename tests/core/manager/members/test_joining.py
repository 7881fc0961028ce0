"""Hosts join: the token decides, the answer waits for the commit, repetitions change nothing."""

import pytest
from leading_manager import Leader

from core.ids import Address, NodeId
from core.messages import JoinAccepted, JoinRejected, JoinRequest
from core.objects.node import Availability, NodeDescription, NodeState, Role
from core.operations import Kind, Remove, UpdateCluster
from core.raft.effects import Send


def request(token: str, attempt: int = 1, name: str = "w1") -> JoinRequest:
    address = Address(f"{name}:2377")
    return JoinRequest(attempt, NodeId(name), token, address, Availability.ACTIVE, NodeDescription(name))


@pytest.mark.parametrize(("token", "role"), [("worker-token", Role.WORKER), ("manager-token", Role.MANAGER)])
def test_the_token_decides_the_role(token: str, role: Role) -> None:
    leader = Leader()
    [answer] = leader.hear(NodeId("w1"), request(token))
    node = leader.store.nodes[NodeId("w1")]
    assert node.spec.role is role
    assert (node.manager is not None) == (role is Role.MANAGER)
    assert node.status.state is NodeState.UNKNOWN
    assert isinstance(answer, Send)
    assert answer.to == "w1"
    accepted = answer.message
    assert isinstance(accepted, JoinAccepted)
    assert accepted.raft_id == (node.manager.raft_id if node.manager is not None else "")
    assert accepted.node_version == node.version or leader.store.nodes[node.id].version >= accepted.node_version
    assert accepted.managers[0].node_id == "m1"


@pytest.mark.parametrize("token", ["", "wrong", "worker-token "])
def test_without_a_token_nobody_joins(token: str) -> None:
    leader = Leader()
    [answer] = leader.hear(NodeId("w1"), request(token))
    assert isinstance(answer, Send)
    reason = "A valid join token is necessary to join this cluster"
    assert answer.message == JoinRejected(1, reason)
    assert NodeId("w1") not in leader.store.nodes


def test_nobody_is_told_before_the_node_is_committed() -> None:
    leader = Leader()
    assert leader.manager.receive(0, NodeId("w1"), request("worker-token")) == []
    assert leader.manager.receive(0, NodeId("w1"), request("worker-token", attempt=2)) == []
    assert leader.manager.deadline(may_write=True) == 0
    leader.settle()
    answers = [effect.message for effect in leader.effects if isinstance(effect, Send)]
    assert [answer.attempt for answer in answers if isinstance(answer, JoinAccepted)] == [2]


def test_a_delayed_request_does_not_bring_a_removed_node_back() -> None:
    leader = Leader()
    leader.hear(NodeId("w1"), request("worker-token"))
    assert leader.ask(Remove(Kind.NODE, "w1", force=True)) is None
    [answer] = leader.hear(NodeId("w1"), request("worker-token"))
    assert isinstance(answer, Send)
    assert isinstance(answer.message, JoinRejected)
    assert NodeId("w1") not in leader.store.nodes


def test_a_repeated_request_is_answered_and_changes_nothing() -> None:
    leader = Leader()
    leader.hear(NodeId("w1"), request("manager-token"))
    before = leader.store.digest()
    [answer] = leader.hear(NodeId("w1"), request("manager-token", attempt=2))
    assert isinstance(answer, Send)
    assert isinstance(answer.message, JoinAccepted)
    assert answer.message.attempt == 2
    assert leader.store.digest() == before


def rotate(leader: Leader) -> object:
    cluster = leader.store.cluster
    assert cluster is not None
    secrets = (b"w" * 16, b"m" * 16, b"u" * 32)
    return leader.ask(UpdateCluster(cluster.version, cluster.spec, True, True, secrets=secrets))


@pytest.mark.parametrize("token", ["worker-token", "manager-token"])
def test_a_token_that_is_rotated_before_the_node_is_there_lets_nobody_in(token: str) -> None:
    leader = Leader()
    assert leader.manager.receive(0, NodeId("w1"), request(token)) == []
    assert rotate(leader) is None
    assert NodeId("w1") not in leader.store.nodes
    [answer] = leader.hear(NodeId("w1"), request(token, attempt=2))
    assert isinstance(answer, Send)
    assert isinstance(answer.message, JoinRejected)


def test_who_is_in_already_is_answered_though_its_token_was_rotated_since() -> None:
    leader = Leader()
    leader.hear(NodeId("w1"), request("worker-token"))  # and the answer is lost
    rotate(leader)
    [answer] = leader.hear(NodeId("w1"), request("worker-token", attempt=2))
    assert isinstance(answer, Send)
    assert isinstance(answer.message, JoinAccepted)
