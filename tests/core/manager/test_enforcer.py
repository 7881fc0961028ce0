"""Tasks leave a node that has changed so that it no longer suits them."""

import pytest
from leading_head import GIB, Swarm, node_of, task_spec
from msgspec.structs import replace

from core.ids import NodeId
from core.objects.node import Availability, Node
from core.objects.resources import Resources
from core.objects.service import Global, GlobalJob, Replicated, ReplicatedJob, ServiceMode, UpdateConfig
from core.objects.task import TaskState
from core.operations import UpdateService
from core.timing import SECOND

ZONE_A = ("node.labels.zone == a",)
HALF = Resources(nano_cpus=2_000_000_000)


def zones(swarm: Swarm, **labels: str) -> None:
    for name, zone in labels.items():
        swarm.update_node(name, labels={"zone": zone})


def shrink(swarm: Swarm, name: str, resources: Resources) -> None:
    """The host's agent tells of less than before."""
    node: Node = swarm.head.nodes[NodeId(name)]
    swarm.put(replace(node, description=replace(node.description, resources=resources)))
    swarm.settle()


def test_a_task_of_a_replicated_job_moves_like_that_of_a_service() -> None:
    swarm = Swarm(workers=2)
    zones(swarm, w1="a", w2="a")
    swarm.create("batch", task_spec(constraints=ZONE_A), ReplicatedJob(max_concurrent=2, total_completions=2))
    zones(swarm, w1="b")
    swarm.run_for(10 * SECOND)
    assert swarm.places("batch") == {"w2": 2}


@pytest.mark.parametrize("mode", [Global(), GlobalJob()])
def test_on_a_node_that_no_longer_suits_a_global_service_its_task_stops_and_none_follows(mode: ServiceMode) -> None:
    swarm = Swarm(workers=2)
    zones(swarm, w1="a", w2="a")
    swarm.create("agent", task_spec(constraints=ZONE_A), mode)
    zones(swarm, w1="b")
    swarm.run_for(10 * SECOND)
    assert swarm.places("agent") == {"w2": 1}
    assert len(swarm.tasks("agent")) == 2


@pytest.mark.parametrize("availability", [Availability.PAUSE, Availability.DRAIN])
def test_only_active_nodes_are_looked_at(availability: Availability) -> None:
    swarm = Swarm(workers=1)
    zones(swarm, w1="a")
    swarm.create("web", task_spec(constraints=ZONE_A))
    [task] = swarm.running("web")
    swarm.update_node("w1", labels={"zone": "b"}, availability=availability)
    swarm.settle(agents=False)
    assert not swarm.head.tasks[task.id].status.err


def test_a_node_that_is_active_again_is_looked_at() -> None:
    swarm = Swarm(workers=1)
    zones(swarm, w1="a")
    swarm.create("web", task_spec(constraints=ZONE_A))
    [task] = swarm.running("web")
    swarm.update_node("w1", labels={"zone": "b"}, availability=Availability.PAUSE)
    swarm.settle()
    assert swarm.head.tasks[task.id].desired_state is TaskState.RUNNING
    swarm.update_node("w1", availability=Availability.ACTIVE)
    swarm.settle(agents=False)
    assert swarm.head.tasks[task.id].desired_state is TaskState.SHUTDOWN


def test_of_what_does_not_fit_any_more_the_newest_leaves() -> None:
    swarm = Swarm(workers=1)
    swarm.create("old", task_spec(reservations=HALF))
    swarm.create("new", task_spec(reservations=HALF))
    swarm.put(node_of("w2"))
    shrink(swarm, "w1", Resources(nano_cpus=3_000_000_000, memory_bytes=8 * GIB))
    swarm.run_for(10 * SECOND)
    assert (swarm.places("old"), swarm.places("new")) == ({"w1": 1}, {"w2": 1})


def test_what_global_services_reserve_counts_too() -> None:
    swarm = Swarm(workers=1)
    swarm.create("agent", task_spec(reservations=HALF), Global())
    swarm.create("web", task_spec(reservations=HALF))
    swarm.put(node_of("w2"))
    shrink(swarm, "w1", Resources(nano_cpus=3_000_000_000, memory_bytes=8 * GIB))
    swarm.run_for(10 * SECOND)
    assert (swarm.places("agent"), swarm.places("web")) == ({"w1": 1, "w2": 1}, {"w2": 1})


def test_a_task_of_a_global_service_that_does_not_fit_waits_for_its_node() -> None:
    swarm = Swarm(workers=1)
    swarm.create("agent", task_spec(reservations=HALF), Global())
    shrink(swarm, "w1", Resources(nano_cpus=1_000_000_000, memory_bytes=8 * GIB))
    swarm.run_for(10 * SECOND)
    [waiting] = swarm.wanted("agent")
    assert waiting.status.err == "no suitable node (insufficient resources on 1 node)"
    shrink(swarm, "w1", Resources(nano_cpus=2_000_000_000, memory_bytes=8 * GIB))
    swarm.run_for(10 * SECOND)
    assert swarm.places("agent") == {"w1": 1}


def test_a_change_that_concerns_no_task_moves_none() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", task_spec(reservations=HALF), Replicated(2))
    swarm.update_node("w1", labels={"zone": "b"})
    swarm.settle()
    assert swarm.places("web") == {"w1": 1, "w2": 1}
    assert len(swarm.tasks("web")) == 2


def test_the_constraints_that_count_are_those_that_the_service_declares_now() -> None:
    """Its tasks were made when it declared none, and suited the later ones where they were."""
    swarm = Swarm(workers=3)
    zones(swarm, w1="a", w2="a", w3="a")
    swarm.create("web", mode=Replicated(3))
    swarm.update("web", task=task_spec(constraints=ZONE_A))
    zones(swarm, w1="b")
    swarm.run_for(10 * SECOND)
    assert "w1" not in swarm.places("web")
    assert len(swarm.running("web")) == 3
    assert swarm.service("web").update_status is None


def test_what_a_service_no_longer_asks_of_a_node_moves_nothing() -> None:
    swarm = Swarm(workers=2)
    zones(swarm, w1="a", w2="a")
    swarm.create("web", task_spec(constraints=ZONE_A), Replicated(2))
    swarm.update("web", task=task_spec())
    zones(swarm, w1="b")
    swarm.run_for(10 * SECOND)
    assert swarm.places("web") == {"w1": 1, "w2": 1}


@pytest.mark.parametrize("leaders", [1, 2])
def test_what_an_update_has_still_to_move_is_left_to_it_whoever_leads(leaders: int) -> None:
    swarm = Swarm(workers=3)
    zones(swarm, w1="a", w2="a", w3="a")
    swarm.create("web", mode=Replicated(6), update=UpdateConfig(delay_ns=10 * SECOND))
    service = swarm.service("web")
    spec = replace(service.spec, task=task_spec(constraints=("node.hostname == w3",)))
    assert swarm.ask(UpdateService(service.id, service.version, spec)) is None
    if leaders == 2:
        swarm.lead()
    swarm.settle()
    for moved in (1, 2, 3):
        assert swarm.places("web")["w3"] == 2 + moved
        swarm.run_for(10 * SECOND)


def test_a_node_that_suits_no_more_in_mid_update_is_left_with_the_update() -> None:
    swarm = Swarm(workers=2)
    zones(swarm, w1="a", w2="a")
    swarm.create("web", mode=Replicated(2), update=UpdateConfig(delay_ns=30 * SECOND, parallelism=1))
    swarm.put(node_of("w3"))
    zones(swarm, w3="b")
    swarm.update("web", task=task_spec(constraints=("node.labels.zone == a", "node.hostname != w1")))
    assert swarm.places("web") == {"w2": 2}
    zones(swarm, w2="b", w3="a")
    swarm.run_for(29 * SECOND)
    assert swarm.places("web")["w2"] >= 1, "one at a time"
    swarm.run_for(60 * SECOND)
    assert swarm.places("web") == {"w3": 2}
