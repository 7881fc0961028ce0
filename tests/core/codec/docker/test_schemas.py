"""The schemas that tables tell of themselves: they fit all that is written, and what does not fit is not read."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from conformance import faults_in
from docker_records import sayable
from hypothesis import given, settings
from hypothesis import strategies as st

from core.codec.docker.cluster import SWARM_SPEC, encode_swarm
from core.codec.docker.config import CONFIG_SPEC, encode_config
from core.codec.docker.network import NETWORK_REQUEST, encode_network
from core.codec.docker.node import NODE_SPEC, encode_node
from core.codec.docker.schemas import named
from core.codec.docker.secret import SECRET_SPEC, encode_secret
from core.codec.docker.service import SERVICE_SPEC, ServiceCounts, decode_service_spec, encode_service
from core.codec.docker.task import encode_task
from core.mistakes import DocumentError
from core.objects import Cluster, Config, Network, Node, Secret, Service, Task
from core.objects.cluster import ClusterSpec
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec
from core.objects.node import NodeSpec
from core.objects.secret import SecretSpec
from core.objects.service import ServiceSpec

SPECS: dict[str, tuple[type, Callable[[Any], Any]]] = {
    "SwarmSpec": (ClusterSpec, SWARM_SPEC.write),
    "ConfigSpec": (ConfigSpec, CONFIG_SPEC.write),
    "NetworkCreateRequest": (NetworkSpec, NETWORK_REQUEST.write),
    "NodeSpec": (NodeSpec, NODE_SPEC.write),
    "SecretSpec": (SecretSpec, SECRET_SPEC.write),
    "ServiceSpec": (ServiceSpec, SERVICE_SPEC.write),
}
ANSWERS: dict[str, tuple[type, Callable[[Any], Any]]] = {
    "Swarm": (Cluster, encode_swarm),
    "Config": (Config, encode_config),
    "Network": (Network, lambda network: encode_network(network, peers=[("m1", "198.18.0.1")])),
    "Node": (Node, lambda node: encode_node(node, leads=True)),
    "Secret": (Secret, encode_secret),
    "Service": (Service, lambda service: encode_service(service, counts=ServiceCounts(1, 2))),
    "Task": (Task, lambda task: encode_task(task, {})),
}


def as_sent(body: Any) -> Any:
    """What a client reads of it."""
    return msgspec.json.decode(msgspec.json.encode(body))


@pytest.mark.parametrize("name", SPECS)
@given(data=st.data())
@settings(max_examples=30)
def test_a_spec_looks_as_its_schema_says(name: str, data: st.DataObject) -> None:
    record, write = SPECS[name]
    assert faults_in(as_sent(write(data.draw(sayable(record)))), named(name)) == []


@pytest.mark.parametrize("name", ANSWERS)
@given(data=st.data())
@settings(max_examples=30)
def test_an_answer_looks_as_its_schema_says(name: str, data: st.DataObject) -> None:
    record, encode = ANSWERS[name]
    assert faults_in(as_sent(encode(data.draw(sayable(record)))), named(name)) == []


@pytest.mark.parametrize(
    "body",
    [
        {"Name": 3},
        {"Labels": {"a": 1}},
        {"Mode": {"Replicated": {}, "Global": {}}},
        {"Mode": {"Replicated": {"Replicas": "3"}}},
        {"TaskTemplate": {"ContainerSpec": {"Env": "A=b"}}},
        {"TaskTemplate": {"ContainerSpec": {"Mounts": [{"TmpfsOptions": {"Options": [[]]}}]}}},
        {"TaskTemplate": {"ContainerSpec": {"Secrets": [{"File": {"Mode": "0444"}}]}}},
        {"EndpointSpec": {"Ports": [{"Protocol": "icmp"}]}},
        {"UpdateConfig": {"MaxFailureRatio": "a half"}},
    ],
)
def test_what_does_not_fit_is_not_read(body: Any) -> None:
    assert faults_in(body, named("ServiceSpec"))
    with pytest.raises(DocumentError):
        decode_service_spec(body)


def test_a_name_that_no_row_has_does_not_fit() -> None:
    assert faults_in({"Replicas": 3}, named("ServiceSpec"))
