"""An update that declares fewer slots as well is of those that stay."""

import pytest
from leading_head import Swarm, task_spec
from updates_of_web import NEW, fail, last, state, status

from core.objects.service import Replicated, UpdateConfig, UpdateOrder, UpdateState
from core.objects.task import RestartCondition, RestartPolicy, TaskState
from core.store import MAX_CHANGES
from core.timing import SECOND

ORDERS = pytest.mark.parametrize("order", list(UpdateOrder))


@ORDERS
def test_it_is_as_large_as_what_stays(order: UpdateOrder) -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(5), update=UpdateConfig(order=order))
    swarm.update("web", task=NEW, mode=Replicated(2))
    assert (state(swarm), status(swarm).slot_count) == (UpdateState.UPDATING, 2)


@ORDERS
def test_no_slot_is_begun_only_to_be_given_up(order: UpdateOrder) -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(5), update=UpdateConfig(parallelism=2, order=order))
    swarm.update("web", task=NEW, mode=Replicated(2))
    swarm.run_for(60 * SECOND)
    own = [task for task in swarm.tasks("web") if task.by_update]
    assert [task.slot for task in own] == [task.slot for task in swarm.running("web")] == [1, 2]
    assert state(swarm) is UpdateState.COMPLETED


def test_failures_are_counted_against_what_stays() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(5), update=UpdateConfig(max_failure_ratio=0.3))
    swarm.update("web", task=NEW, mode=Replicated(2))
    fail(swarm, last(swarm, 1))
    assert state(swarm) is UpdateState.PAUSED, "one of two, not of five"


def test_slots_that_have_ended_for_good_are_given_up_like_others() -> None:
    once = RestartPolicy(RestartCondition.NONE)
    swarm = Swarm()
    swarm.create("web", task_spec(restart=once), Replicated(3))
    for task in swarm.running("web"):
        swarm.report(task, TaskState.COMPLETE)
    swarm.settle()
    swarm.update("web", task=task_spec("new", restart=once), mode=Replicated(2))
    assert status(swarm).slot_count == 2
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.COMPLETED
    assert len(swarm.running("web")) == 2


def test_it_waits_until_all_are_given_up_that_are_too_many_for_one_draft() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2 * MAX_CHANGES))
    swarm.update("web", task=NEW, mode=Replicated(3))
    assert status(swarm).slot_count == 3
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.COMPLETED
    swarm.check()
