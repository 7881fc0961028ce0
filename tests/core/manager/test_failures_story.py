"""What happens when tasks end and nodes are lost."""

import pytest
from leading_head import Swarm, node_of, task_spec
from msgspec.structs import replace

from core.manager.restart.starter import STOP_TIMEOUT_NS
from core.objects.network import NetworkSpec, Subnet
from core.objects.node import Availability, NodeState
from core.objects.service import Global, Replicated
from core.objects.task import NetworkTarget, RestartCondition, RestartPolicy, Task, TaskState
from core.operations import CreateNetwork, Kind
from core.timing import DOCKER, LAN, SECOND


def fail(swarm: Swarm, task: Task, state: TaskState = TaskState.FAILED) -> None:
    swarm.report(task, state)
    swarm.settle()


def test_a_failed_task_is_replaced_in_its_slot_after_the_restart_delay() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2))
    victim = swarm.running("web")[0]
    fail(swarm, victim)
    [replacement] = [task for task in swarm.wanted("web") if task.slot == victim.slot]
    assert replacement.desired_state is TaskState.READY
    assert replacement.status.state is TaskState.READY  # everything but the start is done meanwhile
    swarm.run_for(5 * SECOND - 1)
    assert len(swarm.running("web")) == 1
    swarm.run_for(1)
    assert len(swarm.running("web")) == 2
    assert swarm.head.tasks[victim.id].desired_state is TaskState.SHUTDOWN


@pytest.mark.parametrize(
    ("condition", "end", "restarts"),
    [
        (RestartCondition.ANY, TaskState.COMPLETE, True),
        (RestartCondition.ANY, TaskState.REJECTED, True),
        (RestartCondition.ON_FAILURE, TaskState.COMPLETE, False),
        (RestartCondition.ON_FAILURE, TaskState.FAILED, True),
        (RestartCondition.NONE, TaskState.FAILED, False),
    ],
)
@pytest.mark.parametrize("mode", [Replicated(1), Global()])
def test_the_condition_says_after_which_ends_a_task_restarts(
    condition: RestartCondition, end: TaskState, restarts: bool, mode: Replicated | Global
) -> None:
    swarm = Swarm(workers=1)
    swarm.create("job", task_spec(restart=RestartPolicy(condition)), mode)
    fail(swarm, swarm.running("job")[0], end)
    swarm.run_for(60 * SECOND)
    assert len(swarm.running("job")) == restarts
    assert len(swarm.tasks("job")) == 1 + restarts


def test_a_rested_slot_still_counts_and_a_new_leader_sees_it_so() -> None:
    swarm = Swarm()
    swarm.create("job", task_spec(restart=RestartPolicy(RestartCondition.NONE)), Replicated(2))
    fail(swarm, swarm.running("job")[0], TaskState.COMPLETE)
    swarm.lead()
    swarm.run_for(60 * SECOND)
    assert len(swarm.tasks("job")) == 2
    swarm.scale("job", 3)
    assert sorted(task.slot for task in swarm.running("job")) == [2, 3]


def test_attempts_are_counted_across_leaders_and_within_the_window() -> None:
    policy = RestartPolicy(delay_ns=SECOND, max_attempts=2, window_ns=60 * SECOND)
    swarm = Swarm(workers=1)
    swarm.create("flaky", task_spec(restart=policy))
    for _ in range(2):
        fail(swarm, swarm.running("flaky")[0])
        swarm.run_for(SECOND)
        swarm.lead()
    swarm.run_for(61 * SECOND)
    fail(swarm, swarm.running("flaky")[0])  # the earlier attempts lie before the window
    for _ in range(1):
        swarm.run_for(SECOND)
        fail(swarm, swarm.running("flaky")[0])
    swarm.run_for(SECOND)
    fail(swarm, swarm.running("flaky")[0])
    swarm.run_for(600 * SECOND)
    assert swarm.wanted("flaky") == []
    assert len(swarm.tasks("flaky")) == 3  # max_attempts + 1 are kept


def test_tasks_of_a_lost_node_run_elsewhere_at_once() -> None:
    swarm = Swarm(workers=3, timing=LAN)
    swarm.create("web", mode=Replicated(6))
    swarm.set_state("w1", NodeState.DOWN)
    swarm.settle()
    assert swarm.places("web") == {"w2": 3, "w3": 3}
    assert swarm.now == 0
    lost = [task for task in swarm.tasks("web") if task.node_id == "w1"]
    assert {(task.status.state, task.desired_state) for task in lost} == {(TaskState.RUNNING, TaskState.SHUTDOWN)}
    swarm.check()  # the lost ones keep their addresses


def test_docker_waits_for_the_restart_delay_after_the_loss_of_a_node() -> None:
    swarm = Swarm(workers=3, timing=DOCKER)
    swarm.create("web", mode=Replicated(6))
    swarm.set_state("w1", NodeState.DOWN)
    swarm.run_for(5 * SECOND - 1)
    assert len(swarm.running("web")) == 4
    swarm.run_for(1)
    assert len(swarm.running("web")) == 6


def test_the_loss_of_a_node_uses_up_no_attempt_and_asks_no_condition() -> None:
    swarm = Swarm(workers=3)
    swarm.create("web", task_spec(restart=RestartPolicy(RestartCondition.NONE)), Replicated(1))
    for _ in range(2):
        [task] = swarm.running("web")
        swarm.set_state(task.node_id, NodeState.DOWN)
        swarm.settle()
    assert len(swarm.running("web")) == 1


def test_draining_a_node_starts_replacements_once_the_old_tasks_have_stopped() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(2))
    swarm.update_node("w1", availability=Availability.DRAIN)
    swarm.settle(agents=False)
    [old] = [task for task in swarm.tasks("web") if task.node_id == "w1"]
    [new] = [task for task in swarm.wanted("web") if task.slot == old.slot]
    assert (old.desired_state, new.desired_state, new.node_id) == (TaskState.SHUTDOWN, TaskState.READY, "w2")
    swarm.report(old, TaskState.SHUTDOWN)
    swarm.settle()
    assert swarm.places("web") == {"w2": 2}


def test_a_replacement_does_not_wait_for_ever_for_a_task_that_will_not_stop() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(1))
    [old] = swarm.running("web")
    swarm.update_node(old.node_id, availability=Availability.DRAIN)
    swarm.run_for(STOP_TIMEOUT_NS - 1, agents=False)
    [new] = swarm.wanted("web")
    assert new.desired_state is TaskState.READY
    swarm.run_for(1, agents=False)
    assert swarm.head.tasks[new.id].desired_state is TaskState.RUNNING


def test_a_new_leader_whose_clock_is_ahead_waits_all_the_same_for_a_task_that_still_runs() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(1))
    [old] = swarm.running("web")
    swarm.update_node(old.node_id, availability=Availability.DRAIN)
    swarm.run_for(SECOND, agents=False)
    swarm.lead(wall_ahead_ns=3600 * SECOND)
    swarm.run_for(STOP_TIMEOUT_NS - 1, agents=False)
    assert [task.desired_state for task in swarm.wanted("web")] == [TaskState.READY]


def test_the_elapsed_part_of_a_restart_delay_survives_a_change_of_leader() -> None:
    swarm = Swarm()
    swarm.create("web")
    fail(swarm, swarm.running("web")[0])
    swarm.run_for(3 * SECOND)
    swarm.lead()
    swarm.run_for(2 * SECOND - 1)
    assert swarm.running("web") == []
    swarm.run_for(1)
    assert len(swarm.running("web")) == 1


def test_a_returning_node_is_told_to_stop_what_was_replaced() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(2))
    swarm.set_state("w1", NodeState.DOWN)
    swarm.settle()
    swarm.set_state("w1", NodeState.READY)
    swarm.settle()
    states = {task.status.state for task in swarm.tasks("web") if task.node_id == "w1"}
    assert states == {TaskState.SHUTDOWN}
    swarm.check()


def test_history_is_kept_to_the_limit_and_never_at_the_cost_of_the_running_task() -> None:
    swarm = Swarm(workers=1)
    swarm.create("web", task_spec(restart=RestartPolicy(delay_ns=0)))
    for _ in range(8):
        fail(swarm, swarm.running("web")[0])
    assert len(swarm.tasks("web")) == 5
    assert len(swarm.running("web")) == 1


def test_a_task_moves_off_a_node_that_no_longer_meets_its_constraints() -> None:
    swarm = Swarm(workers=2)
    for name in ("w1", "w2"):
        swarm.update_node(name, labels={"zone": "a"})
    swarm.create("web", task_spec(constraints=("node.labels.zone == a",)), Replicated(2))
    swarm.update_node("w1", labels={"zone": "b"})
    swarm.settle(agents=False)
    [moved] = [task for task in swarm.tasks("web") if task.node_id == "w1"]
    assert moved.desired_state is TaskState.SHUTDOWN
    assert moved.status.state is TaskState.RUNNING  # it says what is true until the agent has stopped it
    assert moved.status.err == "assigned node no longer meets constraints"
    swarm.run_for(10 * SECOND)
    assert swarm.places("web") == {"w2": 2}


def test_a_node_whose_tasks_fail_again_and_again_is_avoided() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", task_spec(restart=RestartPolicy(delay_ns=0)))
    for _ in range(30):
        [task] = swarm.running("web")
        if task.node_id == "w1":
            fail(swarm, task)
    assert swarm.places("web") == {"w2": 1}


def test_addresses_that_run_out_are_reported_and_waited_for() -> None:
    swarm = Swarm(workers=1)
    swarm.ask(CreateNetwork(NetworkSpec("tiny", subnets=(Subnet("10.9.0.0/29"),))))
    swarm.put(node_of("w2"))
    template = replace(task_spec(), networks=(NetworkTarget("tiny"),))  # type: ignore[arg-type]  # a name
    swarm.create("a", template, Replicated(2))
    swarm.create("b", template, Replicated(3))
    waiting = [task for task in swarm.wanted("b") if task.status.state is TaskState.NEW]
    assert waiting
    assert {task.status.err for task in waiting} == {"could not find an available IP on network tiny"}
    swarm.check()
    swarm.remove(Kind.SERVICE, "a")
    swarm.run_for(SECOND)
    swarm.check()
    assert len(swarm.running("b")) > 3 - len(waiting)


def test_losing_nodes_gives_no_attempts_back() -> None:
    """Lost tasks are history too, but must not push out of it the attempts that were made."""
    swarm = Swarm(workers=2)
    policy = RestartPolicy(RestartCondition.ANY, delay_ns=1 * SECOND, max_attempts=2)
    swarm.create("web", task_spec(restart=policy), Replicated(1))
    for _ in range(2):
        fail(swarm, swarm.running("web")[0])
        swarm.run_for(1 * SECOND)
    for _ in range(4):
        node_id = swarm.running("web")[0].node_id
        swarm.set_state(node_id, NodeState.DOWN)
        swarm.settle()
        swarm.set_state(node_id, NodeState.READY)
        swarm.settle()
    fail(swarm, swarm.running("web")[0])
    swarm.run_for(60 * SECOND)
    assert swarm.running("web") == []
