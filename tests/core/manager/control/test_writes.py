"""What clients may write, and the words they are refused with (swarm.md §2.1, §3)."""

from typing import Any, get_args

import pytest
from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core.ids import ClusterId, ConfigId, NodeId, SecretId
from core.manager.control.control import HANDLERS
from core.manager.control.payloads import MAX_CONFIG_BYTES, MAX_SECRET_BYTES
from core.objects.cluster import ClusterSpec
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec, Subnet
from core.objects.node import ManagerStatus, NodeSpec, NodeState, Role
from core.objects.port import PortConfig, PublishMode
from core.objects.resources import Resources
from core.objects.secret import SecretSpec
from core.objects.service import (
    EndpointMode,
    EndpointSpec,
    Global,
    Replicated,
    ServiceSpec,
    UpdateConfig,
)
from core.objects.task import (
    ConfigReference,
    ContainerSpec,
    FileTarget,
    HealthCheck,
    Mount,
    NetworkTarget,
    RestartPolicy,
    SecretReference,
    TaskSpec,
)
from core.operations import (
    CreateConfig,
    CreateNetwork,
    CreateSecret,
    CreateService,
    ErrorCode,
    Kind,
    OperationError,
    Remove,
    UpdateCluster,
    UpdateNode,
    UpdateService,
    Write,
)

INVALID, PRECONDITION = ErrorCode.INVALID, ErrorCode.FAILED_PRECONDITION


TOO_LONG = (
    "too long for a drain grace; the most is 30s, "
    "since a replacement waits no longer than a minute for the task before it"
)


def service(task: TaskSpec | None = None, name: str = "web", **more: Any) -> CreateService:
    return CreateService(ServiceSpec(name, task or task_spec(), **more))


def with_container(**changes: Any) -> TaskSpec:
    return replace(task_spec(), container=replace(ContainerSpec("app"), **changes))


def ports(*configs: PortConfig, mode: EndpointMode = EndpointMode.VIP) -> EndpointSpec:
    return EndpointSpec(mode, configs)


SECRET = SecretReference(SecretId("nope"), "pw", FileTarget("pw"))


def test_every_write_has_a_handler() -> None:
    assert set(HANDLERS) == set(get_args(Write))


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        (service(name=""), INVALID, "meta: name must be provided"),
        (service(name="-web"), INVALID, "name must be valid as a DNS name component: -web"),
        (service(name="a" * 64), INVALID, f"name must be 63 characters or fewer: {'a' * 64}"),
        (service(with_container(image="")), INVALID, "ContainerSpec: image reference must be provided"),
        (service(with_container(image="A b")), INVALID, 'ContainerSpec: "A b" is not a valid repository/tag'),
        (
            service(with_container(mounts=(Mount("tmpfs", "/data"), Mount("volume", "/data", "data")))),
            INVALID,
            "ContainerSpec: duplicate mount point: /data",
        ),
        (
            service(with_container(health=HealthCheck(("CMD", "true"), interval_ns=1000))),
            INVALID,
            "ContainerSpec: Interval in HealthConfig cannot be less than 1ms",
        ),
        (
            service(with_container(health=HealthCheck(("CMD", "true"), retries=-1))),
            INVALID,
            "ContainerSpec: Retries in HealthConfig cannot be negative",
        ),
        (service(mode=Replicated(-1)), INVALID, "Number of replicas must be non-negative"),
        (
            service(task_spec(reservations=Resources(nano_cpus=100))),
            INVALID,
            "invalid cpu value 1e-07: Must be at least 0.001",
        ),
        (
            service(task_spec(reservations=Resources(memory_bytes=1024))),
            INVALID,
            "invalid memory value 1024: Must be at least 4MiB",
        ),
        (
            service(task_spec(constraints=("node.role = manager",))),
            INVALID,
            "constraint expected one operator from ==, !=",
        ),
        (service(task_spec(constraints=("!bad==x",))), INVALID, "key '!bad' is invalid"),
        (service(task_spec(constraints=("node.id==",))), INVALID, "value '' is invalid"),
        (
            service(task_spec(restart=RestartPolicy(delay_ns=-1))),
            INVALID,
            "TaskSpec: restart-delay cannot be negative",
        ),
        (
            service(update=UpdateConfig(max_failure_ratio=1.5)),
            INVALID,
            "TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1",
        ),
        (
            service(endpoint=ports(PortConfig(80), mode=EndpointMode.DNSRR)),
            INVALID,
            "EndpointSpec: port published with ingress mode can't be used with dnsrr mode",
        ),
        (
            service(endpoint=ports(PortConfig(80, 8080), PortConfig(81, 8080))),
            INVALID,
            "EndpointSpec: duplicate published ports provided",
        ),
        (
            service(endpoint=ports(PortConfig(80, 8080), PortConfig(80, 8080, publish_mode=PublishMode.HOST))),
            INVALID,
            "EndpointSpec: duplicate published ports provided",
        ),
        (service(endpoint=ports(PortConfig(0, 8080))), INVALID, "EndpointSpec: invalid port 8080:0"),
        (
            service(replace(task_spec(), networks=(NetworkTarget("nowhere"),))),  # type: ignore[arg-type]  # a name
            ErrorCode.NOT_FOUND,
            "network nowhere not found",
        ),
        (
            service(replace(task_spec(), networks=(NetworkTarget("ingress"),))),  # type: ignore[arg-type]  # a name
            INVALID,
            "Service cannot be explicitly attached to the ingress network ingress",
        ),
        (service(with_container(secrets=(SECRET,))), INVALID, "secret not found: pw"),
        (
            service(labels={"a": "x" * 200_000}),
            INVALID,
            None,
        ),
        (
            UpdateNode("w1", 1, NodeSpec(labels={"a": "x" * 1_200_000})),
            INVALID,
            None,
        ),
        (CreateSecret(SecretSpec("a/b", b"x")), INVALID, None),
        (CreateSecret(SecretSpec("pw", b"")), INVALID, "secret data must be larger than 0 and less than 512000 bytes"),
        (
            CreateSecret(SecretSpec("pw", b"x" * MAX_SECRET_BYTES)),
            INVALID,
            "secret data must be larger than 0 and less than 512000 bytes",
        ),
        (
            CreateConfig(ConfigSpec("c", b"x" * MAX_CONFIG_BYTES)),
            INVALID,
            "config data must be larger than 0 and less than 1024000 bytes",
        ),
        (
            service(labels={"swarmsim.drain-grace": "2h"}),
            INVALID,
            f"service web: label swarmsim.drain-grace: '2h' is {TOO_LONG}",
        ),
        (
            CreateNetwork(NetworkSpec("bridge")),
            ErrorCode.FORBIDDEN,
            "operation is not permitted on predefined bridge network",
        ),
        (
            CreateNetwork(NetworkSpec("n", driver="macvlan")),
            INVALID,
            "network n: driver macvlan is not supported; use overlay",
        ),
        (
            CreateNetwork(NetworkSpec("n", subnets=(Subnet("10.0.0.0/24"),))),
            INVALID,
            "network n: subnet 10.0.0.0/24 overlaps with network ingress",
        ),
        (CreateNetwork(NetworkSpec("n", subnets=(Subnet("10.1.2.3/24"),))), INVALID, None),
        (
            CreateNetwork(NetworkSpec("in2", ingress=True)),
            ErrorCode.ALREADY_EXISTS,
            "ingress network (ingress) is already present",
        ),
        (UpdateCluster(1, ClusterSpec(name="mine")), INVALID, "the cluster's name must be default, not mine"),
        (UpdateCluster(99, ClusterSpec()), ErrorCode.OUT_OF_SEQUENCE, "update out of sequence"),
        (UpdateNode("w1", 99, NodeSpec()), ErrorCode.OUT_OF_SEQUENCE, "update out of sequence"),
        (UpdateNode("nobody", 1, NodeSpec()), ErrorCode.NOT_FOUND, "node nobody not found"),
        (Remove(Kind.SERVICE, "nobody"), ErrorCode.NOT_FOUND, "service nobody not found"),
        (Remove(Kind.TASK, "t"), INVALID, "a task cannot be removed"),
        (Remove(Kind.NODE, "w"), INVALID, "node w is ambiguous (2 matches found)"),
    ],
)
def test_what_is_refused_changes_nothing_and_is_told_in_dockers_words(
    operation: Write, code: ErrorCode, message: str | None
) -> None:
    swarm = Swarm(workers=2)
    swarm.settle()
    digest = swarm.head.digest()
    answer = swarm.ask(operation)
    assert isinstance(answer, OperationError)
    assert answer.code is code
    assert message is None or answer.message == message
    assert swarm.head.digest() == digest


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        (service(), "service web"),
        (CreateNetwork(NetworkSpec("net")), "network net"),
        (CreateSecret(SecretSpec("pw", b"x")), "secret pw"),
        (CreateConfig(ConfigSpec("conf", b"x")), "config conf"),
    ],
)
def test_names_are_unique_per_kind(operation: Write, kind: str) -> None:
    swarm = Swarm()
    assert isinstance(swarm.ask(operation), str)
    text = f"name conflicts with an existing object: {kind} already exists"
    assert swarm.ask(operation) == OperationError(ErrorCode.ALREADY_EXISTS, text)


def test_a_fixed_port_has_one_owner_also_against_ports_that_were_given_out() -> None:
    swarm = Swarm()
    one = swarm.create("one", endpoint=ports(PortConfig(80)))
    answer = swarm.ask(service(name="two", endpoint=ports(PortConfig(81, 30_000))))
    text = f"port '30000' is already in use by service 'one' ({one.id}) as an ingress port"
    assert answer == OperationError(INVALID, text)
    host = PortConfig(81, 30_000, publish_mode=PublishMode.HOST)
    assert isinstance(swarm.ask(service(name="two", endpoint=ports(host))), OperationError)
    other = replace(host, published_port=30_001)
    assert isinstance(swarm.ask(service(name="two", endpoint=ports(other))), str)
    assert isinstance(swarm.ask(service(name="three", endpoint=ports(other))), str)  # on other nodes


def test_secrets_and_configs_in_use_stay() -> None:
    swarm = Swarm()
    secret_id, config_id = (
        swarm.ask(CreateSecret(SecretSpec("pw", b"x"))),
        swarm.ask(CreateConfig(ConfigSpec("c", b"x"))),
    )
    spec = with_container(
        secrets=(SecretReference(SecretId(str(secret_id)), "pw", FileTarget("pw")),),
        configs=(ConfigReference(ConfigId(str(config_id)), "c", FileTarget("/c")),),
    )
    swarm.create("web", spec)
    text = "secret 'pw' is in use by the following service: web"
    assert swarm.remove(Kind.SECRET, "pw") == OperationError(INVALID, text)
    swarm.create("api", spec)
    text = "config 'c' is in use by the following services: api, web"
    assert swarm.remove(Kind.CONFIG, "c") == OperationError(INVALID, text)
    for name in ("web", "api"):
        swarm.remove(Kind.SERVICE, name)
    assert swarm.remove(Kind.SECRET, "pw") is None
    assert swarm.remove(Kind.CONFIG, str(config_id)[:7]) is None


def test_two_files_cannot_lie_in_one_place() -> None:
    swarm = Swarm()
    secret_id = SecretId(str(swarm.ask(CreateSecret(SecretSpec("pw", b"x")))))
    twice = tuple(SecretReference(secret_id, "pw", FileTarget(name)) for name in ("pw", "/run/secrets/pw"))
    text = "secret references have a conflicting target: /run/secrets/pw"
    assert swarm.ask(service(with_container(secrets=twice))) == OperationError(INVALID, text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "other"}, "renaming services is not supported"),
        ({"mode": Global()}, "service mode change is not allowed"),
    ],
)
def test_what_no_update_can_do_is_said_clearly(change: dict[str, Any], message: str) -> None:
    swarm = Swarm()
    web = swarm.create("web")
    answer = swarm.ask(UpdateService("web", web.version, replace(web.spec, **change)))
    assert answer == OperationError(ErrorCode.UNIMPLEMENTED, message)


def test_an_update_keeps_the_old_spec_and_needs_the_last_version() -> None:
    swarm = Swarm()
    web = swarm.create("web")
    spec = replace(web.spec, labels={"a": "b"})
    assert swarm.ask(UpdateService("web", web.version, spec)) is None
    updated = swarm.service("web")
    assert (updated.spec, updated.previous_spec, updated.spec_version) == (spec, web.spec, updated.version)
    answer = swarm.ask(UpdateService("web", web.version, web.spec))
    assert answer == OperationError(ErrorCode.OUT_OF_SEQUENCE, "update out of sequence")


def test_managers_are_demoted_before_they_go_and_never_below_a_quorum() -> None:
    swarm = Swarm(workers=3)
    for name in ("w1", "w2", "w3"):
        node = swarm.head.nodes[NodeId(name)]
        manager = ManagerStatus(NodeId(f"raft-{name}"), "host:2377")  # type: ignore[arg-type]  # an address
        swarm.put(replace(node, spec=replace(node.spec, role=Role.MANAGER), manager=manager))
    answer = swarm.remove(Kind.NODE, "w1")
    assert isinstance(answer, OperationError)
    assert "must be demoted to worker before removal" in answer.message
    swarm.set_state("w2", NodeState.DOWN)
    text = "can't remove member from the raft: this would result in a loss of quorum"
    assert swarm.update_node("w1", role=Role.WORKER) == OperationError(PRECONDITION, text)
    assert swarm.update_node("w2", role=Role.WORKER) is None
    swarm.set_state("w2", NodeState.READY)
    assert swarm.update_node("w1", role=Role.WORKER) is None
    text = "attempting to demote the last manager of the swarm"
    assert swarm.update_node("w3", role=Role.WORKER) == OperationError(PRECONDITION, text)


def test_settings_of_the_cluster_are_replaced() -> None:
    swarm = Swarm()
    cluster = swarm.head.clusters[ClusterId("cluster")]
    assert swarm.ask(UpdateCluster(cluster.version, ClusterSpec(task_history_limit=2))) is None
    assert swarm.head.clusters[ClusterId("cluster")].spec.task_history_limit == 2
