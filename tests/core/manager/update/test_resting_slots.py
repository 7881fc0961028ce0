"""Slots whose last task has ended for good are updated like others."""

import pytest
from leading_head import Swarm, task_spec
from msgspec.structs import replace
from updates_of_web import state

from core.objects.service import Global, Replicated, ServiceMode, UpdateConfig, UpdateState
from core.objects.task import RestartCondition, RestartPolicy, Task, TaskState
from core.timing import SECOND

ONCE = task_spec(restart=RestartPolicy(RestartCondition.NONE))
MODES = pytest.mark.parametrize("mode", [Replicated(2), Global()])


def completed(mode: ServiceMode, **more: object) -> Swarm:
    """A swarm in which both tasks of the service `web` have done their work."""
    swarm = Swarm(workers=2)
    swarm.create("web", ONCE, mode, **more)
    for task in swarm.running("web"):
        swarm.report(task, TaskState.COMPLETE)
    swarm.run_for(60 * SECOND)
    assert swarm.wanted("web") == []
    return swarm


def anew(swarm: Swarm, count: int) -> list[Task]:
    return [task for task in swarm.running("web") if task.spec.force_update == count]


@MODES
def test_another_template_has_them_run_once_more_and_no_more(mode: ServiceMode) -> None:
    swarm = completed(mode)
    swarm.update("web", task=replace(ONCE, force_update=1))
    swarm.run_for(30 * SECOND)
    assert len(anew(swarm, 1)) == 2
    assert state(swarm) is UpdateState.COMPLETED
    for task in anew(swarm, 1):
        swarm.report(task, TaskState.COMPLETE)
    swarm.lead()
    swarm.run_for(60 * SECOND)
    assert swarm.wanted("web") == []


@MODES
def test_they_take_their_turn(mode: ServiceMode) -> None:
    swarm = completed(mode, update=UpdateConfig(delay_ns=10 * SECOND))
    swarm.update("web", task=replace(ONCE, force_update=1))
    assert len(anew(swarm, 1)) == 1
    swarm.run_for(10 * SECOND)
    assert len(anew(swarm, 1)) == 2


@MODES
def test_what_is_no_part_of_the_tasks_leaves_them_at_rest(mode: ServiceMode) -> None:
    swarm = completed(mode)
    swarm.update("web", labels={"a": "b"})
    swarm.run_for(60 * SECOND)
    assert swarm.wanted("web") == []
    assert state(swarm) is None


def test_where_the_node_does_not_suit_it_any_more_nothing_of_a_global_service_is_begun() -> None:
    swarm = completed(Global())
    before = len(swarm.tasks("web"))
    constrained = replace(ONCE.placement, constraints=("node.hostname == w1",))
    swarm.update("web", task=replace(ONCE, force_update=1, placement=constrained))
    swarm.run_for(60 * SECOND)
    assert swarm.places("web") == {"w1": 1}
    assert len(swarm.tasks("web")) == before + 1
    assert state(swarm) is UpdateState.COMPLETED
