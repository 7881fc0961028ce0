"""Ever slower restarts, for services that ask for them by a label."""

import pytest
from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core.objects.cluster import ClusterSpec
from core.objects.node import NodeState
from core.objects.restart_backoff import RESTART_BACKOFF_LABEL, backed_off_ns
from core.objects.service import Global, Replicated, ServiceMode, ServiceSpec
from core.objects.task import RestartCondition, RestartPolicy, TaskState
from core.operations import CreateService, OperationError
from core.timing import DOCKER, LAN, SECOND, Timing

LABELS = {RESTART_BACKOFF_LABEL: "1m"}
ROW = (5, 10, 20, 40, 60, 60, 60)
"""Delays from 5 s on, in seconds."""


def swarm_of(
    mode: ServiceMode | None = None, timing: Timing = LAN, policy: RestartPolicy = RestartPolicy(), workers: int = 2
) -> Swarm:
    swarm = Swarm(workers=workers, timing=timing)
    swarm.create("web", task_spec(restart=policy), mode or Replicated(1), labels=LABELS)
    return swarm


def fail(swarm: Swarm) -> None:
    [task] = swarm.running("web")
    swarm.report(task, TaskState.FAILED)
    swarm.settle()


def seconds_until_it_runs(swarm: Swarm) -> int:
    """How long the replacement waits, to the second."""
    assert not swarm.running("web")
    for seconds in range(1, 200):
        swarm.run_for(SECOND)
        if swarm.running("web"):
            return seconds
    raise AssertionError("it never runs")


@pytest.mark.parametrize("mode", [Replicated(1), Global()])
def test_the_delay_doubles_with_each_failure_in_a_row_up_to_the_longest(mode: ServiceMode) -> None:
    swarm = swarm_of(mode, workers=1)
    waited = []
    for _ in ROW:
        fail(swarm)
        waited.append(seconds_until_it_runs(swarm))
    assert tuple(waited) == ROW


def test_without_the_label_every_delay_is_the_policys() -> None:
    swarm = Swarm()
    swarm.create("web")
    for _ in ROW:
        fail(swarm)
        assert seconds_until_it_runs(swarm) == 5


def test_the_history_that_is_kept_does_not_matter() -> None:
    swarm = swarm_of()
    cluster = swarm.head.cluster
    assert cluster is not None
    swarm.put(replace(cluster, spec=ClusterSpec(task_history_limit=0)))
    for seconds in ROW:
        fail(swarm)
        assert seconds_until_it_runs(swarm) == seconds


def test_a_new_leader_goes_on_with_the_row_and_with_the_wait() -> None:
    swarm = swarm_of()
    for _ in range(3):
        fail(swarm)
        seconds_until_it_runs(swarm)
    fail(swarm)
    swarm.run_for(25 * SECOND)
    swarm.lead()
    assert seconds_until_it_runs(swarm) == 15
    swarm.lead()
    fail(swarm)
    assert seconds_until_it_runs(swarm) == 60


@pytest.mark.parametrize(("ran_for", "waits"), [(59, 10), (60, 5)])
def test_a_task_that_ran_for_the_longest_delay_begins_a_new_row(ran_for: int, waits: int) -> None:
    swarm = swarm_of()
    fail(swarm)
    assert seconds_until_it_runs(swarm) == 5
    swarm.run_for(ran_for * SECOND)
    fail(swarm)
    assert seconds_until_it_runs(swarm) == waits


@pytest.mark.parametrize("leaders", [1, 2])
def test_a_slow_start_does_not_count_as_having_run(leaders: int) -> None:
    """Each image takes two minutes to be pulled, and its container ends at once."""
    swarm = swarm_of()
    fail_quietly(swarm)
    for seconds in ROW[:4]:
        swarm.run_for((seconds - 1) * SECOND, agents=False)
        [task] = swarm.wanted("web")
        assert swarm.head.tasks[task.id].desired_state is TaskState.READY
        swarm.run_for(SECOND, agents=False)
        assert swarm.head.tasks[task.id].desired_state is TaskState.RUNNING
        swarm.run_for(120 * SECOND, agents=False)
        swarm.settle()
        if leaders == 2:
            swarm.lead()
        fail_quietly(swarm)


def fail_quietly(swarm: Swarm) -> None:
    """The replacement is made, and no agent does anything about it yet."""
    [task] = swarm.running("web")
    swarm.report(task, TaskState.FAILED)
    swarm.settle(agents=False)


def test_a_task_of_another_template_begins_a_new_row() -> None:
    swarm = swarm_of()
    for _ in range(3):
        fail(swarm)
        seconds_until_it_runs(swarm)
    swarm.update("web", task=task_spec("app:2"))
    swarm.run_for(10 * SECOND)
    fail(swarm)
    assert seconds_until_it_runs(swarm) == 5


def test_to_complete_counts_as_the_policys_condition_counts_it() -> None:
    swarm = swarm_of()
    for seconds in ROW[:3]:
        [task] = swarm.running("web")
        swarm.report(task, TaskState.COMPLETE)
        swarm.settle()
        assert seconds_until_it_runs(swarm) == seconds


@pytest.mark.parametrize(("timing", "waits"), [(LAN, 0), (DOCKER, 5)])
def test_a_lost_node_neither_counts_nor_ends_the_row(timing: Timing, waits: int) -> None:
    swarm = swarm_of(timing=timing)
    for _ in range(2):
        fail(swarm)
        seconds_until_it_runs(swarm)
    [task] = swarm.running("web")
    swarm.set_state(task.node_id, NodeState.DOWN)
    swarm.run_for(waits * SECOND)
    assert len(swarm.running("web")) == 1
    fail(swarm)
    assert seconds_until_it_runs(swarm) == ROW[2]


def test_nor_does_the_loss_of_the_node_of_a_global_service() -> None:
    swarm = swarm_of(Global(), workers=1)
    fail(swarm)
    seconds_until_it_runs(swarm)
    for state in (NodeState.DOWN, NodeState.READY):
        swarm.set_state("w1", state)
        swarm.settle()
    fail(swarm)
    assert seconds_until_it_runs(swarm) == ROW[1]


def test_attempts_are_counted_as_ever() -> None:
    swarm = swarm_of(policy=RestartPolicy(RestartCondition.ANY, max_attempts=2))
    for seconds in ROW[:2]:
        fail(swarm)
        assert seconds_until_it_runs(swarm) == seconds
    fail(swarm)
    swarm.run_for(300 * SECOND)
    assert not swarm.running("web")


@pytest.mark.parametrize(
    ("text", "delay_ns", "problem"),
    [
        ("soon", 5 * SECOND, "'soon' is not a longest restart delay; write a duration like 5s, 500ms or 1m30s"),
        ("1m", 0, "'1m' is the longest restart delay, but the restart policy has no delay that could grow"),
        ("2s", 2_500_000_000, "'2s' is shorter than the restart policy's delay of 2.5s, from which it grows"),
    ],
)
def test_what_cannot_be_is_refused_where_the_service_is_accepted(text: str, delay_ns: int, problem: str) -> None:
    template = task_spec(restart=RestartPolicy(delay_ns=delay_ns))
    answer = Swarm().ask(CreateService(ServiceSpec("web", template, labels={RESTART_BACKOFF_LABEL: text})))
    assert isinstance(answer, OperationError)
    assert answer.message == f"service web: label {RESTART_BACKOFF_LABEL}: {problem}"


def test_the_longest_delay_holds_however_long_the_row() -> None:
    assert backed_off_ns(5 * SECOND, 60 * SECOND, 10**9) == 60 * SECOND


def test_a_label_that_was_lost_from_the_service_since_is_that_of_the_waiting_task() -> None:
    swarm = swarm_of()
    fail(swarm)
    seconds_until_it_runs(swarm)
    fail(swarm)
    swarm.update("web", labels={})
    assert seconds_until_it_runs(swarm) == ROW[1]
    fail(swarm)
    assert seconds_until_it_runs(swarm) == 5
