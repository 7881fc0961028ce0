"""How often a task is restarted (swarm.md §3.4)."""

import pytest
from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core.objects.service import Global, Replicated
from core.objects.task import RestartPolicy, TaskSpec, TaskState
from core.timing import SECOND


def fail_until_it_rests(swarm: Swarm) -> int:
    """Let every task of the service `web` fail as it runs; how many there were."""
    count = 0
    while alive := swarm.running("web"):
        count += 1
        assert count < 20, "it is restarted without end"
        swarm.report(alive[0], TaskState.FAILED)
        swarm.run_for(10 * SECOND)
    return count


def with_policy(policy: RestartPolicy, **changes: int) -> TaskSpec:
    return replace(task_spec(restart=policy), **changes)


@pytest.mark.parametrize("mode", [Replicated(1), Global()])
@pytest.mark.parametrize("max_attempts", [1, 3])
def test_so_many_restarts_follow_on_the_first_start(mode: Replicated | Global, max_attempts: int) -> None:
    swarm = Swarm(workers=1)
    swarm.create("web", with_policy(RestartPolicy(delay_ns=SECOND, max_attempts=max_attempts)), mode)
    assert fail_until_it_rests(swarm) == 1 + max_attempts


def test_each_slot_counts_for_itself() -> None:
    swarm = Swarm(workers=1)
    swarm.create("web", with_policy(RestartPolicy(delay_ns=SECOND, max_attempts=1)), Replicated(2))
    assert fail_until_it_rests(swarm) == 4


def test_another_template_counts_anew() -> None:
    swarm = Swarm(workers=1)
    policy = RestartPolicy(delay_ns=SECOND, max_attempts=1)
    swarm.create("web", with_policy(policy))
    assert fail_until_it_rests(swarm) == 2
    swarm.update("web", task=with_policy(policy, force_update=1))
    swarm.run_for(10 * SECOND)
    assert fail_until_it_rests(swarm) == 2


def test_a_window_shorter_than_the_time_between_restarts_never_limits() -> None:
    swarm = Swarm(workers=1)
    policy = RestartPolicy(delay_ns=10 * SECOND, max_attempts=1, window_ns=5 * SECOND)
    swarm.create("web", with_policy(policy))
    for _ in range(6):
        [task] = swarm.running("web")
        swarm.report(task, TaskState.FAILED)
        swarm.run_for(10 * SECOND)
    assert len(swarm.running("web")) == 1
