"""Networks as clients ask for them, as Docker shows them, and as it shows them in a task."""

import pytest

from core.codec.docker.network import decode_network_request, encode_attached_network, encode_network
from core.codec.docker.unsupported import warnings
from core.ids import NetworkId
from core.mistakes import DocumentError
from core.objects.network import Network, NetworkSpec, Subnet

SPEC = NetworkSpec("front", {"a": "b"}, attachable=True, options={"encrypted": ""})
NETWORK = Network(NetworkId("n1"), SPEC, 4098, (Subnet("10.0.1.0/24", "10.0.1.1"),), version=7)
BY_COMMAND_LINE = {
    "CheckDuplicate": True,
    "Driver": "overlay",
    "Scope": "",
    "IPAM": {"Driver": "default", "Options": {}, "Config": []},
    "Internal": False,
    "Attachable": True,
    "Ingress": False,
    "ConfigOnly": False,
    "ConfigFrom": None,
    "Options": {"encrypted": ""},
    "Labels": {"a": "b"},
    "Name": "front",
}


def test_a_network_as_the_command_line_asks_for_it() -> None:
    assert decode_network_request(BY_COMMAND_LINE) == SPEC
    assert warnings(SPEC) == ()


def test_a_network_with_a_subnet_of_its_own() -> None:
    ipam = {"Config": [{"Subnet": "10.9.0.0/16", "IPRange": "10.9.1.0/24", "Gateway": "10.9.0.1"}, {"subnet": "x"}]}
    subnets = (Subnet("10.9.0.0/16", "10.9.0.1", "10.9.1.0/24"), Subnet("x"))
    assert decode_network_request({"Name": "n", "Driver": "overlay", "IPAM": ipam}).subnets == subnets


@pytest.mark.parametrize("driver", [{}, {"Driver": ""}, {"Driver": None}])
def test_who_names_no_driver_means_a_bridge(driver: dict[str, object]) -> None:
    assert decode_network_request({"Name": "n", **driver}).driver == "bridge"


def test_a_network_inspected() -> None:
    assert encode_network(NETWORK, peers=[("host-1", "10.1.0.1")]) == {
        "Name": "front",
        "Id": "n1",
        "Created": "1970-01-01T00:00:00Z",
        "Scope": "swarm",
        "Driver": "overlay",
        "EnableIPv4": True,
        "EnableIPv6": False,
        "IPAM": {"Driver": "default", "Config": [{"Subnet": "10.0.1.0/24", "Gateway": "10.0.1.1"}]},
        "Internal": False,
        "Attachable": True,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": {},
        "Options": {"com.docker.network.driver.overlay.vxlanid_list": "4098", "encrypted": ""},
        "Labels": {"a": "b"},
        "Peers": [{"Name": "host-1", "IP": "10.1.0.1"}],
    }


def test_a_network_without_an_identifier_yet_shows_what_was_asked_for() -> None:
    shown = encode_network(Network(NetworkId("n2"), NetworkSpec("back", subnets=(Subnet("10.9.0.0/16"),))))
    assert shown["IPAM"]["Config"] == [{"Subnet": "10.9.0.0/16"}]
    assert shown["Options"] == shown["Labels"] == {}
    assert "Peers" not in shown


def test_a_network_in_a_task() -> None:
    assert encode_attached_network(NETWORK) == {
        "ID": "n1",
        "Version": {"Index": 7},
        "CreatedAt": "1970-01-01T00:00:00Z",
        "UpdatedAt": "1970-01-01T00:00:00Z",
        "Spec": {
            "Name": "front",
            "Labels": {"a": "b"},
            "DriverConfiguration": {"Name": "overlay", "Options": {"encrypted": ""}},
            "Attachable": True,
            "IPAMOptions": {"Driver": {"Name": "default"}},
            "Scope": "swarm",
        },
        "DriverState": {
            "Name": "overlay",
            "Options": {"com.docker.network.driver.overlay.vxlanid_list": "4098", "encrypted": ""},
        },
        "IPAMOptions": {
            "Driver": {"Name": "default"},
            "Configs": [{"Subnet": "10.0.1.0/24", "Gateway": "10.0.1.1"}],
        },
    }


def test_what_has_no_effect_is_shown_as_it_was_sent_and_said() -> None:
    body = {
        **BY_COMMAND_LINE,
        "EnableIPv4": False,
        "EnableIPv6": True,
        "ConfigFrom": {"Network": "template"},
        "IPAM": {"Driver": "dhcp", "Options": {"a": "b"}, "Config": []},
    }
    spec = decode_network_request(body)
    shown = encode_network(Network(NetworkId("n"), spec))
    assert {name: shown[name] for name in body if name not in ("CheckDuplicate", "Scope")} == {
        name: body[name] for name in body if name not in ("CheckDuplicate", "Scope")
    }
    paths = ("EnableIPv4", "EnableIPv6", "IPAM.Driver", "IPAM.Options", "ConfigFrom")
    assert warnings(spec) == tuple(f"{path} has no effect here" for path in paths)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Name": None, "Driver": 1}, "Driver: expected text, not 1"),
        ({"IPAM": []}, "IPAM: expected a mapping, not a list"),
        ({"IPAM": {"Config": [{"Subnet": 10}]}}, "IPAM.Config[0].Subnet: expected text, not 10"),
        ({"IPAM": {"Config": [None, []]}}, "IPAM.Config[1]: expected a mapping, not a list"),
        ({"Internal": "no"}, "Internal: expected true or false, not 'no'"),
    ],
)
def test_a_bad_body_is_refused_by_the_path_of_what_is_wrong(body: object, message: str) -> None:
    with pytest.raises(DocumentError) as refused:
        decode_network_request(body)
    assert str(refused.value) == message
