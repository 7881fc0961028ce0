"""Checks of what managers have stored and hosts have running: each accepts the good and rejects what is made up."""

from collections.abc import Callable
from typing import Any

import pytest
from fake_world import FakeWorld, status
from msgspec.structs import replace

from core.facts import AgentConnected, AgentDisconnected, BegunAnew, TaskMoved
from core.ids import NetworkId, NodeId, SecretId, ServiceId, SessionId, TaskId
from core.mesh.routes import Neighbour, NetworkRoute, RouteTable
from core.objects import Network, Node, Service, Task
from core.objects.network import NetworkAttachment, NetworkSpec, Subnet
from core.objects.node import NodeSpec
from core.objects.port import PortConfig, PublishMode
from core.objects.service import Endpoint, EndpointSpec, ServiceSpec, VirtualIP
from core.objects.task import ContainerSpec, FileTarget, SecretReference, TaskSpec, TaskState, TaskStatus
from core.store import Create, Store, Transaction
from core.timing import DOCKER, LAN, SECOND, Timing
from swarmsim.checks.addresses import UniqueAddresses
from swarmsim.checks.bounds import word_done_ns
from swarmsim.checks.check import Check
from swarmsim.checks.digests import EqualDigests, Invariants
from swarmsim.checks.entitlement import EntitledSecrets
from swarmsim.checks.mesh import MeshFollowsStore
from swarmsim.checks.needless_secrets import SecretsEndWithNeed
from swarmsim.checks.tasks import TaskStatesAdvance
from swarmsim.world import ContainerView

NET = NetworkId("net")


def task(name: str, version: int = 1, state: TaskState = TaskState.RUNNING, **changes: Any) -> Task:
    fields: dict[str, Any] = {"node_id": NodeId("n1"), "status": TaskStatus(state)}
    spec = TaskSpec(ContainerSpec("image"))
    return Task(TaskId(name), ServiceId("s"), 1, spec, 1, version=version, **{**fields, **changes})


def at(address: str) -> tuple[NetworkAttachment, ...]:
    return (NetworkAttachment(NET, address),)


def store_of(*objects: Any, index: int = 1) -> Store:
    store = Store()
    store.apply(index, Transaction(tuple(Create(replace(each, version=index)) for each in objects), 1))
    return store


def complaint(check: Check) -> str:
    return check.violation.detail if check.violation is not None else ""


# --- task states


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        (task("t", 1, TaskState.STARTING), task("t", 2, TaskState.RUNNING), ""),
        (task("t", 1), task("t", 2, desired_state=TaskState.SHUTDOWN), ""),
        (task("t", 2, TaskState.RUNNING), task("t", 1, TaskState.STARTING), ""),  # a manager that lags
        (task("t", 1, TaskState.NEW, node_id=NodeId("")), task("t", 2, TaskState.ASSIGNED), ""),
        (task("t", 1, TaskState.RUNNING), task("t", 2, TaskState.STARTING), "state from RUNNING back to STARTING"),
        (task("t", 1, desired_state=TaskState.SHUTDOWN), task("t", 2), "desired state from SHUTDOWN back to RUNNING"),
        (task("t", 1), task("t", 2, node_id=NodeId("n2")), "moved from node n1 to n2"),
        (task("t", 1), task("t", 1, TaskState.FAILED), "the same version with different content"),
        (task("t", 1, node_id=NodeId("")), task("t", 2, node_id=NodeId("")), "RUNNING without a node"),
    ],
)
def test_tasks_go_forward(earlier: Task, later: Task, expected: str) -> None:
    check = TaskStatesAdvance()
    check.judge(0, earlier)
    check.judge(1, later)
    assert expected in complaint(check)
    assert bool(complaint(check)) == bool(expected)


def test_a_repeated_look_at_a_settled_task_finds_a_later_regression() -> None:
    world = FakeWorld("m1")
    check = TaskStatesAdvance()
    for index, state in enumerate((TaskState.RUNNING, TaskState.FAILED, TaskState.RUNNING), start=1):
        world.stores["m1"] = store_of(task("t", state=state), index=index)
        check.sample(world)
    assert "back to RUNNING" in complaint(check)


# --- addresses

NETWORK = Network(NET, NetworkSpec("front"), vni=4097, subnets=(Subnet("10.0.1.0/24"),))


def service(
    name: str,
    address: str = "",
    port: int = 0,
    mode: PublishMode = PublishMode.INGRESS,
    more: tuple[PortConfig, ...] = (),
) -> Service:
    ports = (PortConfig(80, port, publish_mode=mode), *more) if port else ()
    ips = (VirtualIP(NET, address),) if address else ()
    spec = ServiceSpec(name, TaskSpec(ContainerSpec("image")))
    return Service(ServiceId(name), spec, endpoint=Endpoint(ports=ports, virtual_ips=ips))


def network(name: str, subnet: str) -> Network:
    return Network(NetworkId(name), NetworkSpec(name), vni=5000, subnets=(Subnet(subnet),))


def host_task(name: str, node: str, state: TaskState = TaskState.RUNNING, port: int = 80) -> Task:
    endpoint = EndpointSpec(ports=(PortConfig(8000, port, publish_mode=PublishMode.HOST),))
    return task(name, state=state, node_id=NodeId(node), endpoint=endpoint)


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([task("a", attachments=at("10.0.1.5/24")), task("b", attachments=at("10.0.1.6/24"))], ""),
        (
            [
                task("a", state=TaskState.FAILED, attachments=at("10.0.1.5/24")),
                task("b", attachments=at("10.0.1.5/24")),
            ],
            "",
        ),
        ([task("a", attachments=at("10.0.1.5/24")), task("b", attachments=at("10.0.1.5/24"))], "held by task a"),
        (
            [
                task("a", state=TaskState.PENDING, desired_state=TaskState.SHUTDOWN, attachments=at("10.0.1.5/24")),
                task("b", attachments=at("10.0.1.5/24")),
            ],
            "",
        ),
        (
            [
                task("a", state=TaskState.ASSIGNED, desired_state=TaskState.SHUTDOWN, attachments=at("10.0.1.5/24")),
                task("b", attachments=at("10.0.1.5/24")),
            ],
            "held by task a",
        ),
        ([service("web", "10.0.1.5/24"), task("b", attachments=at("10.0.1.5/24"))], "held by service web"),
        ([service("web", port=80), service("api", port=80)], "port tcp 80 is held by service web and by service api"),
        (
            [service("api", port=80, mode=PublishMode.HOST), service("web", port=80)],
            "port tcp 80 is held by service web and by service api",
        ),
        ([service(name, port=80, mode=PublishMode.HOST) for name in ("web", "api")], ""),
        ([service("web", port=80, more=(PortConfig(81, 80, publish_mode=PublishMode.HOST),))], ""),
        ([Network(NetworkId("x"), NetworkSpec("x"), vni=4097)], "vni 4097"),
        ([task("a", attachments=at("10.0.2.5/24"))], "does not have to give"),
        (
            [
                task("a", state=TaskState.ORPHANED, attachments=at("10.0.1.5/24")),
                task("b", attachments=at("10.0.1.5/24")),
            ],
            "held by task a",
        ),
        (
            [
                task("a", state=TaskState.PENDING, attachments=at("10.0.1.5/24"), desired_state=TaskState.REMOVE),
                task("b", attachments=at("10.0.1.5/24")),
            ],
            "",
        ),
        ([Node(NodeId("n1"), NodeSpec(), attachments=at("10.0.1.5/24")), service("web", "10.0.1.5")], "held by"),
        ([network("x", "10.0.0.0/23")], "networks net and x share addresses of 10.0.1.0/24"),
        ([network("x", "10.0.2.0/24")], ""),
        ([host_task("a", "n1"), host_task("b", "n2"), host_task("c", "n1", port=81)], ""),
        ([host_task("a", "n1"), host_task("b", "n1")], "host port n1 tcp 80 is held by task a and by task b"),
        ([host_task("a", "n1", state=TaskState.FAILED), host_task("b", "n1")], ""),
        ([task("a", attachments=at("10.0.1.255/24"))], "does not have to give"),
    ],
)
def test_one_holder_per_address(objects: list[Any], expected: str) -> None:
    check = UniqueAddresses()
    check.judge_store(0, store_of(NETWORK, *objects))
    assert expected in complaint(check)
    assert bool(complaint(check)) == bool(expected)


def container(name: str, address: str, running: bool = True, secrets: tuple[str, ...] = ()) -> ContainerView:
    return ContainerView(TaskId(name), running, running, secrets, ((NET, address),))


@pytest.mark.parametrize(
    ("running", "member", "violated"), [(True, True, True), (False, True, False), (True, False, False)]
)
def test_two_running_containers_of_members_never_share_an_address(running: bool, member: bool, violated: bool) -> None:
    world = FakeWorld("m1", "w1", "w2")
    members = ["node-w1", "node-w2"] if member else ["node-w1"]
    world.stores = {"m1": store_of(*[Node(NodeId(node_id), NodeSpec()) for node_id in members])}
    world.boxes = {"w1": (container("a", "10.0.1.5"),), "w2": (container("b", "10.0.1.5", running),)}
    check = UniqueAddresses()
    check.sample(world)
    assert bool(complaint(check)) is violated
    assert not violated or "container of task b on w2" in complaint(check)


@pytest.mark.parametrize(
    ("network_id", "balancer", "running", "expected"),
    [
        (NET, "10.0.1.5", True, "is held by load balancer of w1 and by container of task b on w2"),
        (NET, "10.0.1.7", True, ""),
        (NET, "10.0.1.5", False, ""),  # nothing forwards by it any more
        (NET, "", True, ""),
        (NetworkId("other"), "10.0.1.5", True, ""),
    ],
)
def test_the_load_balancer_of_a_host_that_forwards_by_it_shares_its_address_with_nobody(
    network_id: NetworkId, balancer: str, running: bool, expected: str
) -> None:
    world = FakeWorld("m1", "w1", "w2")
    world.stores = {"m1": store_of(Node(NodeId("node-w1"), NodeSpec()), Node(NodeId("node-w2"), NodeSpec()))}
    world.boxes = {"w1": (container("a", "10.0.1.6", running),), "w2": (container("b", "10.0.1.5"),)}
    route = NetworkRoute(network_id, "front", 4097, "10.0.1.0/24", False, balancer)
    world.routes = {"w1": (3, {route.key: route})}
    check = UniqueAddresses()
    check.sample(world)
    assert expected in complaint(check)
    assert bool(complaint(check)) == bool(expected)


def test_two_hosts_share_no_load_balancers_address_on_ingress() -> None:
    """Every host forwards by it, whatever runs there."""
    world = FakeWorld("w1", "w2")
    ingress = replace(NETWORK, spec=NetworkSpec("ingress", ingress=True))
    world.stores = {"w1": store_of(ingress, Node(NodeId("node-w1"), NodeSpec()), Node(NodeId("node-w2"), NodeSpec()))}
    route = NetworkRoute(NET, "ingress", 4097, "10.0.1.0/24", True, "10.0.1.2")
    world.routes = {host: (3, {route.key: route}) for host in ("w1", "w2")}
    check = UniqueAddresses()
    check.sample(world)
    assert "held by load balancer of w1 and by load balancer of w2" in complaint(check)


def test_a_host_that_follows_another_group_forwards_by_what_that_one_has_given_out() -> None:
    world = FakeWorld("w1", "w2")
    ingress = replace(NETWORK, spec=NetworkSpec("ingress", ingress=True))
    nodes = [Node(NodeId(f"node-{name}"), NodeSpec()) for name in ("w1", "w2")]
    world.stores = {"w1": store_of(ingress, *nodes, index=2_000)}
    route = NetworkRoute(NET, "ingress", 4097, "10.0.1.0/24", True, "10.0.1.2")
    world.routes = {"w1": (2_000, {route.key: route}), "w2": (30, {route.key: route})}
    check = UniqueAddresses()
    check.handlers()[BegunAnew](0, "m1", BegunAnew(NodeId("r"), 2_000, 10))
    check.sample(world)
    assert not complaint(check)


@pytest.mark.parametrize(
    ("index_apart", "has_it", "excused"), [(1_000, False, True), (2_000, False, False), (1_000, True, False)]
)
def test_what_a_group_gives_out_apart_from_a_swarm_begun_anew_is_not_the_swarm_s(
    index_apart: int, has_it: bool, excused: bool
) -> None:
    nodes = [Node(NodeId(f"node-{name}"), NodeSpec()) for name in ("w1", "w2")]
    world = FakeWorld("m1", "m2", "w1", "w2")
    world.stores = {
        "m1": store_of(*nodes, *([task("b")] if has_it else []), index=2_000),
        "m2": store_of(task("b"), index=index_apart),
    }
    world.boxes = {"w1": (container("a", "10.0.1.5"),), "w2": (container("b", "10.0.1.5"),)}
    check = UniqueAddresses()
    check.handlers()[BegunAnew](0, "m1", BegunAnew(NodeId("r"), 2_000, 10))
    check.sample(world)
    assert (complaint(check) == "") is excused


@pytest.mark.parametrize(("version", "excused"), [(10, False), (11, True), (2_001, False)])
def test_a_swarm_begun_anew_goes_on_from_what_it_knew(version: int, excused: bool) -> None:
    """What another group decided after that is no earlier state of the same task."""
    check = TaskStatesAdvance()
    check.handlers()[BegunAnew](0, "m1", BegunAnew(NodeId("r"), 2_000, 10))
    check.judge(0, task("a", version, TaskState.SHUTDOWN))
    check.judge(1, task("a", 2_005, TaskState.RUNNING))
    assert (complaint(check) == "") is excused


# --- secrets


@pytest.mark.parametrize(
    ("seen", "running", "expected"),
    [
        (("db-password",), True, ""),
        ((), False, ""),
        (("db-password", "other"), True, "sees ['other'] too many"),
        (("other",), False, "sees ['other'] too many"),
        ((), True, "lacks ['db-password']"),
    ],
)
def test_containers_see_their_own_secrets(seen: tuple[str, ...], running: bool, expected: str) -> None:
    reference = SecretReference(SecretId("s"), "db-password", FileTarget("db-password"))
    spec = TaskSpec(ContainerSpec("image", secrets=(reference,)))
    world = FakeWorld("m1", "w1")
    world.stores = {"m1": store_of(replace(task("a"), spec=spec))}
    world.boxes = {"w1": (container("a", "10.0.1.5", running, seen),)}
    check = EntitledSecrets(world)
    check.sample(world)
    assert expected in complaint(check)
    assert bool(complaint(check)) == bool(expected)


def secret_task(node: str) -> Task:
    reference = SecretReference(SecretId("s"), "db-password", FileTarget("db-password"))
    spec = TaskSpec(ContainerSpec("image", secrets=(reference,)))
    return replace(task("a", node_id=NodeId(node)), spec=spec)


@pytest.mark.parametrize(
    ("tasks", "held", "expected"),
    [
        ([secret_task("node-w1")], ("s",), ""),
        ([secret_task("node-w1")], (), ""),
        ([secret_task("node-w2")], ("s",), "w1 holds ['s']"),
        ([secret_task("node-w1")], ("s", "other"), "w1 holds ['other']"),
        ([task("a", node_id=NodeId("node-w1"))], ("s",), "w1 holds ['s']"),
    ],
)
def test_hosts_hold_no_secret_that_their_tasks_never_named(
    tasks: list[Task], held: tuple[str, ...], expected: str
) -> None:
    world = FakeWorld("m1", "w1")
    world.stores = {"m1": store_of(*tasks)}
    world.secrets = {"w1": tuple(SecretId(each) for each in held)}
    check = EntitledSecrets(world)
    check.sample(world)
    assert expected in complaint(check)
    assert bool(complaint(check)) == bool(expected)


def test_a_task_that_only_a_leader_that_died_showed_entitles_its_host() -> None:
    world = FakeWorld("m1", "w1")
    check = EntitledSecrets(world)
    world.stores = {"m1": store_of(secret_task("node-w1"))}
    moved = TaskMoved(TaskId("a"), "s", 1, NodeId("node-w1"), TaskState.ASSIGNED, TaskState.RUNNING)
    check.handlers()[TaskMoved](0, "m1", moved)
    world.stores = {"m1": store_of()}
    world.secrets = {"w1": (SecretId("s"),)}
    check.sample(world)
    assert not complaint(check)


GONE = replace(secret_task("node-w1"), status=replace(secret_task("node-w1").status, state=TaskState.SHUTDOWN))


@pytest.mark.parametrize(
    ("needed_by", "held", "cut_off_at_s", "expected"),
    [
        ([GONE], ("s",), None, "w1 has kept secret s for 11.0 s"),
        ([], ("s",), None, "w1 has kept secret s for 11.0 s"),
        ([secret_task("node-w1")], ("s", "other"), None, "w1 has kept secret other for 11.0 s"),
        ([secret_task("node-w1")], ("s",), None, ""),
        ([GONE], (), None, ""),
        ([GONE], ("s",), 8, ""),
    ],
)
def test_hosts_keep_no_secret_without_need(
    needed_by: list[Task], held: tuple[str, ...], cut_off_at_s: int | None, expected: str
) -> None:
    assert kept_for_nothing(LAN, needed_by, held, cut_off_at_s, seconds=16).startswith(expected)
    assert bool(kept_for_nothing(LAN, needed_by, held, cut_off_at_s, seconds=16)) == bool(expected)


@pytest.mark.parametrize("timing", [LAN, DOCKER], ids=lambda timing: timing.name)
def test_a_secret_is_given_up_as_soon_as_the_timing_profile_allows(timing: Timing) -> None:
    allowed_s = word_done_ns(timing) // SECOND
    assert not kept_for_nothing(timing, [GONE], ("s",), None, allowed_s)
    assert kept_for_nothing(timing, [GONE], ("s",), None, allowed_s + 1)


def kept_for_nothing(
    timing: Timing, needed_by: list[Task], held: tuple[str, ...], cut_off_at_s: int | None, seconds: int
) -> str:
    """What the check says once w1, in touch with m1, has held these for so many seconds."""
    world = FakeWorld("m1", "w1")
    world.statuses["m1"] = status("m1", leads=True)
    world.stores = {"m1": store_of(*needed_by, Node(NodeId("node-w1"), NodeSpec()))}
    world.secrets = {"w1": tuple(SecretId(each) for each in held)}
    check = SecretsEndWithNeed(timing)
    connected = AgentConnected(NodeId("node-m1"), SessionId("first"))
    check.handlers()[AgentConnected](0, "w1", connected)
    for second in range(seconds + 1):
        world.now_ns = second * SECOND
        if second == cut_off_at_s:
            check.handlers()[AgentDisconnected](world.now_ns, "w1", AgentDisconnected(SessionId("first")))
        check.sample(world)
        if second == cut_off_at_s:
            check.handlers()[AgentConnected](world.now_ns, "w1", connected)
    return complaint(check)


# --- digests and invariants


@pytest.mark.parametrize(
    ("seen", "violated"),
    [
        ([("m1", 5, 1), ("m2", 5, 1)], False),
        ([("m1", 5, 1), ("m2", 6, 2)], False),
        ([("m1", 5, 1), ("m2", 5, 2)], True),
        ([("m1", 5, 1), ("m1", 6, 2), ("m2", 5, 1), ("m2", 6, 3)], True),
        ([("m1", 5, 1), ("m2", 4, 9), ("m3", 5, 7)], True),
    ],
)
def test_digests_are_equal_at_equal_index(seen: list[tuple[str, int, int]], violated: bool) -> None:
    check = EqualDigests(FakeWorld())
    for host, index, digest in seen:
        check.judge(0, host, index, digest)
    assert bool(complaint(check)) is violated


def test_managers_with_different_stores_are_found() -> None:
    world = FakeWorld("m1", "m2")
    world.stores = {"m1": store_of(service("a")), "m2": store_of(service("b"))}
    check = EqualDigests(world)
    check.sample(world)
    assert "at index 1 m2 has digest" in complaint(check)


def test_a_host_that_breaks_its_own_invariant_is_found() -> None:
    world = FakeWorld("m1")
    check = Invariants()
    check.sample(world)
    assert check.checked_count == 1
    world.invariant_problem = "two leaders"
    with pytest.raises(AssertionError, match="two leaders"):
        check.finish(world)


# --- routes


def neighbour(address: str) -> RouteTable:
    record = Neighbour(NET, address, NodeId("node-w1"), "198.18.0.1")
    return {record.key: record}


def by_service_count(store: Store, node_id: NodeId) -> RouteTable:
    """A stand-in for the real computation: the table depends on what is in the store, and on nothing else."""
    return neighbour(f"10.0.0.{len(store.services)}")


@pytest.mark.parametrize(
    ("version", "table", "violated"),
    [
        (1, neighbour("10.0.0.1"), False),
        (2, neighbour("10.0.0.2"), False),
        (1, neighbour("10.0.0.2"), True),  # ahead of what it acknowledged
        (2, neighbour("10.0.0.1"), True),  # behind it
        (2, {}, True),
        (9, neighbour("10.0.0.7"), False),  # a version that nobody has seen cannot be judged
    ],
)
def test_a_table_is_that_of_its_version(version: int, table: RouteTable, violated: bool) -> None:
    world = FakeWorld("m1", "w1")
    check = MeshFollowsStore(world, by_service_count)
    check.keep(store_of(service("a")))
    check.keep(store_of(service("a"), service("b"), index=2))
    world.routes = {"w1": (version, table)}
    check.sample(world)
    assert bool(complaint(check)) is violated
    assert check.checked_count == (0 if version == 9 else 1)
    assert ("1 table not judged" in check.remark()) is (version == 9)


def test_what_no_table_is_made_of_does_not_end_a_versions_life() -> None:
    world = FakeWorld("m1", "w1")
    check = MeshFollowsStore(world, by_service_count)
    store = store_of(service("a"))
    check.keep(store)
    store.index = 7  # six entries that changed nothing a table is made of
    check.keep(store)
    world.routes = {"w1": (5, {})}
    check.finish(world)
    assert "w1 at version 5" in complaint(check)


CHECKS: dict[str, Callable[[], Check]] = {"tasks": TaskStatesAdvance, "addresses": UniqueAddresses}


@pytest.mark.parametrize("name", CHECKS)
def test_a_world_without_managers_is_no_violation(name: str) -> None:
    check = CHECKS[name]()
    check.finish(FakeWorld("m1", "w1"))
    assert complaint(check) == ""
