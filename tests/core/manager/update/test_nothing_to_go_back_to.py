"""An update that would be rolled back, and nothing was declared before."""

from leading_head import Swarm, task_spec

from core.objects.node import Availability
from core.objects.service import FailureAction, Global, UpdateConfig, UpdateState
from core.objects.task import Task, TaskState
from core.timing import SECOND


def task_on(swarm: Swarm, node: str) -> Task:
    return next(task for task in swarm.running("web") if task.node_id == node)


def fail(swarm: Swarm, node: str) -> Task:
    task = task_on(swarm, node)
    swarm.report(task, TaskState.FAILED)
    swarm.run_for(60 * SECOND)
    return task


def test_it_is_paused() -> None:
    """A node was paused during a rollback: what is left to be done there is an update, and the rollback has ended."""
    swarm = Swarm(workers=3)
    config = UpdateConfig(failure_action=FailureAction.ROLLBACK, delay_ns=SECOND)
    swarm.create("web", mode=Global(), update=config)
    swarm.update("web", task=task_spec("new"))
    swarm.run_for(2 * SECOND)
    swarm.update_node("w2", availability=Availability.PAUSE)
    fail(swarm, "w3")
    service = swarm.service("web")
    assert (service.previous_spec, task_on(swarm, "w2").spec) == (None, task_spec("new"))
    assert service.update_status is not None
    assert service.update_status.state is UpdateState.ROLLBACK_COMPLETED

    swarm.update_node("w2", availability=Availability.ACTIVE)
    swarm.settle()
    assert task_on(swarm, "w2").spec == task_spec()
    failed = fail(swarm, "w2")
    status = swarm.service("web").update_status
    assert status is not None
    assert status.state is UpdateState.PAUSED
    assert status.message == f"update paused due to failure or early termination of task {failed.id}: failed"
    assert swarm.places("web") == {"w1": 1, "w2": 1, "w3": 1}
