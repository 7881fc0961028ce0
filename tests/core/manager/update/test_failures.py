"""Tasks of an update that fail while they are watched: it pauses, bears them up to a ratio, or goes on regardless."""

from leading_head import Swarm, task_spec
from msgspec.structs import replace
from updates_of_web import NEW, fail, images, last, message, state, status

from core.objects.service import FailureAction, Replicated, UpdateConfig, UpdateOrder, UpdateState
from core.objects.task import RestartCondition, RestartPolicy
from core.operations import UpdateService
from core.timing import SECOND


def test_a_task_that_fails_while_it_is_watched_pauses_the_update() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3), update=UpdateConfig(delay_ns=2 * SECOND))
    swarm.update("web", task=NEW)
    victim = last(swarm, 1)
    fail(swarm, victim)
    assert state(swarm) is UpdateState.PAUSED
    assert message(swarm) == f"update paused due to failure or early termination of task {victim.id}: failed"
    swarm.run_for(60 * SECOND)
    assert images(swarm) == {1: ["new"], 2: ["app"], 3: ["app"]}  # restarted by its policy, and no further
    swarm.lead()
    swarm.run_for(60 * SECOND)
    assert images(swarm) == {1: ["new"], 2: ["app"], 3: ["app"]}
    assert state(swarm) is UpdateState.PAUSED
    swarm.update("web", task=task_spec("newer"))
    swarm.run_for(60 * SECOND)
    assert images(swarm) == {1: ["newer"], 2: ["newer"], 3: ["newer"]}
    assert state(swarm) is UpdateState.COMPLETED


def test_after_the_monitor_time_a_failure_is_a_matter_of_the_restart_policy_alone() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2), update=UpdateConfig(delay_ns=20 * SECOND, monitor_ns=30 * SECOND))
    swarm.update("web", task=NEW)
    first = last(swarm, 1)
    swarm.run_for(31 * SECOND)
    fail(swarm, first)
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.COMPLETED
    assert status(swarm).failure_count == 0


def test_failures_up_to_the_ratio_are_borne_and_none_is_counted_twice() -> None:
    swarm = Swarm()
    config = UpdateConfig(parallelism=0, max_failure_ratio=0.5)
    swarm.create("web", task_spec(restart=RestartPolicy(delay_ns=0)), Replicated(4), update=config)
    swarm.update("web", task=task_spec("new", restart=RestartPolicy(delay_ns=0)))
    own = swarm.running("web")
    fail(swarm, own[0])
    fail(swarm, last(swarm, own[0].slot))  # its replacement is not the update's
    swarm.lead()
    fail(swarm, own[1])
    assert state(swarm) is UpdateState.UPDATING
    fail(swarm, own[2])
    assert state(swarm) is UpdateState.PAUSED
    assert (status(swarm).slot_count, status(swarm).failure_count) == (4, 3)


def test_an_update_that_continues_takes_no_notice_but_counts() -> None:
    swarm = Swarm()
    config = UpdateConfig(failure_action=FailureAction.CONTINUE, delay_ns=SECOND)
    swarm.create("web", task_spec(restart=RestartPolicy(RestartCondition.NONE)), Replicated(3), update=config)
    swarm.update("web", task=task_spec("new", restart=RestartPolicy(RestartCondition.NONE)))
    for slot in (1, 2, 3):
        fail(swarm, last(swarm, slot))
        swarm.run_for(SECOND)
    swarm.run_for(5 * SECOND)
    assert state(swarm) is UpdateState.COMPLETED
    assert status(swarm).failure_count == 3


def test_start_first_keeps_the_old_task_while_the_new_one_fails() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(1), update=UpdateConfig(order=UpdateOrder.START_FIRST))
    old = swarm.running("web")[0]
    service = swarm.service("web")
    swarm.ask(UpdateService(service.id, service.version, replace(service.spec, task=NEW)))
    swarm.settle(agents=False)
    fail(swarm, last(swarm, 1))
    assert state(swarm) is UpdateState.PAUSED
    assert swarm.running("web")[0].id == old.id
    swarm.run_for(5 * SECOND)  # the restart delay
    assert images(swarm) == {1: ["new"]}  # the restarted one came up, and the slot that was begun is finished
    swarm.check()
