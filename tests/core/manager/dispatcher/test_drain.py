"""Withheld stops by themselves: who waits for what, and for how long."""

from core.ids import TaskId
from core.manager.dispatcher.drain import MAX_PER_STEP, Drains

TASKS = [TaskId(f"task-{number:04}") for number in range(MAX_PER_STEP + 1)]


def test_each_has_its_own_grace_after_the_last_acknowledgement() -> None:
    drains = Drains(ack_timeout_ns=100)
    for task_id, grace_ns in zip(TASKS[:3], (50, 10, 30), strict=True):
        drains.begin(0, task_id, 7, grace_ns)
    drains.acknowledged(5, 6)
    assert drains.deadline() == 100
    drains.acknowledged(5, 7)
    released = {}
    while (at := drains.deadline()) is not None:
        released[at] = drains.released(at)
    assert released == {15: [TASKS[1]], 35: [TASKS[2]], 55: [TASKS[0]]}


def test_nobody_waits_longer_for_acknowledgements_than_the_timeout() -> None:
    drains = Drains(ack_timeout_ns=100)
    drains.begin(0, TASKS[0], 7, 50)
    assert drains.released(100) == []
    assert TASKS[0] in drains
    assert drains.released(150) == [TASKS[0]]
    assert TASKS[0] not in drains


def test_what_is_done_in_one_step_is_bounded() -> None:
    drains = Drains(ack_timeout_ns=100)
    for task_id in TASKS:
        drains.begin(0, task_id, 7, 0)
    drains.acknowledged(0, 7)
    assert drains.released(0) == TASKS[:MAX_PER_STEP]
    assert drains.released(0) == []
    drains.acknowledged(0, 7)
    assert drains.released(0) == TASKS[MAX_PER_STEP:]
