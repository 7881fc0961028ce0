"""Which Raft member a host becomes at a leader's word: the newest version of its node object counts."""

from typing import Any

import pytest
from swarm import Swarm, formed

from core.ids import NodeId
from core.membership import Membership
from core.phases import HostPhase


class Told:
    """All that membership asks of an agent that has been told this."""

    def __init__(self, membership: Membership, raft_id: str, version: int) -> None:
        self.managers = membership.identity.managers
        self.assigned_raft_id = NodeId(raft_id)
        self.assigned_at_version = version

    def step(self, now: int, event: Any) -> list[Any]:
        return []


@pytest.fixture
def swarm() -> Swarm:
    return formed(1, 1)


@pytest.mark.parametrize(("newer_by", "follows"), [(-1, False), (0, False), (1, True)])
def test_only_an_order_of_a_newer_version_is_followed(swarm: Swarm, newer_by: int, follows: bool) -> None:
    host = swarm.host("w1")
    membership = host.membership
    version = membership.identity.node_version
    assert version > 0
    host.machines.agent = Told(membership, "member", version + newer_by)  # type: ignore[assignment]
    assert membership.orders.follow_order(swarm.world.now) is follows
    assert membership.phase is (HostPhase.MANAGER if follows else HostPhase.WORKER)


def test_the_member_whose_log_was_lost_is_never_followed_again(swarm: Swarm) -> None:
    host = swarm.host("w1")
    membership = host.membership
    lost = NodeId("lost")
    membership.standing.identity = type(membership.identity)(node_id=membership.identity.node_id, lost_raft_id=lost)
    host.machines.agent = Told(membership, lost, 99)  # type: ignore[assignment]
    assert not membership.orders.follow_order(swarm.world.now)
