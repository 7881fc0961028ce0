"""A rollback that an operator asks for: back to what was declared before, whatever is said beside it."""

from leading_head import Swarm, task_spec

from core.objects.service import Replicated, ServiceSpec, UpdateState
from core.operations import UpdateService
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
