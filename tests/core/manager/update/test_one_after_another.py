"""An update after another one, whether that has ended or not."""

import pytest
from leading_head import Swarm, task_spec
from msgspec.structs import replace
from updates_of_web import NEW, fail, images, last, message, state, status

from core.manager.update.watch import START_TIMEOUT_NS
from core.objects.service import Replicated, UpdateConfig, UpdateOrder, UpdateState
from core.operations import ErrorCode, OperationError, UpdateService
from core.timing import SECOND


def test_a_new_update_replaces_the_running_one() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3), update=UpdateConfig(delay_ns=10 * SECOND))
    swarm.update("web", task=NEW)
    started = status(swarm)
    swarm.run_for(SECOND)
    swarm.update("web", task=task_spec("newer"), update=UpdateConfig(delay_ns=SECOND))
    assert images(swarm) == {1: ["newer"], 2: ["app"], 3: ["app"]}
    swarm.run_for(20 * SECOND)
    assert images(swarm) == {1: ["newer"], 2: ["newer"], 3: ["newer"]}
    ended = status(swarm)
    assert (ended.state, ended.started_at > started.started_at) == (UpdateState.COMPLETED, True)


@pytest.mark.parametrize("order", UpdateOrder)
@pytest.mark.parametrize("changes_leader", [False, True])
def test_what_a_paused_update_could_not_start_is_waited_for_by_the_next_one(
    order: UpdateOrder, changes_leader: bool
) -> None:
    """Nothing is out of date, and yet there is something to see through."""
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2), update=UpdateConfig(order=order, parallelism=2))
    swarm.is_stuck = lambda task: task.slot == 2 and task.spec == NEW
    swarm.update("web", task=NEW)
    fail(swarm, last(swarm, 1))
    assert state(swarm) is UpdateState.PAUSED
    swarm.run_for(20 * SECOND)
    swarm.update("web", labels={"a": "b"})
    if changes_leader:
        swarm.lead()
    swarm.run_for(START_TIMEOUT_NS - 1)
    assert (state(swarm), status(swarm).slot_count) == (UpdateState.UPDATING, 1)
    swarm.run_for(1)
    assert state(swarm) is UpdateState.PAUSED
    assert "did not run within 300 s" in message(swarm)


@pytest.mark.parametrize("order", UpdateOrder)
def test_so_is_what_suits_another_placement_that_is_declared_meanwhile(order: UpdateOrder) -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2), update=UpdateConfig(order=order, parallelism=2))
    swarm.is_stuck = lambda task: task.spec.container.image == "new"
    swarm.update("web", task=NEW)
    swarm.run_for(20 * SECOND)
    swarm.update("web", task=task_spec("new", constraints=("node.hostname != w9",)))
    swarm.run_for(START_TIMEOUT_NS)
    assert state(swarm) is UpdateState.PAUSED


def test_only_another_spec_stands_in_the_way_of_an_update() -> None:
    swarm = Swarm()
    web = swarm.create("web", mode=Replicated(2))
    swarm.update("web", task=NEW)
    read = swarm.service("web")
    swarm.run_for(5 * SECOND)
    assert swarm.service("web").version > read.version  # completed since
    assert swarm.ask(UpdateService(web.id, read.version, replace(read.spec, labels={"a": "b"}))) is None
    for version in (read.version, swarm.index + 1):
        answer = swarm.ask(UpdateService(web.id, version, read.spec))
        assert answer == OperationError(ErrorCode.OUT_OF_SEQUENCE, "update out of sequence")
