"""Which slots are kept when there are too many, and which number is free."""

from itertools import islice

import pytest

from core.ids import NodeId, ServiceId, TaskId
from core.manager.orchestrator.slots import free_numbers, in_order_of_keeping
from core.objects.task import ContainerSpec, Task, TaskSpec, TaskState, TaskStatus

RUNNING, STARTING, PENDING = TaskState.RUNNING, TaskState.STARTING, TaskState.PENDING


def task(node: str, state: TaskState = RUNNING) -> Task:
    spec = TaskSpec(ContainerSpec("app"))
    return Task(TaskId("t"), ServiceId("s"), 1, spec, 1, node_id=NodeId(node), status=TaskStatus(state))


@pytest.mark.parametrize(
    ("slots", "kept_first_to_last"),
    [
        ({1: task("a"), 2: task("b"), 3: task("c")}, [1, 2, 3]),  # high numbers go first
        ({1: task("", PENDING), 2: task("a")}, [2, 1]),  # before them what has no node
        ({1: task("a"), 2: task("a"), 3: task("b")}, [1, 3, 2]),  # and the second on the fullest node
        ({1: task("a"), 2: task("a"), 3: task("a"), 4: task("b"), 5: task("b")}, [1, 4, 2, 5, 3]),
        ({1: task("a", STARTING), 2: task("a")}, [2, 1]),  # of two on a node, the one that does not run
        ({1: task("a", STARTING), 2: task("b")}, [2, 1]),
        ({1: task("a", STARTING), 2: task("b"), 3: task("b")}, [2, 1, 3]),  # an even spread counts for more
    ],
)
def test_what_is_kept_is_spread_evenly_and_runs(slots: dict[int, Task], kept_first_to_last: list[int]) -> None:
    assert in_order_of_keeping({number: [each] for number, each in slots.items()}) == kept_first_to_last


def test_the_lowest_free_numbers_are_taken_and_they_begin_with_one() -> None:
    assert list(islice(free_numbers({1, 2, 4, 7}), 4)) == [3, 5, 6, 8]
    assert next(free_numbers(())) == 1
