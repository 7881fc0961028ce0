"""Rolling updates and rollbacks as an operator sees them."""

from typing import Any

import pytest
from leading_head import Swarm, node_of, task_spec
from msgspec.structs import replace

from core.manager.update.turn import START_TIMEOUT_NS
from core.objects.node import Availability, NodeState
from core.objects.port import PortConfig, PublishMode
from core.objects.resources import Resources
from core.objects.service import (
    EndpointSpec,
    FailureAction,
    Global,
    Replicated,
    ServiceMode,
    UpdateConfig,
    UpdateOrder,
    UpdateState,
)
from core.objects.task import HealthCheck, RestartCondition, RestartPolicy, Task, TaskState
from core.operations import ErrorCode, OperationError, UpdateService
from core.timing import SECOND

ROLL_BACK = UpdateConfig(failure_action=FailureAction.ROLLBACK)
NEW = task_spec("new")


def state(swarm: Swarm) -> UpdateState | None:
    status = swarm.service("web").update_status
    return None if status is None else status.state


def message(swarm: Swarm) -> str:
    status = swarm.service("web").update_status
    assert status is not None
    return status.message


def images(swarm: Swarm) -> dict[int, list[str]]:
    """Slot -> the images of what is to run there."""
    found: dict[int, list[str]] = {}
    for task in swarm.wanted("web"):
        found.setdefault(task.slot, []).append(task.spec.container.image)
    return dict(sorted(found.items()))


def fail(swarm: Swarm, task: Task, end: TaskState = TaskState.FAILED) -> None:
    swarm.report(task, end)
    swarm.settle()


def last(swarm: Swarm, slot: int) -> Task:
    return [task for task in swarm.tasks("web") if task.slot == slot][-1]


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


@pytest.mark.parametrize(
    "change",
    [
        {"labels": {"a": "b"}},
        {"mode": Replicated(3)},
        {"update": UpdateConfig(parallelism=2)},
        {"task": task_spec(constraints=("node.role == worker",))},
        {"task": task_spec(max_replicas=2)},
    ],
)
def test_what_is_no_part_of_the_tasks_restarts_nothing(change: dict[str, Any]) -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2))
    before = [task.id for task in swarm.running("web")]
    swarm.update("web", **change)
    assert [task.id for task in swarm.running("web")][:2] == before
    assert state(swarm) is None


@pytest.mark.parametrize(
    "change",
    [
        {"task": NEW},
        {"task": replace(task_spec(), force_update=1)},
        {"task": task_spec(reservations=Resources(nano_cpus=1_000_000_000))},
        {"endpoint": EndpointSpec(ports=(PortConfig(80, 8080),))},
    ],
)
def test_whatever_is_part_of_the_tasks_replaces_them(change: dict[str, Any]) -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2))
    before = [task.id for task in swarm.running("web")]
    swarm.update("web", **change)
    swarm.run_for(5 * SECOND)
    assert not set(before) & {task.id for task in swarm.running("web")}
    assert len(swarm.running("web")) == 2
    assert state(swarm) is UpdateState.COMPLETED
    swarm.check()


def test_another_placement_moves_only_the_tasks_whose_nodes_do_not_suit_it() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3))
    stayed = [task.id for task in swarm.running("web") if task.node_id != "w1"]
    swarm.update("web", task=task_spec(constraints=("node.hostname != w1",)))
    swarm.run_for(5 * SECOND)
    assert [task.id for task in swarm.running("web") if task.id in stayed] == stayed
    assert len(swarm.running("web")) == 3
    assert "w1" not in swarm.places("web")


def test_force_evens_the_tasks_out_over_nodes_that_came_later() -> None:
    swarm = Swarm(workers=3)
    swarm.create("web", mode=Replicated(11))
    for name in ("w4", "w5"):
        swarm.put(node_of(name))
    swarm.update("web", task=replace(task_spec(), force_update=1))
    swarm.run_for(5 * SECOND)
    counts = swarm.places("web").values()
    assert len(counts) == 5
    assert max(counts) - min(counts) <= 1


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
    status = swarm.service("web").update_status
    assert status is not None
    assert status.failure_count == 0


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
    status = swarm.service("web").update_status
    assert status is not None
    assert (status.slot_count, status.failure_count) == (4, 3)


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
    status = swarm.service("web").update_status
    assert status is not None
    assert status.failure_count == 3


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


def test_a_task_that_cannot_start_is_given_up_in_bounded_time_and_it_is_said_why() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2))
    swarm.update("web", task=task_spec("new", constraints=("node.hostname == w9",)))
    assert state(swarm) is UpdateState.UPDATING
    swarm.run_for(START_TIMEOUT_NS - 1)
    assert state(swarm) is UpdateState.UPDATING
    swarm.run_for(1)
    assert state(swarm) is UpdateState.PAUSED
    told = "it did not run within 300 s: no suitable node (scheduling constraints not satisfied on 3 nodes)"
    assert message(swarm).endswith(told)
    assert images(swarm)[2] == ["app"]


def test_the_start_period_of_a_health_check_is_waited_for() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(1))
    spec = task_spec("new", constraints=("node.hostname == w9",))
    slow = replace(spec, container=replace(spec.container, health=HealthCheck(("CMD", "true"), start_period_ns=SECOND)))
    swarm.update("web", task=slow)
    swarm.run_for(START_TIMEOUT_NS)
    assert state(swarm) is UpdateState.UPDATING
    swarm.run_for(SECOND)
    assert state(swarm) is UpdateState.PAUSED


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
    moves = swarm._moves_to
    swarm._moves_to = lambda task: None if task.slot == 2 and task.spec == NEW else moves(task)  # type: ignore[method-assign]
    swarm.update("web", task=NEW)
    swarm.run_for(ran_for * SECOND)
    swarm.lead()
    swarm.report(last(swarm, 1), TaskState.FAILED)  # told to a leader that has not looked at anything yet
    swarm.settle()
    assert state(swarm) is expected


def test_a_new_update_replaces_the_running_one() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3), update=UpdateConfig(delay_ns=10 * SECOND))
    swarm.update("web", task=NEW)
    started = swarm.service("web").update_status
    swarm.run_for(SECOND)
    swarm.update("web", task=task_spec("newer"), update=UpdateConfig(delay_ns=SECOND))
    assert images(swarm) == {1: ["newer"], 2: ["app"], 3: ["app"]}
    swarm.run_for(20 * SECOND)
    assert images(swarm) == {1: ["newer"], 2: ["newer"], 3: ["newer"]}
    ended = swarm.service("web").update_status
    assert started is not None
    assert ended is not None
    assert (ended.state, ended.started_at > started.started_at) == (UpdateState.COMPLETED, True)


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


def updated(swarm: Swarm) -> list[str]:
    return sorted(task.node_id for task in swarm.running("web") if task.spec == NEW)


def test_on_a_paused_node_a_global_service_stays_as_it_is_until_the_node_is_active_again() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Global())
    swarm.update_node("w2", availability=Availability.PAUSE)
    swarm.update("web", task=NEW)
    swarm.run_for(10 * SECOND)
    assert updated(swarm) == ["w1", "w3"]
    assert state(swarm) is UpdateState.COMPLETED
    swarm.update_node("w2", availability=Availability.ACTIVE)
    swarm.run_for(10 * SECOND)
    assert updated(swarm) == ["w1", "w2", "w3"]
    assert state(swarm) is UpdateState.COMPLETED


@pytest.mark.parametrize("mode", [Replicated(3), Global()])
def test_a_node_lost_in_mid_update_is_no_failure_and_holds_nothing_up(mode: ServiceMode) -> None:
    swarm = Swarm()
    swarm.create("web", mode=mode, update=UpdateConfig(delay_ns=2 * SECOND))
    swarm.update("web", task=NEW)
    swarm.set_state("w2", NodeState.DOWN)
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.COMPLETED
    assert {task.spec.container.image for task in swarm.running("web")} == {"new"}
    swarm.check()


def test_an_update_that_scales_down_as_well_updates_what_is_left() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(6))
    swarm.update("web", task=NEW, mode=Replicated(2))
    swarm.run_for(10 * SECOND)
    assert sorted(map(tuple, images(swarm).values())) == [("new",), ("new",)]
    assert state(swarm) is UpdateState.COMPLETED
    swarm.check()


def test_a_task_that_is_to_start_first_and_cannot_is_given_up_as_well() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(1), update=UpdateConfig(order=UpdateOrder.START_FIRST))
    swarm.update("web", task=task_spec("new", constraints=("node.hostname == w9",)))
    swarm.run_for(START_TIMEOUT_NS)
    assert state(swarm) is UpdateState.PAUSED
    assert len(swarm.running("web")) == 1


def test_where_a_failure_is_borne_the_old_task_goes_as_soon_as_the_new_one_runs_however_late() -> None:
    swarm = Swarm()
    config = UpdateConfig(order=UpdateOrder.START_FIRST, max_failure_ratio=1.0)
    swarm.create("web", mode=Replicated(1), update=config)
    swarm.update("web", task=task_spec("new", constraints=("node.hostname == w9",)))
    swarm.run_for(START_TIMEOUT_NS)
    assert state(swarm) is UpdateState.COMPLETED
    assert images(swarm) == {1: ["app", "new"]}
    swarm.lead()
    node = node_of("w9")
    swarm.put(node)
    swarm.settle()
    assert images(swarm) == {1: ["new"]}
    swarm.check()


def test_what_an_earlier_update_left_unstarted_is_begun_anew_by_the_next_one() -> None:
    """The old task holds the port that the new one needs: to start first cannot work, and each update says so."""
    swarm = Swarm(workers=1)
    endpoint = EndpointSpec(ports=(PortConfig(80, 8080, publish_mode=PublishMode.HOST),))
    config = UpdateConfig(order=UpdateOrder.START_FIRST, failure_action=FailureAction.CONTINUE)
    swarm.create("web", mode=Global(), endpoint=endpoint, update=config)
    swarm.update("web", task=NEW)
    swarm.run_for(START_TIMEOUT_NS + 10 * SECOND)
    assert images(swarm) == {0: ["app", "new"]}
    left_over = swarm.wanted("web")[-1]
    swarm.update("web", labels={"team": "blue"}, update=replace(config, failure_action=FailureAction.PAUSE))
    assert state(swarm) is UpdateState.UPDATING
    assert images(swarm) == {0: ["app", "new"]}
    assert swarm.head.tasks[left_over.id].desired_state is TaskState.SHUTDOWN
    swarm.run_for(START_TIMEOUT_NS)
    assert state(swarm) is UpdateState.PAUSED
    assert "host-mode port already in use" in message(swarm)


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
