"""Tasks of a service that is gone."""

from leading_head import Swarm

from core.objects.service import Replicated
from core.objects.task import TaskState
from core.operations import Kind, Remove


def test_a_new_leader_removes_what_the_old_one_had_no_time_for() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(3))
    swarm.create("kept")
    assert swarm.ask(Remove(Kind.SERVICE, "web")) is None
    assert {task.desired_state for task in swarm.tasks("web")} == {TaskState.RUNNING}
    swarm.lead()
    swarm.settle(agents=False)
    assert {task.desired_state for task in swarm.tasks("web")} == {TaskState.REMOVE}
    swarm.settle()
    assert swarm.tasks("web") == []
    assert len(swarm.running("kept")) == 1
