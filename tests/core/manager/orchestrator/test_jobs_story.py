"""Jobs as an operator sees them: tasks that run to completion."""

import pytest
from leading_head import Swarm, node_of, task_spec
from msgspec.structs import replace

from core.objects.node import Availability, NodeState
from core.objects.service import GlobalJob, JobStatus, ReplicatedJob, ServiceMode, ServiceSpec, UpdateConfig
from core.objects.task import RestartCondition, RestartPolicy, Task, TaskState
from core.operations import CreateService, ErrorCode, OperationError, UpdateService
from core.timing import SECOND

COMPLETE, FAILED = TaskState.COMPLETE, TaskState.FAILED


def end(swarm: Swarm, task: Task, state: TaskState = COMPLETE) -> None:
    swarm.report(task, state)
    swarm.settle()


def running(swarm: Swarm) -> list[Task]:
    return [
        task for task in swarm.tasks("job") if task.desired_state is COMPLETE and task.status.state is TaskState.RUNNING
    ]


def completed(swarm: Swarm) -> list[int]:
    return sorted(task.slot for task in swarm.tasks("job") if task.status.state is COMPLETE)


def test_so_many_tasks_run_at_once_until_so_many_have_completed() -> None:
    swarm = Swarm()
    swarm.create("job", mode=ReplicatedJob(max_concurrent=2, total_completions=5))
    most = 0
    while alive := running(swarm):
        most = max(most, len(alive))
        end(swarm, alive[0])
    assert most == 2
    assert completed(swarm) == [1, 2, 3, 4, 5]
    swarm.run_for(3600 * SECOND)
    assert len(swarm.tasks("job")) == 5
    swarm.check()


def test_a_task_that_fails_is_restarted_in_its_slot_also_where_the_condition_is_any() -> None:
    swarm = Swarm()
    swarm.create("job", task_spec(restart=RestartPolicy(RestartCondition.ANY)), ReplicatedJob(1, 2))
    end(swarm, running(swarm)[0], FAILED)
    assert not running(swarm)
    swarm.run_for(5 * SECOND)
    assert [task.slot for task in running(swarm)] == [1]
    end(swarm, running(swarm)[0])
    assert [task.slot for task in running(swarm)] == [2]


@pytest.mark.parametrize("policy", [RestartPolicy(RestartCondition.NONE), RestartPolicy(delay_ns=0, max_attempts=1)])
def test_a_slot_that_is_not_restarted_any_more_is_settled_and_the_others_go_on(policy: RestartPolicy) -> None:
    swarm = Swarm()
    swarm.create("job", task_spec(restart=policy), ReplicatedJob(1, 2))
    for _ in range(1 + policy.max_attempts):
        assert [task.slot for task in running(swarm)] == [1]
        end(swarm, running(swarm)[0], FAILED)
    assert [task.slot for task in running(swarm)] == [2]
    end(swarm, running(swarm)[0])
    swarm.run_for(60 * SECOND)
    assert (completed(swarm), running(swarm)) == ([2], [])


@pytest.mark.parametrize("loss", ["down", "drain"])
def test_a_task_lost_with_its_node_runs_again_elsewhere(loss: str) -> None:
    swarm = Swarm()
    swarm.create("job", mode=ReplicatedJob(1, 1))
    [task] = running(swarm)
    if loss == "down":
        swarm.set_state(task.node_id, NodeState.DOWN)
    else:
        swarm.update_node(task.node_id, availability=Availability.DRAIN)
    swarm.run_for(60 * SECOND)
    [again] = [other for other in running(swarm) if other.id != task.id]
    assert again.node_id != task.node_id
    end(swarm, again)
    swarm.run_for(60 * SECOND)
    assert completed(swarm) == [1]


@pytest.mark.parametrize("mode", [ReplicatedJob(2, 2), GlobalJob()])
def test_every_update_runs_the_job_anew_and_removes_what_was_before(mode: ServiceMode) -> None:
    swarm = Swarm(workers=2)
    job = swarm.create("job", mode=mode)
    assert job.job == JobStatus(0, job.created_at)
    first = running(swarm)
    end(swarm, first[0])
    swarm.update("job", labels={"a": "b"})
    assert len(running(swarm)) == 2
    assert not {task.id for task in first} & {task.id for task in running(swarm)}
    assert all(task.job_iteration == 1 for task in swarm.tasks("job"))
    for task in running(swarm):
        end(swarm, task)
    swarm.run_for(60 * SECOND)
    assert [task.status.state for task in swarm.tasks("job")] == [COMPLETE, COMPLETE]
    swarm.check()


def test_a_global_job_completes_once_on_every_eligible_node_and_on_those_that_come_later() -> None:
    swarm = Swarm(workers=3)
    swarm.update_node("w3", availability=Availability.DRAIN)
    swarm.create("job", mode=GlobalJob())
    assert sorted(task.node_id for task in running(swarm)) == ["w1", "w2"]
    for task in running(swarm):
        end(swarm, task)
    swarm.run_for(60 * SECOND)
    assert not running(swarm)
    swarm.put(node_of("w4"))
    swarm.settle()
    assert [task.node_id for task in running(swarm)] == ["w4"]


@pytest.mark.parametrize("mode", [ReplicatedJob(2, 4), GlobalJob()])
def test_a_new_leader_goes_on_with_what_is_left(mode: ServiceMode) -> None:
    swarm = Swarm(workers=2)
    swarm.create("job", mode=mode)
    end(swarm, running(swarm)[0])
    before = [task.id for task in swarm.tasks("job")]
    swarm.lead()
    swarm.run_for(60 * SECOND)
    assert [task.id for task in swarm.tasks("job")] == before


def test_a_thousand_completions_with_tasks_that_crash_now_and_then() -> None:
    swarm = Swarm(workers=3)
    swarm.create("job", task_spec(restart=RestartPolicy(delay_ns=SECOND)), ReplicatedJob(50, 1000))
    ended = 0
    while alive := running(swarm):
        for task in alive:
            ended += 1
            swarm.report(task, FAILED if ended % 7 == 0 else COMPLETE)
        swarm.run_for(SECOND)
    assert completed(swarm) == list(range(1, 1001))
    swarm.check()


@pytest.mark.parametrize(
    ("mode", "update", "told"),
    [
        (ReplicatedJob(-1, 1), UpdateConfig(), "Maximum concurrent jobs must not be negative"),
        (ReplicatedJob(1, -1), UpdateConfig(), "Total completed jobs must not be negative"),
        (
            GlobalJob(),
            UpdateConfig(parallelism=2),
            "service job: job-mode services cannot have an update or rollback config",
        ),
    ],
)
def test_what_a_job_cannot_be(mode: ServiceMode, update: UpdateConfig, told: str) -> None:
    answer = Swarm().ask(CreateService(ServiceSpec("job", task_spec(), mode=mode, update=update)))
    assert answer == OperationError(ErrorCode.INVALID, told)


def test_a_job_keeps_its_restart_delay_over_executions_apart() -> None:
    """A failure of the execution before is no reason to wait."""
    swarm = Swarm()
    swarm.create("job", mode=ReplicatedJob(1, 1))
    end(swarm, running(swarm)[0], FAILED)
    swarm.update("job", task=replace(task_spec(), force_update=1))
    assert len(running(swarm)) == 1


def test_what_is_left_of_an_earlier_execution_is_not_moved_to_where_the_present_one_may_be() -> None:
    swarm = Swarm(workers=2)
    swarm.create("job", mode=ReplicatedJob(2, 2))
    moved = task_spec(constraints=("node.labels.zone == a",))
    service = swarm.service("job")
    swarm.ask(UpdateService(service.id, service.version, replace(service.spec, task=moved, mode=ReplicatedJob(1, 1))))
    swarm.settle(agents=False)
    assert [task.slot for task in swarm.tasks("job") if task.job_iteration == 1] == [1]
