"""How an operator removes a node, whatever others ask of it meanwhile."""

from collections.abc import Generator
from typing import Any

import pytest

from core.ids import Address, NodeId
from core.objects.node import ManagerStatus, Node, NodeSpec, Role
from core.operations import ErrorCode, Inspect, OperationError, Remove, UpdateNode
from swarmsim.player.operator import Pause, RejectedError, remove_node

WORKER = Node(NodeId("n1"), NodeSpec(role=Role.WORKER))
MANAGER = Node(
    NodeId("n1"), NodeSpec(role=Role.MANAGER), manager=ManagerStatus(NodeId("r1"), Address("198.18.0.1:2377"))
)
STILL_A_MANAGER = RejectedError(
    OperationError(ErrorCode.FAILED_PRECONDITION, "must be demoted to worker before removal")
)


def until_it_removes(talk: Generator[Any, Any, None], said: Any, found: Node) -> list[type]:
    """Answers what it asks about the node with `found`; what it asked, up to the removal."""
    asked = []
    while True:
        asked.append(type(said))
        if isinstance(said, Remove):
            return asked
        said = talk.send(found if isinstance(said, Inspect) else None)


def test_a_manager_is_demoted_first() -> None:
    talk = remove_node("n1")
    assert UpdateNode in until_it_removes(talk, next(talk), MANAGER)
    with pytest.raises(StopIteration):
        talk.send(None)


def test_who_is_promoted_meanwhile_is_demoted_again() -> None:
    talk = remove_node("n1")
    assert UpdateNode not in until_it_removes(talk, next(talk), WORKER)
    assert isinstance(talk.throw(STILL_A_MANAGER), Pause)
    assert UpdateNode in until_it_removes(talk, talk.send(None), MANAGER)


def test_a_demotion_that_is_refused_ends_it() -> None:
    talk = remove_node("n1")
    said = next(talk)
    while not isinstance(said, UpdateNode):
        said = talk.send(MANAGER)
    with pytest.raises(RejectedError):
        talk.throw(RejectedError(OperationError(ErrorCode.FAILED_PRECONDITION, "loss of quorum")))
