"""What clients ask of a swarm is said by the step that does the same, and otherwise that no step does."""

from collections.abc import Callable
from random import Random
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from core.compose.rehearsal import Rehearsal
from core.compose.stack import NAMESPACE_LABEL, Stack
from core.ids import Address, ClusterId, NetworkId, NodeId, SecretId
from core.objects.cluster import JoinTokens
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec
from core.objects.node import Availability, NodeDescription, Role
from core.objects.secret import SecretSpec
from core.objects.service import Global, Replicated, ServiceSpec
from core.objects.task import ContainerSpec, FileTarget, NetworkTarget, SecretReference, TaskSpec
from core.operations import (
    CreateConfig,
    CreateNetwork,
    CreateSecret,
    CreateService,
    FoundSwarm,
    InitSwarm,
    JoinSwarm,
    Kind,
    LeaveSwarm,
    ListObjects,
    Operation,
    Remove,
    UnlockSwarm,
    UpdateCluster,
    UpdateNode,
    UpdateSecret,
    UpdateService,
    Write,
)
from core.store import Store
from swarmsim.scenario import steps
from swarmsim.scenario.objects_file import write_objects
from swarmsim.scenario.step_language import text_of
from swarmsim.scenario.targets import Host
from swarmsim.serve.record.orders import WRITES, changes_nothing, said_of
from swarmsim.serve.record.said import Unsaid

ME = Address("198.18.0.1:2377")
NODE = NodeId("node")
FOUNDED = FoundSwarm(
    InitSwarm(ME),
    JoinTokens("worker-token", "manager-token"),
    ClusterId("cluster"),
    NODE,
    NodeId("member"),
    NodeDescription("m1"),
)
WEB = ServiceSpec("web", TaskSpec(ContainerSpec("nginx:1")))


def host_of(node_id: str) -> str | None:
    """There is one node, and it is m1."""
    return "m1" if node_id == NODE else None


class Swarm:
    """A swarm with a network, a secret, a config and a service, and how things that are asked of it are said."""

    def __init__(self) -> None:
        self.rehearsal = Rehearsal(Random(0))
        self.do(FOUNDED)
        self.network = NetworkId(self.do(CreateNetwork(NetworkSpec("net"))))
        self.secret = SecretId(self.do(CreateSecret(SecretSpec("pw", b"hush"))))
        self.config = self.do(CreateConfig(ConfigSpec("conf", b"on")))
        self.service = self.do(CreateService(WEB))

    def do(self, operation: Operation) -> str:
        answer = self.rehearsal.do(operation)
        assert isinstance(answer, str)
        return answer

    @property
    def store(self) -> Store:
        return self.rehearsal.store

    @property
    def spec(self) -> ServiceSpec:
        """The service's, as the swarm has it."""
        [service] = self.store.services.values()
        return service.spec

    def said(self, operation: Operation, host: str = "m1") -> list[str]:
        """Steps as they are written; what cannot be said after a #."""
        found = said_of(operation, host, self.store, host_of)
        return [f"# {each.text}" if isinstance(each, Unsaid) else text_of(each) for each in found]

    def deployed(self, operation: Operation) -> Stack:
        [action] = said_of(operation, "m1", self.store, host_of)
        assert isinstance(action, steps.Deploy)
        assert action.stack is not None
        assert write_objects(action.stack)
        return action.stack

    def update(self, of: Callable[[ServiceSpec], ServiceSpec]) -> UpdateService:
        return UpdateService(self.service, 1, of(self.spec))


@pytest.fixture
def swarm() -> Swarm:
    return Swarm()


def with_task(spec: ServiceSpec, **changes: Any) -> ServiceSpec:
    return replace(spec, task=replace(spec.task, **changes))


def with_container(spec: ServiceSpec, **changes: Any) -> ServiceSpec:
    return with_task(spec, container=replace(spec.task.container, **changes))


def test_every_write_has_its_words() -> None:
    assert {*get_args(Write)} - {FoundSwarm} == {*WRITES}


def test_reading_is_not_told() -> None:
    assert changes_nothing(ListObjects(Kind.NODE))
    assert not changes_nothing(LeaveSwarm())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda spec: spec, []),
        (lambda spec: replace(spec, mode=Replicated(5)), ["scale: {web: 5}"]),
        (lambda spec: with_container(spec, image="nginx:2"), ["update: {web: nginx:2}"]),
        (lambda spec: with_task(spec, force_update=1), ["force-update: web"]),
        (
            lambda spec: with_task(replace(spec, mode=Replicated(5)), force_update=1),
            ["scale: {web: 5}", "force-update: web"],
        ),
    ],
)
def test_an_update_is_said_by_what_it_changes(
    swarm: Swarm, change: Callable[[ServiceSpec], ServiceSpec], said: list[str]
) -> None:
    assert swarm.said(swarm.update(change)) == said


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: with_container(spec, env=("A=b",)),
        lambda spec: replace(with_container(spec, image="nginx:2"), mode=Replicated(5)),
        lambda spec: replace(spec, mode=Global()),
    ],
)
def test_any_other_update_deploys_what_the_service_is_to_be(
    swarm: Swarm, change: Callable[[ServiceSpec], ServiceSpec]
) -> None:
    [service] = swarm.deployed(swarm.update(change)).services
    assert service.spec == change(swarm.spec)


def test_a_service_is_deployed_with_its_references_by_name(swarm: Swarm) -> None:
    target, file = NetworkTarget(swarm.network, ("www",)), FileTarget("pw")
    secrets = (SecretReference(swarm.secret, "pw", file),)
    spec = replace(with_task(with_container(WEB, secrets=secrets), networks=(target,)), name="api")
    stack = swarm.deployed(CreateService(spec))
    [service] = stack.services
    assert (stack.name, stack.external_networks, stack.external_secrets) == ("", ("net",), ("pw",))
    assert (service.networks[0].name, service.networks[0].aliases, service.secrets[0].name) == ("net", ("www",), "pw")
    assert swarm.rehearsal.deploy(stack).changes[0].name == "api"
    made = [each.spec for each in swarm.store.services.values() if each.spec.name == "api"]
    assert made[0].task.networks == (target,)
    assert made[0].task.container.secrets == secrets


def test_what_is_of_a_stack_stays_of_it(swarm: Swarm) -> None:
    labels = {NAMESPACE_LABEL: "shop"}
    assert swarm.deployed(CreateNetwork(NetworkSpec("shop_net", labels))).name == "shop"
    assert swarm.deployed(CreateNetwork(NetworkSpec("other"))).name == ""


def test_other_labels_of_a_secret_are_deployed_with_the_data_that_it_has(swarm: Swarm) -> None:
    stack = swarm.deployed(UpdateSecret(swarm.secret, 1, SecretSpec("pw", labels={"a": "b"})))
    assert stack.secrets == (SecretSpec("pw", b"hush", {"a": "b"}),)


def test_an_order_to_a_host_names_it(swarm: Swarm) -> None:
    assert swarm.said(LeaveSwarm(force=True), "w1") == ["leave: w1"]
    assert swarm.said(UnlockSwarm("key"), "m2") == ["unlock: m2"]
    assert swarm.said(InitSwarm(ME, force_new_cluster=True), "m2") == ["force-new-cluster: m2"]
    assert swarm.said(InitSwarm(ME), "m2") == ["# init on m2: no step says this"]


@pytest.mark.parametrize(
    ("host", "token", "said"),
    [
        ("w1", "worker-token", "rejoin: w1"),
        ("m2", "manager-token", "rejoin: m2"),
        ("m2", "worker-token", "# m2 joins as a worker: 'rejoin' would have it join as its name says"),
        ("w1", "manager-token", "# w1 joins as a manager: 'rejoin' would have it join as its name says"),
    ],
)
def test_a_host_joins_again_as_its_name_says(swarm: Swarm, host: str, token: str, said: str) -> None:
    assert swarm.said(JoinSwarm(ME, (ME,), token), host) == [said]


def test_a_node_is_known_by_the_host_that_it_is(swarm: Swarm) -> None:
    [node] = swarm.store.nodes.values()

    def update(**changes: Any) -> list[str]:
        return swarm.said(UpdateNode(NODE, 1, replace(node.spec, **changes)))

    assert update(role=Role.WORKER) == ["demote: m1"]
    assert update(availability=Availability.DRAIN) == ["drain: m1"]
    assert update(availability=Availability.PAUSE) == ["# m1 takes no new tasks (availability pause)"]
    assert update(labels={"a": "b"}, role=Role.WORKER) == ["demote: m1", "# labels of m1: {'a': 'b'}"]
    assert swarm.said(Remove(Kind.NODE, "m1", force=True)) == ["remove-node: m1"]
    [former] = said_of(Remove(Kind.NODE, NODE), "m1", swarm.store, lambda node_id: None)
    assert isinstance(former, Unsaid)


def test_settings_of_the_swarm(swarm: Swarm) -> None:
    assert swarm.store.cluster is not None
    spec = swarm.store.cluster.spec
    assert swarm.said(UpdateCluster(1, spec, rotate_worker_token=True)) == ["rotate-tokens: worker"]
    assert swarm.said(UpdateCluster(1, spec, True, True)) == ["rotate-tokens: all"]
    assert swarm.said(UpdateCluster(1, replace(spec, autolock_managers=True))) == ["autolock: true"]
    assert swarm.said(UpdateCluster(1, replace(spec, task_history_limit=2))) == ["# other settings of the swarm"]
    assert swarm.said(UpdateCluster(1, spec, rotate_unlock_key=True)) == ["# another unlock key"]


def test_what_is_removed_is_known_by_id_name_or_prefix(swarm: Swarm) -> None:
    for reference in (swarm.service, "web", swarm.service[:12]):
        assert swarm.said(Remove(Kind.SERVICE, reference)) == ["remove-service: web"]
    assert swarm.said(Remove(Kind.SECRET, swarm.secret)) == ["remove-secret: pw"]
    assert swarm.said(Remove(Kind.CONFIG, swarm.config)) == ["remove-config: conf"]
    assert swarm.said(Remove(Kind.NETWORK, "net")) == ["remove-network: net"]
    assert swarm.said(Remove(Kind.SERVICE, "nobody")) == ["# removal of service nobody, which nobody knows"]


def test_a_rollback_is_one(swarm: Swarm) -> None:
    assert swarm.said(UpdateService(swarm.service, 1, WEB, rollback=True)) == ["rollback: web"]
    assert swarm.said(UpdateService("gone", 1, WEB)) == ["# update of service gone, which nobody knows"]


def test_without_anybody_who_knows_the_swarm_little_can_be_said() -> None:
    assert list(said_of(LeaveSwarm(), "w1", None, lambda node_id: None)) == [steps.Leave(Host("w1"))]
    assert list(said_of(CreateService(WEB), "m1", None, lambda node_id: None)) == [
        Unsaid("create-service on m1: no step says this")
    ]
