"""Constraints, case by case (swarm.md §3.6)."""

import pytest
from leading_head import node_of
from msgspec.structs import replace

from core.manager.placement.constraints import ConstraintError, meets, parse_constraint, parse_constraints
from core.objects.node import NodeDescription, NodeSpec, Role
from core.objects.resources import Platform

NODE = node_of(
    "w1",
    spec=NodeSpec(labels={"zone": "A", "Rack": "r1"}, role=Role.MANAGER),
    description=NodeDescription(
        "Host-1", platform=Platform("linux", "x86_64"), engine_labels={"kernel": "uml"}, engine_version="1"
    ),
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("node.id==w1", True),
        ("node.id != w1", False),
        ("node.hostname == host-1", True),  # values compare without regard to case
        ("NODE.HOSTNAME == host-1", True),
        ("node.role == Manager", True),
        ("node.role != worker", True),
        ("node.platform.os == linux", True),
        ("node.platform.arch == x86_64", True),
        ("node.labels.zone == a", True),
        ("node.labels.ZONE == a", False),  # label keys do not
        ("node.labels.Rack == R1", True),
        ("node.labels.absent != x", True),  # a missing label is empty
        ("node.labels.absent == x", False),
        ("engine.labels.kernel == uml", True),
        ("engine.labels.kernel != uml", False),
        ("node.ip == 192.0.2.1", True),
        ("node.ip == 192.0.2.0/24", True),
        ("node.ip != 192.0.2.0/24", False),
        ("node.ip == 198.51.100.0/24", False),
        ("node.ip == nonsense", False),
        ("node.ip != nonsense", False),
        ("node.unknown == x", False),  # an unknown key never matches
        ("node.unknown != x", False),
    ],
)
def test_a_node_meets_a_constraint_or_not(expression: str, expected: bool) -> None:
    assert meets(NODE, parse_constraints((expression,))) is expected


def test_all_constraints_have_to_be_met() -> None:
    assert meets(NODE, parse_constraints(()))
    assert not meets(NODE, parse_constraints(("node.id == w1", "node.role == worker")))


@pytest.mark.parametrize("subnet", ["192.0.2.1", "192.0.2.0/24", "::/0"])
def test_a_node_without_an_address_is_in_no_subnet(subnet: str) -> None:
    nowhere = replace(NODE, status=replace(NODE.status, address=""))
    assert not meets(nowhere, parse_constraints((f"node.ip == {subnet}",)))
    assert meets(nowhere, parse_constraints((f"node.ip != {subnet}",)))


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("node.id", "constraint expected one operator from ==, !="),
        ("node.id = x", "constraint expected one operator from ==, !="),
        ("node.id ==", "value '' is invalid"),
        ("== x", "key '' is invalid"),
        ("1node == x", "key '1node' is invalid"),
        ("node.id == a,b", "value 'a,b' is invalid"),
    ],
)
def test_what_is_no_constraint_is_refused_with_a_reason(expression: str, message: str) -> None:
    with pytest.raises(ConstraintError, match="^" + message.replace("?", r"\?")):
        parse_constraint(expression)
