"""Nodes as Docker shows them, and as operators change them."""

import pytest
from docker_records import sayable
from hypothesis import given

from core.codec.docker.node import decode_node_spec, encode_node
from core.codec.docker.unsupported import warnings
from core.ids import Address, NodeId
from core.mistakes import DocumentError
from core.objects.node import (
    Availability,
    ManagerStatus,
    Node,
    NodeDescription,
    NodeSpec,
    NodeState,
    NodeStatus,
    Reachability,
    Role,
)
from core.objects.resources import Platform, Resources

WORKER = Node(
    NodeId("w1"),
    NodeSpec(labels={"zone": "b"}, availability=Availability.DRAIN),
    NodeDescription(
        "host-1",
        Platform("linux", "aarch64"),
        Resources(nano_cpus=4_000_000_000, memory_bytes=1 << 33),
        "28.2.2",
        {"gpu": "none"},
        (("Network", "overlay"), ("Volume", "local")),
    ),
    NodeStatus(NodeState.READY, address="10.0.0.7"),
    version=9,
)
SHOWN = {
    "ID": "w1",
    "Version": {"Index": 9},
    "CreatedAt": "1970-01-01T00:00:00Z",
    "UpdatedAt": "1970-01-01T00:00:00Z",
    "Spec": {"Labels": {"zone": "b"}, "Role": "worker", "Availability": "drain"},
    "Description": {
        "Hostname": "host-1",
        "Platform": {"Architecture": "aarch64", "OS": "linux"},
        "Resources": {"NanoCPUs": 4000000000, "MemoryBytes": 8589934592},
        "Engine": {
            "EngineVersion": "28.2.2",
            "Labels": {"gpu": "none"},
            "Plugins": [{"Type": "Network", "Name": "overlay"}, {"Type": "Volume", "Name": "local"}],
        },
        "TLSInfo": {},
    },
    "Status": {"State": "ready", "Addr": "10.0.0.7"},
}


def manager(reachability: Reachability) -> Node:
    return Node(
        NodeId("m1"),
        NodeSpec(role=Role.MANAGER),
        manager=ManagerStatus(NodeId("r1"), Address("10.0.0.1:2377"), reachability),
    )


def test_a_worker_has_no_manager_status() -> None:
    assert encode_node(WORKER, leads=False) == SHOWN


def test_a_node_of_which_nothing_is_known_is_shown_all_the_same() -> None:
    shown = encode_node(Node(NodeId("n"), NodeSpec()), leads=False)
    assert shown["Spec"] == {"Labels": {}, "Role": "worker", "Availability": "active"}
    assert shown["Status"] == {"State": "unknown"}
    assert shown["Description"]["Resources"] == shown["Description"]["Engine"] == {}


def test_only_the_leader_is_said_to_lead() -> None:
    shown = encode_node(manager(Reachability.REACHABLE), leads=True)["ManagerStatus"]
    assert shown == {"Leader": True, "Reachability": "reachable", "Addr": "10.0.0.1:2377"}
    shown = encode_node(manager(Reachability.UNREACHABLE), leads=False)["ManagerStatus"]
    assert shown == {"Reachability": "unreachable", "Addr": "10.0.0.1:2377"}


@given(sayable(Node))
def test_what_is_shown_can_be_sent_back(node: Node) -> None:
    assert decode_node_spec(encode_node(node, leads=False)["Spec"]) == node.spec


@pytest.mark.parametrize("name", ["Role", "role", "ROLE"])
def test_names_and_words_are_read_in_whatever_case(name: str) -> None:
    assert decode_node_spec({name: "Manager", "Labels": {"Zone": None}}) == NodeSpec(
        role=Role.MANAGER, labels={"Zone": ""}
    )


def test_what_is_unknown_is_read_over() -> None:
    assert decode_node_spec({"Colour": "red", "Availability": "", "Labels": None}) == NodeSpec()
    assert warnings(NodeSpec()) == ()


def test_a_word_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(DocumentError, match=r"^Role: 'leader' is not possible here; .*worker, manager"):
        decode_node_spec({"Role": "leader"})
