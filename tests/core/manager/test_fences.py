"""Fences, the leader's side: nothing takes the place of a fenced task before its agent must have stopped it."""

import pytest
from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core.manager.update.watch import START_TIMEOUT_NS
from core.objects.fence import FENCE_LABEL, fence_wait_ns, fenced_after_ns
from core.objects.node import NodeState
from core.objects.service import Global, Replicated, ServiceSpec, UpdateConfig, UpdateOrder, UpdateState
from core.objects.task import Task, TaskState
from core.operations import CreateService, Kind, OperationError, Remove, UpdateService
from core.timing import SECOND

LABELS = {FENCE_LABEL: "10s"}
STOP_GRACE_NS = 10 * SECOND


@pytest.fixture
def swarm() -> Swarm:
    swarm = Swarm(workers=3)
    swarm.create("db", mode=Replicated(1), labels=LABELS)
    return swarm


def task(swarm: Swarm) -> Task:
    [running] = swarm.running("db")
    return running


def wait_ns(swarm: Swarm) -> int:
    return fence_wait_ns(task(swarm))


def test_a_task_bears_the_fence_of_its_service(swarm: Swarm) -> None:
    assert task(swarm).fence_ns == 10 * SECOND
    assert fenced_after_ns(task(swarm)) == 10 * SECOND + STOP_GRACE_NS + 2 * SECOND


def test_the_replacement_of_a_lost_task_waits_until_the_fence_is_over(swarm: Swarm) -> None:
    old, wait = task(swarm), wait_ns(swarm)
    swarm.set_state(old.node_id, NodeState.DOWN)
    swarm.run_for(wait - 1)
    [new] = swarm.wanted("db")
    assert (new.desired_state, new.status.state) == (TaskState.READY, TaskState.READY)
    assert swarm.head.tasks[old.id].status.state is TaskState.RUNNING
    swarm.run_for(1)
    assert task(swarm).id == new.id
    given_up = swarm.head.tasks[old.id].status
    assert (given_up.state, given_up.message) == (TaskState.ORPHANED, "fenced")
    swarm.check()


def test_without_a_fence_it_waits_for_nobody() -> None:
    swarm = Swarm()
    swarm.create("db")
    old = task(swarm)
    swarm.set_state(old.node_id, NodeState.DOWN)
    swarm.settle()
    assert task(swarm).id != old.id


def test_a_node_that_is_back_in_time_is_waited_for_itself(swarm: Swarm) -> None:
    old, wait = task(swarm), wait_ns(swarm)
    swarm.set_state(old.node_id, NodeState.DOWN)
    swarm.run_for(wait - 1)
    swarm.set_state(old.node_id, NodeState.READY)
    swarm.run_for(wait, agents=False)
    assert swarm.head.tasks[old.id].status.state is TaskState.RUNNING
    assert not swarm.running("db")[1:]
    swarm.settle()
    assert task(swarm).id != old.id


def test_the_wait_begins_anew_when_the_node_is_lost_again(swarm: Swarm) -> None:
    old, wait = task(swarm), wait_ns(swarm)
    swarm.set_state(old.node_id, NodeState.DOWN)
    swarm.run_for(wait - 1)
    swarm.set_state(old.node_id, NodeState.READY)
    swarm.set_state(old.node_id, NodeState.DOWN)
    swarm.run_for(wait - 1)
    assert swarm.head.tasks[old.id].status.state is TaskState.RUNNING


def test_a_new_leader_waits_anew_whatever_its_clock_says(swarm: Swarm) -> None:
    old, wait = task(swarm), wait_ns(swarm)
    swarm.set_state(old.node_id, NodeState.DOWN)
    swarm.run_for(wait - 1)
    swarm.lead(wall_ahead_ns=3600 * SECOND)
    swarm.run_for(wait - 1)
    assert swarm.head.tasks[old.id].status.state is TaskState.RUNNING
    swarm.run_for(1)
    assert task(swarm).id != old.id


@pytest.mark.parametrize("new_leader", [False, True])
def test_the_removal_of_its_node_does_not_end_the_wait(swarm: Swarm, new_leader: bool) -> None:
    old, wait = task(swarm), wait_ns(swarm)
    swarm.set_state(old.node_id, NodeState.DOWN)
    swarm.settle()
    swarm.ask(Remove(Kind.NODE, old.node_id, force=True))
    if new_leader:
        swarm.lead()
    swarm.run_for(wait - 1)
    assert swarm.head.tasks[old.id].status.state is TaskState.RUNNING
    swarm.run_for(1)
    assert old.id not in swarm.head.tasks, "an orphan without a node: nobody will ever hear of it"
    assert task(swarm).id != old.id
    swarm.check()


def test_a_fenced_task_that_does_not_stop_is_waited_for_without_end(swarm: Swarm) -> None:
    old = task(swarm)
    service = swarm.service("db")
    spec = replace(service.spec, task=replace(service.spec.task, force_update=1))
    swarm.ask(UpdateService(service.id, service.version, spec))
    swarm.run_for(600 * SECOND, agents=False)
    assert [each.id for each in swarm.running("db")] == []
    assert all(each.desired_state is TaskState.READY for each in swarm.wanted("db"))
    swarm.run_for(SECOND)
    assert task(swarm).id != old.id


def test_a_task_that_was_fenced_off_is_replaced_whatever_the_policy_says(swarm: Swarm) -> None:
    old = task(swarm)
    swarm.report(old, TaskState.SHUTDOWN)
    swarm.settle()
    assert task(swarm).id != old.id


def test_a_global_service_may_have_a_fence(swarm: Swarm) -> None:
    swarm.create("agent", mode=Global(), labels=LABELS)
    old = next(each for each in swarm.running("agent") if each.node_id == "w1")
    swarm.set_state("w1", NodeState.DOWN)
    swarm.run_for(fence_wait_ns(old))
    assert swarm.head.tasks[old.id].status.state is TaskState.ORPHANED
    swarm.set_state("w1", NodeState.READY)
    swarm.run_for(SECOND)
    assert len(swarm.running("agent")) == 3


def test_addresses_of_a_fenced_orphan_stay_quarantined(swarm: Swarm) -> None:
    """Its daemon may be dead and its container alive, which no fence ends."""
    old, wait = task(swarm), wait_ns(swarm)
    swarm.set_state(old.node_id, NodeState.DOWN)
    swarm.run_for(wait)
    assert old.id in swarm.head.tasks
    swarm.check()


@pytest.mark.parametrize(
    ("text", "update", "problem"),
    [
        ("true", UpdateConfig(), "'true' is not a fence; write a duration like 5s, 500ms or 1m30s"),
        ("2s", UpdateConfig(), "'2s' is too short for a fence; the least is 3s"),
        (
            "10s",
            UpdateConfig(order=UpdateOrder.START_FIRST),
            "a fenced slot never runs twice, but an update or rollback is to start first",
        ),
    ],
)
def test_what_cannot_be_is_refused(swarm: Swarm, text: str, update: UpdateConfig, problem: str) -> None:
    spec = ServiceSpec("web", swarm.service("db").spec.task, labels={FENCE_LABEL: text}, rollback=update)
    answer = swarm.ask(CreateService(spec))
    assert isinstance(answer, OperationError)
    assert answer.message == f"service web: label {FENCE_LABEL}: {problem}"


@pytest.mark.parametrize("changes_leader", [False, True])
def test_an_update_counts_its_wait_from_when_the_fenced_task_has_stopped(swarm: Swarm, changes_leader: bool) -> None:
    """The old task takes seven minutes to stop; then the new one, which is slow to start, has its five minutes."""
    old = task(swarm)
    swarm.is_stuck = lambda task: task.id == old.id
    service = swarm.service("db")
    spec = replace(service.spec, task=task_spec("new"))
    assert swarm.ask(UpdateService(service.id, service.version, spec)) is None
    swarm.run_for(420 * SECOND)
    assert update_state(swarm) is UpdateState.UPDATING
    if changes_leader:
        swarm.lead()
        swarm.settle()
    swarm.report(old, TaskState.SHUTDOWN)
    swarm.run_for(START_TIMEOUT_NS - 1, agents=False)
    assert update_state(swarm) is UpdateState.UPDATING
    swarm.run_for(1, agents=False)
    assert update_state(swarm) is UpdateState.PAUSED


def update_state(swarm: Swarm) -> UpdateState | None:
    status = swarm.service("db").update_status
    return None if status is None else status.state


def test_a_task_stopped_behind_its_fence_is_no_failure_of_an_update(swarm: Swarm) -> None:
    old = task(swarm)
    swarm.update("db", task=replace(old.spec, force_update=1))
    swarm.run_for(SECOND)
    new = task(swarm)
    assert new.by_update
    swarm.report(new, TaskState.SHUTDOWN)
    swarm.run_for(60 * SECOND)
    status = swarm.service("db").update_status
    assert status is not None
    assert (status.state, status.failure_count) == (UpdateState.COMPLETED, 0)
    assert task(swarm).id != new.id
