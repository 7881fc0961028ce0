"""How an operator has a host join again: it is out first, asked until it is in, and what it was is removed."""

from typing import Any

import pytest
from fake_world import FakeWorld
from msgspec.structs import replace

from core.ids import Address, ClusterId, NodeId
from core.objects import Cluster, Node
from core.objects.cluster import JoinTokens
from core.objects.node import NodeDescription, NodeSpec
from core.operations import (
    ErrorCode,
    Inspect,
    JoinSwarm,
    Kind,
    LeaveSwarm,
    ListObjects,
    Operation,
    OperationError,
    Remove,
)
from core.phases import HostPhase
from core.raft.effects import Applied, Result
from core.raft.machine import Rejected
from core.store import Store
from core.timing import SECOND
from swarmsim.player.operator import Operator
from swarmsim.player.rejoining import ask_to_rejoin
from swarmsim.world import Power

CLUSTER = Cluster(ClusterId("c"), tokens=JoinTokens("worker-token", "manager-token"))


def node(name: str, hostname: str) -> Node:
    return Node(NodeId(name), NodeSpec(), description=NodeDescription(hostname=hostname))


NODES = (node("node-m1", "m1"), node("former", "m2"), node("node-m2", "m2"))


class Swarm:
    """m1 leads; m2 is to join again."""

    def __init__(self, **of_m2: Any) -> None:
        self.world = FakeWorld("m1", "m2")
        self.world.stores["m1"] = Store()
        self.world.statuses["m2"] = replace(self.world.statuses["m2"], **of_m2)
        self.world.answer = self.answer
        self.rejects: dict[type, OperationError] = {}
        self.ended: list[str] = []

    def answer(self, host: str, operation: Operation) -> Result:
        if type(operation) in self.rejects:
            return Rejected(self.rejects[type(operation)])
        if isinstance(operation, LeaveSwarm):
            self.world.statuses[host] = replace(self.world.statuses[host], phase=HostPhase.INACTIVE)
        if isinstance(operation, ListObjects):
            return Applied(1, (CLUSTER,) if operation.kind is Kind.CLUSTER else NODES)
        return Applied(1, node("former", "m2") if isinstance(operation, Inspect) else None)

    def rejoin(self) -> list[tuple[str, Operation]]:
        """What is asked of whom, as far as it changes anything."""
        ask_to_rejoin(self.world, Operator(self.world), "m2", self.ended.append)
        self.world.run_until(100 * SECOND)
        return [asked for asked in self.world.asked if isinstance(asked[1], JoinSwarm | LeaveSwarm | Remove)]


JOIN = JoinSwarm(Address("m2:2377"), (Address("m1:2377"),), "manager-token")
REMOVE = Remove(Kind.NODE, "former", force=True)


def test_who_is_out_joins_as_what_its_name_says_and_its_former_node_is_removed() -> None:
    swarm = Swarm(phase=HostPhase.INACTIVE)
    assert swarm.rejoin() == [("m2", JOIN), ("m1", REMOVE)]
    assert swarm.ended == [""]


def test_who_thinks_itself_a_member_leaves_first() -> None:
    swarm = Swarm(phase=HostPhase.MANAGER)
    assert swarm.rejoin() == [("m2", LeaveSwarm(force=True)), ("m2", JOIN), ("m1", REMOVE)]
    assert swarm.ended == [""]


def test_who_was_a_member_all_along_since_an_answer_was_lost_is_well_joined() -> None:
    swarm = Swarm(phase=HostPhase.INACTIVE)
    swarm.rejects[JoinSwarm] = OperationError(ErrorCode.UNAVAILABLE, "This node is already part of a swarm")
    assert swarm.rejoin() == [("m2", JOIN), ("m1", REMOVE)]
    assert swarm.ended == [""]


def test_what_it_was_is_removed_as_soon_as_enough_others_are_in_reach() -> None:
    swarm = Swarm(phase=HostPhase.INACTIVE)
    swarm.rejects[Inspect] = OperationError(ErrorCode.FAILED_PRECONDITION, "a loss of quorum")
    swarm.world.call_at(10 * SECOND, swarm.rejects.clear)
    assert swarm.rejoin() == [("m2", JOIN), ("m1", REMOVE)]
    assert swarm.ended == [""]


def test_who_may_not_lose_what_it_holds_stays() -> None:
    swarm = Swarm(phase=HostPhase.MANAGER)
    swarm.world.holds_on_to.add("m2")
    assert swarm.rejoin() == []
    assert swarm.ended == ["m2 cannot leave: too many would be lost"]


def test_who_was_out_before_it_was_told_to_leave_is_well_out() -> None:
    swarm = Swarm(phase=HostPhase.MANAGER)
    swarm.rejects[LeaveSwarm] = OperationError(ErrorCode.UNAVAILABLE, "This node is not part of a swarm")
    swarm.world.call_at(
        SECOND, lambda: swarm.world.statuses.update(m2=replace(swarm.world.statuses["m2"], phase=HostPhase.INACTIVE))
    )
    assert [type(asked) for _, asked in swarm.rejoin()][-2:] == [JoinSwarm, Remove]
    assert swarm.ended == [""]


@pytest.mark.parametrize(
    ("of_m2", "rejects", "problem"),
    [
        ({"power": Power.OFF}, {}, "m2 was not up for long enough to leave the swarm and join again"),
        ({"phase": HostPhase.INACTIVE}, {JoinSwarm: OperationError(ErrorCode.INVALID, "wrong token")}, "wrong token"),
        (
            {"phase": HostPhase.INACTIVE},
            {Inspect: OperationError(ErrorCode.FAILED_PRECONDITION, "a loss of quorum")},
            "node former could not be removed without the loss of a quorum",
        ),
        ({"phase": HostPhase.INACTIVE}, {ListObjects: OperationError(ErrorCode.INVALID, "no lists")}, "no lists"),
    ],
)
def test_what_keeps_it_from_joining_is_told_once(
    of_m2: dict[str, Any], rejects: dict[type, OperationError], problem: str
) -> None:
    swarm = Swarm(**of_m2)
    swarm.rejects = rejects
    assert REMOVE not in [operation for _, operation in swarm.rejoin()]
    assert swarm.ended == [problem]
