"""Which changes of a service replace its tasks, and which restart nothing."""

from typing import Any

import pytest
from leading_head import Swarm, node_of, task_spec
from msgspec.structs import replace
from updates_of_web import NEW, state

from core.objects.port import PortConfig
from core.objects.resources import Resources
from core.objects.service import EndpointSpec, Replicated, UpdateConfig, UpdateState
from core.timing import SECOND


@pytest.mark.parametrize(
    "change",
    [
        {"labels": {"a": "b"}},
        {"mode": Replicated(3)},
        {"update": UpdateConfig(parallelism=2)},
        {"task": task_spec(constraints=("node.role == worker",))},
        {"task": task_spec(max_replicas=2)},
    ],
)
def test_what_is_no_part_of_the_tasks_restarts_nothing(change: dict[str, Any]) -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2))
    before = [task.id for task in swarm.running("web")]
    swarm.update("web", **change)
    assert [task.id for task in swarm.running("web")][:2] == before
    assert state(swarm) is None


@pytest.mark.parametrize(
    "change",
    [
        {"task": NEW},
        {"task": replace(task_spec(), force_update=1)},
        {"task": task_spec(reservations=Resources(nano_cpus=1_000_000_000))},
        {"endpoint": EndpointSpec(ports=(PortConfig(80, 8080),))},
    ],
)
def test_whatever_is_part_of_the_tasks_replaces_them(change: dict[str, Any]) -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2))
    before = [task.id for task in swarm.running("web")]
    swarm.update("web", **change)
    swarm.run_for(5 * SECOND)
    assert not set(before) & {task.id for task in swarm.running("web")}
    assert len(swarm.running("web")) == 2
    assert state(swarm) is UpdateState.COMPLETED
    swarm.check()


def test_another_placement_moves_only_the_tasks_whose_nodes_do_not_suit_it() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3))
    stayed = [task.id for task in swarm.running("web") if task.node_id != "w1"]
    swarm.update("web", task=task_spec(constraints=("node.hostname != w1",)))
    swarm.run_for(5 * SECOND)
    assert [task.id for task in swarm.running("web") if task.id in stayed] == stayed
    assert len(swarm.running("web")) == 3
    assert "w1" not in swarm.places("web")


def test_force_evens_the_tasks_out_over_nodes_that_came_later() -> None:
    swarm = Swarm(workers=3)
    swarm.create("web", mode=Replicated(11))
    for name in ("w4", "w5"):
        swarm.put(node_of(name))
    swarm.update("web", task=replace(task_spec(), force_update=1))
    swarm.run_for(5 * SECOND)
    counts = swarm.places("web").values()
    assert len(counts) == 5
    assert max(counts) - min(counts) <= 1
