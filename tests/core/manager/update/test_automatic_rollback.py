"""An update that fails and rolls itself back."""

from leading_head import Swarm, task_spec
from msgspec.structs import replace
from updates_of_web import APP, NEW, ROLL_BACK, fail, images, last, message, state, status

from core.manager.update.watch import START_TIMEOUT_NS
from core.objects.service import FailureAction, Replicated, UpdateConfig, UpdateOrder, UpdateState
from core.objects.task import TaskState
from core.operations import UpdateService
from core.store import MAX_CHANGES
from core.timing import SECOND


def test_a_bad_image_rolls_back_by_itself_and_without_a_restart_delay() -> None:
    swarm = Swarm()
    web = swarm.create("web", mode=Replicated(3), update=ROLL_BACK)
    swarm.update("web", task=NEW)
    victim = last(swarm, 1)
    fail(swarm, victim)
    assert images(swarm) == {1: ["app"], 2: ["app"], 3: ["app"]}
    assert len(swarm.running("web")) == 3
    service = swarm.service("web")
    assert (service.spec, service.previous_spec) == (web.spec, None)
    assert message(swarm).startswith(f"update rolled back due to failure or early termination of task {victim.id}")
    swarm.run_for(5 * SECOND)
    assert (state(swarm), message(swarm)) == (UpdateState.ROLLBACK_COMPLETED, "rollback completed")


def test_a_rollback_of_what_was_to_start_first_leaves_the_old_tasks_alone() -> None:
    swarm = Swarm()
    config = UpdateConfig(order=UpdateOrder.START_FIRST, failure_action=FailureAction.ROLLBACK)
    swarm.create("web", mode=Replicated(2), update=config)
    before = [task.id for task in swarm.running("web")]
    service = swarm.service("web")
    swarm.ask(UpdateService(service.id, service.version, replace(service.spec, task=NEW)))
    swarm.settle(agents=False)
    seen: list[str] = []
    swarm.on_commit.append(lambda: seen.append(message(swarm)))
    fail(swarm, last(swarm, 1))
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.ROLLBACK_COMPLETED
    assert any(each.startswith("update rolled back due to failure") for each in seen), "it can be seen why"
    assert [task.id for task in swarm.wanted("web")] == before


def test_a_rollback_that_fails_is_paused_and_never_rolled_back() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3), update=ROLL_BACK)
    swarm.update("web", task=NEW)
    fail(swarm, last(swarm, 1))
    victim = last(swarm, 1)
    fail(swarm, victim)
    assert state(swarm) is UpdateState.ROLLBACK_PAUSED
    assert message(swarm).startswith(f"rollback paused due to failure or early termination of task {victim.id}")


def test_a_rollback_waits_anew_for_what_an_earlier_update_could_not_start() -> None:
    """Slot 2 is as the first update left it, which is what the second goes back to, just as its time is over."""
    swarm = Swarm()
    swarm.is_stuck = lambda task: task.slot == 2 and task.spec == APP
    config = UpdateConfig(failure_action=FailureAction.ROLLBACK, delay_ns=60 * SECOND)
    swarm.create("web", task_spec("older"), mode=Replicated(2), update=replace(config, parallelism=2))
    swarm.update("web", task=APP)
    swarm.run_for(START_TIMEOUT_NS - 10 * SECOND)
    swarm.update("web", task=NEW, update=config)
    assert images(swarm) == {1: ["new"], 2: ["app"]}
    swarm.run_for(10 * SECOND - 1)
    swarm.now += 1
    fail(swarm, last(swarm, 1))
    assert state(swarm) is UpdateState.ROLLBACK_STARTED
    swarm.run_for(START_TIMEOUT_NS - 1)
    assert state(swarm) is UpdateState.ROLLBACK_STARTED
    swarm.run_for(1)
    assert state(swarm) is UpdateState.ROLLBACK_PAUSED


def test_a_rollback_counts_no_failure_before_it_is_said_of_how_many_slots_it_is() -> None:
    swarm = Swarm()
    count = MAX_CHANGES
    swarm.create("web", task_spec("older"), mode=Replicated(count))
    swarm.update("web", task=APP, update=UpdateConfig(parallelism=0))
    swarm.run_for(SECOND)
    swarm.update("web", task=NEW, update=replace(ROLL_BACK, delay_ns=10 * SECOND))
    for slot in range(1, count + 1):
        swarm.report(last(swarm, slot), TaskState.FAILED)
    swarm.settle()
    assert (state(swarm), status(swarm).slot_count) == (UpdateState.ROLLBACK_STARTED, 1)
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.ROLLBACK_COMPLETED


def test_a_rollback_of_one_service_lets_no_failure_of_another_pass_uncounted() -> None:
    swarm = Swarm()
    for name, config in (("other", ROLL_BACK), ("web", UpdateConfig())):
        swarm.create(name, mode=Replicated(2), update=config)
        swarm.update(name, task=NEW)
    for name in ("other", "web"):
        failing = [task for task in swarm.wanted(name) if task.by_update][-1]
        swarm.report(failing, TaskState.FAILED)
    swarm.settle()
    assert state(swarm) is UpdateState.PAUSED
