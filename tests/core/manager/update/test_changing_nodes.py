"""Nodes that change while an update is under way: paused, active again, labelled, lost."""

import pytest
from leading_head import Swarm, task_spec
from updates_of_web import NEW, state, updated

from core.objects.node import Availability, NodeState
from core.objects.service import Global, Replicated, ServiceMode, UpdateConfig, UpdateOrder, UpdateState
from core.timing import SECOND


def test_on_a_paused_node_a_global_service_stays_as_it_is_until_the_node_is_active_again() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Global())
    swarm.update_node("w2", availability=Availability.PAUSE)
    swarm.update("web", task=NEW)
    swarm.run_for(10 * SECOND)
    assert updated(swarm) == ["w1", "w3"]
    assert state(swarm) is UpdateState.COMPLETED
    swarm.update_node("w2", availability=Availability.ACTIVE)
    swarm.run_for(10 * SECOND)
    assert updated(swarm) == ["w1", "w2", "w3"]
    assert state(swarm) is UpdateState.COMPLETED


def test_a_task_whose_node_comes_to_suit_before_its_turn_stays_where_it_is() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3), update=UpdateConfig(delay_ns=10 * SECOND))
    swarm.update_node("w1", labels={"zone": "a"})
    swarm.update("web", task=task_spec(constraints=("node.labels.zone == a",)))
    [waiting] = [task for task in swarm.running("web") if task.node_id != "w1"]
    swarm.update_node(waiting.node_id, labels={"zone": "a"})
    swarm.run_for(60 * SECOND)
    assert swarm.places("web") == {"w1": 2, waiting.node_id: 1}
    assert waiting.id in {task.id for task in swarm.running("web")}
    assert state(swarm) is UpdateState.COMPLETED
    swarm.check()


def test_a_task_whose_node_comes_to_suit_in_its_turn_makes_way_to_the_one_that_was_begun() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(1), update=UpdateConfig(order=UpdateOrder.START_FIRST))
    [old] = swarm.running("web")
    swarm.update("web", task=task_spec(constraints=("node.labels.zone == a",)))
    assert len(swarm.wanted("web")) == 2  # no node has the label yet
    for name in ("w1", "w2", "w3"):
        swarm.update_node(name, labels={"zone": "a"})
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.COMPLETED
    [new] = swarm.wanted("web")
    assert new.id != old.id
    swarm.check()


@pytest.mark.parametrize("mode", [Replicated(3), Global()])
def test_a_node_lost_in_mid_update_is_no_failure_and_holds_nothing_up(mode: ServiceMode) -> None:
    swarm = Swarm()
    swarm.create("web", mode=mode, update=UpdateConfig(delay_ns=2 * SECOND))
    swarm.update("web", task=NEW)
    swarm.set_state("w2", NodeState.DOWN)
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.COMPLETED
    assert {task.spec.container.image for task in swarm.running("web")} == {"new"}
    swarm.check()


def test_of_two_that_are_out_of_date_the_newer_one_stays_where_no_more_is_begun() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Global(), update=UpdateConfig(order=UpdateOrder.START_FIRST, parallelism=0))
    swarm.is_stuck = lambda task: task.spec == NEW
    swarm.update("web", task=NEW)
    swarm.update_node("w1", availability=Availability.PAUSE)
    swarm.update("web", task=task_spec("newer"))
    swarm.is_stuck = lambda task: False
    swarm.run_for(60 * SECOND)
    assert updated(swarm) == ["w1"]
    assert swarm.places("web") == {"w1": 1, "w2": 1, "w3": 1}
