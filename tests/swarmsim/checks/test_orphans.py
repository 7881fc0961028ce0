"""What is held for nothing is found once it has been held for too long; what is needed, or just given up, is not."""

from typing import Any

import pytest
from fake_world import FakeWorld, status
from msgspec.structs import replace

from core.ids import NetworkId, NodeId, SecretId, ServiceId, TaskId
from core.mesh.routes import Neighbour, NetworkRoute, RouteTable
from core.objects import Network, Node, Secret, Service, Task
from core.objects.network import NetworkAttachment, NetworkSpec, Subnet
from core.objects.node import NodeSpec
from core.objects.port import PortConfig
from core.objects.secret import SecretSpec
from core.objects.service import Endpoint, EndpointMode, EndpointSpec, ServiceSpec, VirtualIP
from core.objects.task import ContainerSpec, FileTarget, NetworkTarget, SecretReference, TaskSpec, TaskState, TaskStatus
from core.route_order import REPEAT_NS
from core.store import Conflict, Create, Store, Transaction
from core.timing import LAN, SECOND
from swarmsim.checks.bounds import word_done_ns
from swarmsim.checks.orphans import STOP_NS, NoOrphanedResources
from swarmsim.world import ContainerView, Power

NET = NetworkId("net")
NETWORK = Network(NET, NetworkSpec("front"), vni=4097, subnets=(Subnet("10.0.1.0/24"),))
BALANCER = NetworkRoute(NET, "front", 4097, "10.0.1.0/24", False, "10.0.1.5")
PLACE = (NetworkAttachment(NET, "10.0.1.5/24"),)
WORD_S = word_done_ns(LAN) // SECOND
LONG_S = WORD_S + STOP_NS // SECOND


def node(name: str = "node-w1", **changes: Any) -> Node:
    return Node(NodeId(name), NodeSpec(), **changes)


def task(state: TaskState = TaskState.RUNNING, **changes: Any) -> Task:
    fields: dict[str, Any] = {"node_id": NodeId("node-w1"), "attachments": PLACE, "status": TaskStatus(state)}
    return Task(TaskId("t"), ServiceId("web"), 1, TaskSpec(ContainerSpec("i")), 1, **{**fields, **changes})


def with_secret(task: Task, name: str = "s") -> Task:
    reference = SecretReference(SecretId(name), name, FileTarget(name))
    return replace(task, spec=TaskSpec(ContainerSpec("i", secrets=(reference,))))


def service(*networks: str, given: Endpoint = Endpoint(), asked: EndpointSpec = EndpointSpec()) -> Service:
    targets = tuple(NetworkTarget(NetworkId(network)) for network in networks)
    spec = ServiceSpec("web", TaskSpec(ContainerSpec("i"), networks=targets), endpoint=asked)
    return Service(ServiceId("web"), spec, endpoint=given)


ADDRESSED = Endpoint(virtual_ips=(VirtualIP(NET, "10.0.1.2/24"),))
PORT = PortConfig(80, 30_000)


def store_of(*objects: Any) -> Store:
    store = Store()
    outcome = store.apply(1, Transaction(tuple(Create(replace(each, version=1)) for each in objects), 1))
    assert not isinstance(outcome, Conflict), outcome
    return store


def held_for(world: FakeWorld, seconds: int) -> str:
    """What the check says after looking every second."""
    check = NoOrphanedResources(LAN)
    for second in range(seconds + 1):
        world.now_ns = second * SECOND
        check.sample(world)
    return check.violation.detail if check.violation is not None else ""


def world_with(*objects: Any, **host: Any) -> FakeWorld:
    world = FakeWorld("m1", "w1")
    world.statuses["m1"] = status("m1", leads=True)
    world.statuses["w1"] = status("w1", **host)
    world.stores["m1"] = store_of(NETWORK, *objects)
    world.routes["w1"] = (1, {})
    return world


@pytest.mark.parametrize(
    "objects",
    [
        [node(attachments=PLACE), task()],
        [node(), service("net", given=ADDRESSED)],
        [service(given=Endpoint(ports=(PORT,)), asked=EndpointSpec(ports=(PortConfig(80),)))],
        [node(), task(TaskState.ORPHANED)],
        [task(TaskState.SHUTDOWN)],
    ],
)
def test_what_is_needed_may_be_held_for_ever(objects: list[Any]) -> None:
    assert held_for(world_with(*objects), 10 * WORD_S) == ""


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([service(given=ADDRESSED)], "service web holds 10.0.1.2/24 without a use for it on network net"),
        ([service("net", given=ADDRESSED, asked=EndpointSpec(EndpointMode.DNSRR))], "service web holds 10.0.1.2/24"),
        ([service(given=Endpoint(ports=(PORT,)))], "service web holds port 30000/tcp, which it does not publish"),
        ([task(TaskState.ORPHANED)], "task t holds 10.0.1.5/24 on network net, and nobody will ever use it"),
        ([task(TaskState.PENDING, node_id=NodeId(""))], "task t holds 10.0.1.5/24"),
    ],
)
def test_what_nobody_needs_is_released_in_time(objects: list[Any], expected: str) -> None:
    assert held_for(world_with(*objects), WORD_S) == ""
    assert expected in held_for(world_with(*objects), WORD_S + 1)


@pytest.mark.parametrize("objects", [[node(attachments=PLACE)], [node(attachments=PLACE), task(TaskState.SHUTDOWN)]])
@pytest.mark.parametrize(
    ("routes", "host", "expected"),
    [
        ({}, {}, "node node-w1 holds 10.0.1.5/24 without a task on network net"),
        ({BALANCER.key: BALANCER}, {}, ""),  # its data plane has not left the network
        (None, {}, ""),
        ({}, {"in_session": False}, ""),
        ({}, {"power": Power.NO_DAEMON}, ""),
    ],
)
def test_a_load_balancers_address_is_released_in_time_once_its_host_forwards_by_it_no_more(
    objects: list[Any], routes: RouteTable | None, host: dict[str, Any], expected: str
) -> None:
    world = world_with(*objects, **host)
    if routes is None:
        del world.routes["w1"]
    else:
        world.routes["w1"] = (1, routes)
    within_s = WORD_S + REPEAT_NS // SECOND
    assert held_for(world, within_s) == ""
    found = held_for(world, within_s + 1)
    assert expected in found
    assert bool(found) == bool(expected)


def container() -> ContainerView:
    return ContainerView(TaskId("t"), False, False, (), ())


@pytest.mark.parametrize(
    ("here", "host", "expected"),
    [
        ([task()], {}, ""),
        ([], {"in_session": False}, ""),
        ([], {}, "w1 has a container of t, which is no task of it"),
        ([task(node_id=NodeId("node-m1"))], {}, "w1 has a container of t"),
        ([], {"node_id": NodeId("")}, "w1 is in no swarm and has a container of t"),
    ],
)
def test_a_container_goes_with_its_task(here: list[Task], host: dict[str, Any], expected: str) -> None:
    world = world_with(node(), node("node-m1"), *here, **host)
    world.boxes["w1"] = (container(),)
    assert held_for(world, LONG_S) == ""
    found = held_for(world, LONG_S + 1)
    assert expected in found
    assert bool(found) == bool(expected)


@pytest.mark.parametrize(
    ("stored", "host", "expected"),
    [
        ([with_secret(task()), node()], {}, ""),
        ([with_secret(task(TaskState.SHUTDOWN)), node()], {}, ""),
        ([node()], {}, "w1 holds secret s without a task"),
        ([task(), node()], {}, "w1 holds secret s without a task"),
        ([with_secret(task(), "other"), node()], {}, "w1 holds secret s without a task"),
        (
            [with_secret(task(node_id=NodeId("node-m1"))), node(), node("node-m1")],
            {},
            "w1 holds secret s without a task",
        ),
        ([task(), node()], {"in_session": False}, ""),
        ([], {"node_id": NodeId("")}, "w1 is in no swarm and holds secret s"),
        ([Secret(SecretId("s"), SecretSpec("s", b"x")), node()], {}, ""),
    ],
)
def test_secrets_of_nobody_are_found(stored: list[Any], host: dict[str, Any], expected: str) -> None:
    world = world_with(*stored, **host)
    world.secrets["w1"] = (SecretId("s"),)
    found = held_for(world, WORD_S + 1)
    assert expected in found
    assert bool(found) == bool(expected)


def test_a_host_in_no_swarm_forwards_nothing() -> None:
    record = Neighbour(NET, "10.0.1.5", NodeId("n"), "198.18.0.1")
    for members, expected in ((NodeId("node-w1"), ""), (NodeId(""), "w1 is in no swarm and forwards by 1 routes")):
        world = world_with(node(), node_id=members)
        world.routes["w1"] = (3, {record.key: record})
        assert held_for(world, WORD_S) == ""
        assert expected in held_for(world, WORD_S + 1)


def test_time_begins_anew_while_nobody_can_judge() -> None:
    world = world_with(service(given=ADDRESSED))
    check = NoOrphanedResources(LAN)
    for second in range(3 * WORD_S):
        world.now_ns = second * SECOND
        world.statuses["m1"] = status("m1", leads=second % WORD_S != 0)
        check.sample(world)
    assert check.violation is None
