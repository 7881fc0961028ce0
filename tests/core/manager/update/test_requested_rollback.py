"""A rollback that an operator asks for: back to what was declared before, whatever is said beside it."""

from leading_head import Swarm, task_spec
from updates_of_web import NEW, images, message, state

from core.objects.service import Replicated, ServiceSpec, UpdateConfig, UpdateState
from core.operations import ErrorCode, OperationError, UpdateService
from core.timing import SECOND


def test_the_spec_that_comes_with_it_is_ignored() -> None:
    swarm = Swarm()
    first = swarm.create("web", mode=Replicated(2)).spec
    swarm.update("web", task=task_spec("new"))
    swarm.run_for(10 * SECOND)
    web = swarm.service("web")
    other = ServiceSpec("another-name", task_spec("other"))
    assert swarm.ask(UpdateService("web", web.version, other, rollback=True)) is None
    rolled = swarm.service("web")
    assert (rolled.spec, rolled.previous_spec) == (first, web.spec)
    assert rolled.update_status is not None
    assert rolled.update_status.state is UpdateState.ROLLBACK_STARTED


def test_a_second_one_goes_forward_again() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2))
    swarm.update("web", task=task_spec("new"))
    declared = swarm.service("web").spec
    for _ in range(2):
        swarm.update("web", rollback=True)
        swarm.run_for(10 * SECOND)
    assert swarm.service("web").spec == declared
    assert [task.spec for task in swarm.running("web")] == [declared.task] * 2


def test_going_back_takes_the_tasks_that_were_not_replaced_yet_as_they_are() -> None:
    swarm = Swarm()
    web = swarm.create("web", mode=Replicated(3), update=UpdateConfig(delay_ns=10 * SECOND))
    kept = [task.id for task in swarm.running("web") if task.slot > 1]
    swarm.update("web", task=NEW)
    swarm.update("web", rollback=True)
    assert (state(swarm), message(swarm)) == (UpdateState.ROLLBACK_STARTED, "manually requested rollback")
    swarm.run_for(5 * SECOND)
    assert images(swarm) == {1: ["app"], 2: ["app"], 3: ["app"]}
    assert [task.id for task in swarm.running("web") if task.slot > 1] == kept
    assert state(swarm) is UpdateState.ROLLBACK_COMPLETED
    swarm.update("web", rollback=True)  # and forward again
    swarm.run_for(60 * SECOND)
    service = swarm.service("web")
    assert (service.spec.task, service.previous_spec) == (NEW, web.spec)


def test_there_is_no_going_back_from_a_service_that_was_never_updated() -> None:
    swarm = Swarm()
    web = swarm.create("web")
    answer = swarm.ask(UpdateService(web.id, web.version, web.spec, rollback=True))
    text = "service web does not have a previous spec"
    assert answer == OperationError(ErrorCode.FAILED_PRECONDITION, text)
