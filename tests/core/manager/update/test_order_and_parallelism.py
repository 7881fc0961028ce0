"""Which slots an update takes first, how many at once, and which of a slot's two tasks goes before the other comes."""

import pytest
from leading_head import Swarm, node_of, task_spec
from msgspec.structs import replace
from updates_of_web import NEW, images, last, message, state, updated

from core.objects.service import Global, Replicated, UpdateConfig, UpdateOrder, UpdateState
from core.objects.task import TaskState
from core.operations import UpdateService
from core.timing import SECOND


def test_slots_are_updated_in_order_one_at_a_time_with_the_delay_between_them() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3), update=UpdateConfig(delay_ns=10 * SECOND))
    swarm.update("web", task=NEW)
    assert images(swarm) == {1: ["new"], 2: ["app"], 3: ["app"]}
    swarm.run_for(10 * SECOND - 1)
    assert images(swarm) == {1: ["new"], 2: ["app"], 3: ["app"]}
    swarm.run_for(1)
    assert images(swarm) == {1: ["new"], 2: ["new"], 3: ["app"]}
    assert (state(swarm), message(swarm)) == (UpdateState.UPDATING, "update in progress")
    swarm.run_for(10 * SECOND)
    assert images(swarm) == {1: ["new"], 2: ["new"], 3: ["new"]}
    swarm.run_for(11 * SECOND - 1)  # a delay longer than the monitor extends it
    assert state(swarm) is UpdateState.UPDATING
    swarm.run_for(1)
    assert (state(swarm), message(swarm)) == (UpdateState.COMPLETED, "update completed")


def test_global_services_are_updated_node_by_node_in_order_of_their_names() -> None:
    swarm = Swarm(workers=0)
    for name, hostname in (("n1", "charlie"), ("n2", "alpha"), ("n3", "bravo")):
        node = node_of(name)
        swarm.put(replace(node, description=replace(node.description, hostname=hostname)))
    swarm.create("web", mode=Global(), update=UpdateConfig(delay_ns=SECOND))
    swarm.update("web", task=NEW)
    order = [updated(swarm)]
    for _ in range(2):
        swarm.run_for(SECOND)
        order.append(updated(swarm))
    assert order == [["n2"], ["n2", "n3"], ["n1", "n2", "n3"]]
    swarm.check()


@pytest.mark.parametrize(("parallelism", "at_once"), [(1, 1), (2, 2), (0, 5)])
def test_parallelism_bounds_how_many_slots_are_without_a_running_task(parallelism: int, at_once: int) -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(5), update=UpdateConfig(parallelism=parallelism))
    most, step = 0, swarm.agents_step

    def counted() -> bool:
        nonlocal most
        running = {task.slot for task in swarm.running("web")}
        most = max(most, 5 - len(running))
        return step()

    swarm.agents_step = counted  # type: ignore[method-assign]
    swarm.update("web", task=NEW)
    assert most == at_once
    assert set(map(tuple, images(swarm).values())) == {("new",)}


def test_the_old_task_has_stopped_before_the_new_one_runs_unless_the_new_one_is_to_start_first() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(1))
    old = swarm.running("web")[0]
    service = swarm.service("web")
    swarm.ask(UpdateService(service.id, service.version, replace(service.spec, task=NEW)))
    swarm.settle(agents=False)
    assert swarm.head.tasks[old.id].desired_state is TaskState.SHUTDOWN
    assert last(swarm, 1).desired_state is TaskState.READY
    swarm.settle()
    swarm.run_for(5 * SECOND)

    order = UpdateConfig(order=UpdateOrder.START_FIRST)
    first = replace(swarm.service("web").spec, task=task_spec("newer"), update=order)
    swarm.ask(UpdateService(service.id, swarm.service("web").version, first))
    swarm.settle(agents=False)
    before, after = swarm.wanted("web")
    assert (before.desired_state, after.desired_state) == (TaskState.RUNNING, TaskState.RUNNING)
    swarm.settle()
    assert swarm.head.tasks[before.id].desired_state is TaskState.SHUTDOWN
    assert images(swarm) == {1: ["newer"]}
    swarm.check()


def test_an_update_that_scales_down_as_well_updates_what_is_left() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(6))
    swarm.update("web", task=NEW, mode=Replicated(2))
    swarm.run_for(10 * SECOND)
    assert sorted(map(tuple, images(swarm).values())) == [("new",), ("new",)]
    assert state(swarm) is UpdateState.COMPLETED
    swarm.check()


def test_where_an_earlier_update_failed_to_start_first_the_next_one_takes_its_turn() -> None:
    """What the restart policy would put in its place beside the old task would be out of turn."""
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3), update=UpdateConfig(order=UpdateOrder.START_FIRST, parallelism=0))
    swarm.is_stuck = lambda task: task.spec != task_spec("app")
    swarm.update("web", task=NEW)
    assert images(swarm) == {slot: ["app", "new"] for slot in (1, 2, 3)}
    swarm.report(last(swarm, 2), TaskState.FAILED)
    swarm.update("web", task=task_spec("newer"), update=UpdateConfig())
    assert images(swarm) == {1: ["newer"], 2: ["app"], 3: ["app", "new"]}
    swarm.is_stuck = lambda task: False
    swarm.run_for(60 * SECOND)
    assert images(swarm) == {slot: ["newer"] for slot in (1, 2, 3)}
    assert state(swarm) is UpdateState.COMPLETED
