"""`even`: nodes that may take a service's tasks differ by no more than one in how many run there."""

import pytest
from fake_world import FakeWorld, status

from core.ids import NodeId, ServiceId, TaskId
from core.objects import Node, Service, Task
from core.objects.node import Availability, NodeDescription, NodeSpec, NodeState, NodeStatus
from core.objects.service import Replicated, ServiceSpec
from core.objects.task import ContainerSpec, Placement, TaskSpec, TaskState, TaskStatus
from core.store import Conflict, Create, Store, Transaction
from swarmsim.player.convergence import unevenness
from swarmsim.world import ContainerView

SPEC = TaskSpec(ContainerSpec("web:1"), placement=Placement(constraints=("node.labels.disk == fast",)))
FAST, SLOW = NodeSpec(labels={"disk": "fast"}), NodeSpec(labels={"disk": "slow"})


def world_with(counts: dict[str, int], *, desired: int | None = None, **others: Node) -> FakeWorld:
    """So many tasks of `web` on each worker, which are all unless `desired` says otherwise.

    Nodes that are not among `others` are ready, and have fast disks.
    """
    world = FakeWorld("m1", *counts)
    world.statuses["m1"] = status("m1", leads=True)
    store = world.stores["m1"] = Store()
    mode = Replicated(sum(counts.values()) if desired is None else desired)
    created = [Create(Service(ServiceId("s"), ServiceSpec("web", task=SPEC, mode=mode), version=1))]
    for name, count in counts.items():
        created.append(Create(others.get(name, node(name))))
        tasks = [task(f"{name}.{number}", name) for number in range(count)]
        created += map(Create, tasks)
        world.boxes[name] = tuple(box(each) for each in tasks)
    assert not isinstance(store.apply(1, Transaction(tuple(created), 1)), Conflict)
    return world


def node(name: str, spec: NodeSpec = FAST, state: NodeState = NodeState.READY) -> Node:
    return Node(NodeId(f"node-{name}"), spec, NodeDescription(hostname=name), NodeStatus(state), version=1)


def task(name: str, host: str) -> Task:
    running = TaskStatus(state=TaskState.RUNNING)
    return Task(TaskId(name), ServiceId("s"), 1, SPEC, 1, NodeId(f"node-{host}"), "web", status=running, version=1)


def box(of: Task, *, healthy: bool = True) -> ContainerView:
    return ContainerView(of.id, True, healthy, (), ())


@pytest.mark.parametrize("counts", [{"w1": 2, "w2": 3}, {"w1": 0, "w2": 1}, {"w1": 4}])
def test_a_difference_of_one_is_even(counts: dict[str, int]) -> None:
    assert unevenness(world_with(counts), "web") == ""


def test_a_greater_difference_is_told() -> None:
    assert unevenness(world_with({"w1": 3, "w2": 2, "w3": 1}), "web") == "web has 3 tasks on w1 and 1 on w3"


@pytest.mark.parametrize(
    "other",
    [
        node("w2", SLOW),
        node("w2", NodeSpec(labels=FAST.labels, availability=Availability.DRAIN)),
        node("w2", state=NodeState.DOWN),
    ],
)
def test_only_nodes_that_may_take_tasks_count(other: Node) -> None:
    assert unevenness(world_with({"w1": 3, "w2": 0}, w2=other), "web") == ""


def test_they_must_be_as_many_as_are_desired() -> None:
    assert unevenness(world_with({"w1": 2, "w2": 2}, desired=7), "web") == "web has 4 of 7 tasks running"
    assert unevenness(world_with({"w1": 2, "w2": 3}, desired=4), "web") == "web has 5 of 4 tasks running"


def test_only_healthy_tasks_count() -> None:
    world = world_with({"w1": 2, "w2": 2})
    world.boxes["w2"] = tuple(box(task(f"w2.{number}", "w2"), healthy=False) for number in range(2))
    assert unevenness(world, "web") == "web has 2 tasks on w1 and 0 on w2"


def test_there_must_be_such_a_service_and_a_node_for_it() -> None:
    assert unevenness(world_with({"w1": 1}), "api") == "there is no service api"
    assert unevenness(world_with({"w1": 0}, w1=node("w1", SLOW)), "web") == "no node may take tasks of web"
