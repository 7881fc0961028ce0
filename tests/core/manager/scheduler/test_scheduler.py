"""Filters, reasons and the order of spreading (swarm.md §3.6)."""

import pytest
from leading_head import GIB, Swarm, node_of, task_spec
from msgspec.structs import replace

from core.ids import NodeId, ServiceId, TaskId
from core.manager.scheduler.node_info import FAILURE_WINDOW_NS, MAX_FAILURES
from core.manager.scheduler.scheduler import RETRY_NS
from core.manager.scheduler.waiting import Waiting
from core.objects.node import Availability, NodeDescription, NodeSpec, NodeState
from core.objects.port import PortConfig, PublishMode
from core.objects.resources import Platform, Resources
from core.objects.service import EndpointSpec, Global, Replicated
from core.objects.task import LogDriver, Mount, Placement, Task, TaskSpec, TaskState, TaskStatus
from core.operations import Kind, Remove
from core.timing import SECOND

CPU = 1_000_000_000


def reason(swarm: Swarm, name: str = "web") -> str:
    [err] = {task.status.err for task in swarm.wanted(name) if task.status.state is TaskState.PENDING}
    return err


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (task_spec(reservations=Resources(nano_cpus=5 * CPU)), "insufficient resources on 3 nodes"),
        (task_spec(reservations=Resources(memory_bytes=9 * GIB)), "insufficient resources on 3 nodes"),
        (task_spec(constraints=("node.role == manager",)), "scheduling constraints not satisfied on 3 nodes"),
        (replace(task_spec(), log_driver=LogDriver("gelf")), "missing plugin on 3 nodes"),
        (
            replace(
                task_spec(),
                container=replace(
                    task_spec().container, mounts=(Mount("volume", "/data", "data", options={"volume-driver": "nfs"}),)
                ),
            ),
            "missing plugin on 3 nodes",
        ),
        (
            replace(task_spec(), placement=replace(task_spec().placement, platforms=(Platform("windows", "amd64"),))),
            "unsupported platform on 3 nodes",
        ),
    ],
)
def test_the_reason_is_the_first_filter_that_fails(spec: TaskSpec, expected: str) -> None:
    swarm = Swarm(workers=0)
    for name in ("w1", "w2", "w3"):
        node = node_of(name)
        plugins = (("Log", "json-file"), ("Volume", "local"))
        swarm.put(replace(node, description=replace(node.description, plugins=plugins)))
    swarm.create("web", spec)
    assert reason(swarm) == f"no suitable node ({expected})"


@pytest.mark.parametrize(
    ("wanted", "offered", "fits"),
    [
        (Platform("linux", "x86_64"), Platform("linux", "amd64"), True),
        (Platform("linux", "arm64"), Platform("linux", "aarch64"), True),
        (Platform("linux", "amd64"), Platform("linux", "aarch64"), False),
        (Platform("windows", "amd64"), Platform("linux", "amd64"), False),
        (Platform("", "amd64"), Platform("linux", "x86_64"), True),
        (Platform("linux", ""), Platform("linux", "s390x"), True),
    ],
)
def test_names_of_one_architecture_are_the_same_and_empty_ones_any(
    wanted: Platform, offered: Platform, fits: bool
) -> None:
    swarm = Swarm(workers=0)
    node = node_of("w1")
    swarm.put(replace(node, description=replace(node.description, platform=offered)))
    swarm.create("web", replace(task_spec(), placement=Placement(platforms=(wanted,))))
    assert swarm.places("web") == ({"w1": 1} if fits else {})


def test_reasons_come_most_frequent_first_and_in_the_order_of_the_filters() -> None:
    swarm = Swarm(workers=4)
    swarm.update_node("w1", availability=Availability.DRAIN)
    swarm.update_node("w2", labels={"zone": "a"})
    swarm.create("web", task_spec(constraints=("node.labels.zone == a",), reservations=Resources(nano_cpus=5 * CPU)))
    assert reason(swarm) == "no suitable node (insufficient resources on 3 nodes; 1 node not available for new tasks)"


def test_without_nodes_there_is_no_more_to_say() -> None:
    swarm = Swarm(workers=0)
    swarm.create("web")
    assert reason(swarm) == "no suitable node"


def test_max_replicas_and_host_ports_limit_tasks_per_node() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", task_spec(max_replicas=2), Replicated(5))
    assert swarm.places("web") == {"w1": 2, "w2": 2}
    assert reason(swarm) == "no suitable node (max replicas per node limit exceed)"
    port = PortConfig(53, 53, publish_mode=PublishMode.HOST)
    swarm.create("dns", mode=Replicated(3), endpoint=EndpointSpec(ports=(port,)))
    assert swarm.places("dns") == {"w1": 1, "w2": 1}
    assert reason(swarm, "dns") == "no suitable node (host-mode port already in use on 2 nodes)"


def test_a_port_and_resources_are_free_once_the_task_has_stopped_and_not_before() -> None:
    swarm = Swarm(workers=1)
    port = PortConfig(53, 53, publish_mode=PublishMode.HOST)
    swarm.create("old", task_spec(reservations=Resources(nano_cpus=4 * CPU)), endpoint=EndpointSpec(ports=(port,)))
    swarm.ask(Remove(Kind.SERVICE, "old"))
    swarm.create_quietly("new", task_spec(), endpoint=EndpointSpec(ports=(port,)))
    assert reason(swarm, "new") == "no suitable node (host-mode port already in use on 1 node)"
    swarm.settle()
    swarm.run_for(RETRY_NS)
    assert swarm.places("new") == {"w1": 1}


def test_a_reason_is_written_once_and_not_at_every_try() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", task_spec(constraints=("node.labels.zone == a",)))
    versions = [task.version for task in swarm.tasks("web")]
    swarm.update_node("w1", labels={"zone": "b"})
    swarm.run_for(RETRY_NS)
    assert [task.version for task in swarm.tasks("web")] == versions


def test_the_task_of_a_global_service_still_has_to_pass_the_filters() -> None:
    swarm = Swarm(workers=2)
    small = NodeDescription("w2", resources=Resources(CPU, GIB))
    swarm.put(replace(swarm.head.nodes[node_of("w2").id], description=small))
    swarm.create("agent", task_spec(reservations=Resources(nano_cpus=2 * CPU)), Global())
    assert swarm.places("agent") == {"w1": 1}
    assert reason(swarm, "agent") == "no suitable node (insufficient resources on 1 node)"
    swarm.put(replace(swarm.head.nodes[node_of("w2").id], description=node_of("w2").description))
    swarm.run_for(RETRY_NS)
    assert swarm.places("agent") == {"w1": 1, "w2": 1}


def test_services_are_spread_before_nodes_are_evened_out() -> None:
    swarm = Swarm(workers=2)
    swarm.update_node("w2", availability=Availability.DRAIN)
    swarm.create("heavy", mode=Replicated(6))
    swarm.update_node("w2", availability=Availability.ACTIVE)
    swarm.create("web", mode=Replicated(4))
    assert swarm.places("web") == {"w1": 2, "w2": 2}  # although w1 has six more tasks
    swarm.create("one")
    assert swarm.places("one") == {"w2": 1}


def test_a_node_of_unknown_state_takes_no_new_tasks() -> None:
    swarm = Swarm(workers=2)
    swarm.set_state("w1", NodeState.UNKNOWN)
    swarm.create("web", mode=Replicated(2))
    assert swarm.places("web") == {"w2": 2}


def test_preferences_even_out_what_is_there_already() -> None:
    swarm = Swarm(workers=0)
    for name, rack in (("w1", "a"), ("w2", "a"), ("w3", "b")):
        swarm.put(node_of(name, spec=NodeSpec(labels={"rack": rack})))
    swarm.update_node("w3", availability=Availability.PAUSE)
    template = replace(task_spec(), placement=Placement(preferences=("node.labels.rack",)))
    swarm.create("web", template, Replicated(3))
    assert "w3" not in swarm.places("web")
    swarm.update_node("w3", availability=Availability.ACTIVE)
    swarm.scale("web", 6)
    assert swarm.places("web")["w3"] == 3


def test_a_reason_counts_no_node_that_is_gone() -> None:
    swarm = Swarm(workers=3)
    swarm.create("web", task_spec(constraints=("node.labels.zone == a",)))
    swarm.write(lambda draft: draft.delete(Kind.NODE, "w3"))
    swarm.run_for(RETRY_NS)
    assert reason(swarm) == "no suitable node (scheduling constraints not satisfied on 2 nodes)"


def test_a_node_where_a_service_keeps_failing_is_left_alone_for_five_minutes() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(2))
    swarm.update_node("w2", availability=Availability.PAUSE)
    for _ in range(MAX_FAILURES):
        fail_on(swarm, "w1")
        assert swarm.places("web") == {"w1": 1, "w2": 1}
    swarm.update_node("w2", availability=Availability.ACTIVE)
    fail_on(swarm, "w1")
    assert swarm.places("web") == {"w2": 2}
    swarm.run_for(FAILURE_WINDOW_NS)
    fail_on(swarm, "w2")
    assert swarm.places("web") == {"w1": 1, "w2": 1}


def test_damping_is_about_one_service() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web")
    swarm.update_node("w2", availability=Availability.PAUSE)
    for _ in range(MAX_FAILURES):
        fail_on(swarm, "w1")
    swarm.update_node("w2", availability=Availability.ACTIVE)
    swarm.create("other", mode=Replicated(2))
    assert swarm.places("other") == {"w1": 1, "w2": 1}


def test_a_node_that_moves_to_another_rack_counts_there() -> None:
    swarm = Swarm(workers=0)
    for name, rack in (("w1", "a"), ("w2", "a"), ("w3", "b")):
        swarm.put(node_of(name, spec=NodeSpec(labels={"rack": rack})))
    template = replace(task_spec(), placement=Placement(preferences=("node.labels.rack",)))
    swarm.create("web", template, Replicated(4))
    assert swarm.places("web") == {"w1": 1, "w2": 1, "w3": 2}
    swarm.update_node("w2", labels={"rack": "b"})
    fail_on(swarm, "w3")
    assert swarm.places("web") == {"w1": 2, "w2": 1, "w3": 1}


def fail_on(swarm: Swarm, node: str) -> None:
    """A task of `web` on this node fails, and is replaced in time."""
    task = next(task for task in swarm.wanted("web") if task.node_id == node)
    swarm.put(replace(task, status=replace(task.status, state=TaskState.FAILED)))
    swarm.run_for(10 * SECOND)


def test_what_came_with_its_node_is_tried_oldest_first() -> None:
    node, waiting = NodeId("w1"), Waiting()
    first, second = (
        Task(TaskId(name), ServiceId("s"), 0, task_spec(), 1, node, status=TaskStatus(TaskState.PENDING))
        for name in ("first", "second")
    )
    waiting.add(first)
    waiting.tried_task(first.id)
    waiting.add(second)
    waiting.retry([node])
    assert waiting.next_task == "first"
    waiting.tried_task(first.id)
    assert waiting.next_task == "second"
