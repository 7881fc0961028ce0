"""How many failures are more than a ratio of the slots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leading_head import Swarm, task_spec

from core.manager.update.failure_ratio import is_too_many
from core.objects.service import Replicated, UpdateConfig, UpdateState
from core.objects.task import TaskState
from core.timing import SECOND


@given(percent=st.integers(0, 100), hundreds=st.integers(1, 100))
def test_exactly_the_ratio_is_not_more_than_it(percent: int, hundreds: int) -> None:
    ratio, failures = float(f"{percent / 100:.2f}"), percent * hundreds
    assert not is_too_many(failures, 100 * hundreds, ratio)
    assert is_too_many(failures + 1, 100 * hundreds, ratio)


def test_of_no_slots_at_all_every_failure_is_too_many() -> None:
    assert is_too_many(1, 0, 0.5)
    assert not is_too_many(0, 0, 0.0)


@pytest.mark.parametrize(("failed", "state"), [(29, UpdateState.UPDATING), (30, UpdateState.PAUSED)])
def test_an_update_of_a_hundred_bears_29_failures_if_it_is_to_bear_29_percent(failed: int, state: UpdateState) -> None:
    swarm = Swarm()
    config = UpdateConfig(parallelism=0, max_failure_ratio=0.29, monitor_ns=30 * SECOND)
    swarm.create("web", mode=Replicated(100), update=config)
    swarm.update("web", task=task_spec("new"))
    for task in swarm.running("web")[:failed]:
        swarm.report(task, TaskState.FAILED)
    swarm.settle()
    status = swarm.service("web").update_status
    assert status is not None
    assert status.state is state
