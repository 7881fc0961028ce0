"""What a host is told that would leave its swarm without force, and once it may."""

import pytest
from swarm import formed

from core.ids import Address
from core.operations import ErrorCode, InitSwarm, JoinSwarm, LeaveSwarm, Operation, OperationError
from core.raft.machine import Rejected

BEGINNING = "You are attempting to leave the swarm on a node that is participating as a manager. "


ALONE = "Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message."
ONE_OF_3 = (
    "It is one of 3 managers, and leaving may cost the quorum. "
    "Demote it first with `docker node demote`, or use `--force`."
)
MEMBER = 'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.'
HERE, THERE = Address("m1:2377"), Address("m9:2377")


@pytest.mark.parametrize(("manager_count", "text"), [(1, ALONE), (3, ONE_OF_3)])
def test_a_manager_is_told_what_would_be_lost(manager_count: int, text: str) -> None:
    refused = Rejected(OperationError(ErrorCode.UNAVAILABLE, BEGINNING + text))
    assert formed(manager_count).ask("m1", LeaveSwarm()) == refused


@pytest.mark.parametrize("operation", [InitSwarm(HERE), JoinSwarm(HERE, (THERE,), "token")], ids=["init", "join"])
def test_a_member_can_neither_found_nor_join_another_swarm(operation: Operation) -> None:
    assert formed(1).ask("m1", operation) == Rejected(OperationError(ErrorCode.UNAVAILABLE, MEMBER))
