"""A new leader in the midst of an update, or after it: it goes on where the old one stopped and begins nothing anew."""

import pytest
from leading_head import Swarm, task_spec
from updates_of_web import NEW, fail, images, last, message, state

from core.manager.update.watch import START_TIMEOUT_NS
from core.objects.service import FailureAction, Replicated, UpdateConfig, UpdateState
from core.objects.task import RestartCondition, RestartPolicy, TaskState
from core.timing import SECOND


def test_a_new_leader_goes_on_where_the_old_one_stopped() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3), update=UpdateConfig(delay_ns=10 * SECOND))
    swarm.update("web", task=NEW)
    swarm.run_for(4 * SECOND)
    swarm.lead()
    swarm.run_for(6 * SECOND - 1)
    assert images(swarm) == {1: ["new"], 2: ["app"], 3: ["app"]}
    swarm.run_for(1)
    assert images(swarm) == {1: ["new"], 2: ["new"], 3: ["app"]}
    swarm.lead()
    fail(swarm, last(swarm, 2))  # watched by the new leader as by the old one
    assert state(swarm) is UpdateState.PAUSED


@pytest.mark.parametrize(("ran_for", "expected"), [(5, UpdateState.PAUSED), (6, UpdateState.UPDATING)])
def test_how_long_a_task_ran_that_ended_before_a_new_leader_looked_is_its_hosts_word(
    ran_for: int, expected: UpdateState
) -> None:
    """It is watched for five seconds; slot 2 never starts, so that the update goes on."""
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2))
    swarm.is_stuck = lambda task: task.slot == 2 and task.spec == NEW
    swarm.update("web", task=NEW)
    swarm.run_for(ran_for * SECOND)
    swarm.lead()
    swarm.report(last(swarm, 1), TaskState.FAILED)  # told to a leader that has not looked at anything yet
    swarm.settle()
    assert state(swarm) is expected


@pytest.mark.parametrize("wall_ahead_ns", [0, 2 * START_TIMEOUT_NS])
def test_each_leader_waits_for_a_task_to_start_by_its_own_clock(wall_ahead_ns: int) -> None:
    """What is older by wall clocks alone has not failed: the clock of who made it may have been slow."""
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2))
    swarm.update("web", task=task_spec("new", constraints=("node.hostname == w9",)))
    swarm.run_for(START_TIMEOUT_NS - SECOND)
    swarm.lead(wall_ahead_ns)
    swarm.run_for(START_TIMEOUT_NS - 1)
    assert state(swarm) is UpdateState.UPDATING
    swarm.run_for(1)
    assert state(swarm) is UpdateState.PAUSED


@pytest.mark.parametrize("wall_ahead_ns", [-3600 * SECOND, 3600 * SECOND])
def test_what_ended_under_another_clock_holds_nothing_up(wall_ahead_ns: int) -> None:
    """It ended within the delay by any clock that can be believed, and no later."""
    swarm = Swarm()
    config = UpdateConfig(delay_ns=10 * SECOND, failure_action=FailureAction.CONTINUE)
    swarm.create("web", mode=Replicated(3), update=config)
    swarm.update("web", task=NEW)
    fail(swarm, last(swarm, 1))
    swarm.run_for(SECOND)
    swarm.lead(wall_ahead_ns)
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.COMPLETED


def test_a_host_whose_clock_is_ahead_holds_nothing_up() -> None:
    swarm = Swarm()
    config = UpdateConfig(delay_ns=10 * SECOND, failure_action=FailureAction.CONTINUE)
    swarm.create("web", mode=Replicated(3), update=config)
    swarm.is_stuck = lambda task: task.slot == 1
    swarm.update("web", task=NEW)
    swarm.report(last(swarm, 1), TaskState.REJECTED, wall_ahead_ns=3600 * SECOND)
    swarm.run_for(60 * SECOND)
    assert images(swarm) == {1: ["new"], 2: ["new"], 3: ["new"]}


def test_a_new_leader_begins_no_update_for_a_task_that_ended_for_good_after_it() -> None:
    swarm = Swarm()
    template = task_spec("new", restart=RestartPolicy(RestartCondition.NONE))
    swarm.create("web", mode=Replicated(2), update=UpdateConfig(delay_ns=20 * SECOND))
    swarm.update("web", task=template)
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.COMPLETED
    swarm.report(last(swarm, 1), TaskState.COMPLETE)
    swarm.settle()
    swarm.lead()
    swarm.settle()
    assert (state(swarm), message(swarm)) == (UpdateState.COMPLETED, "update completed")
