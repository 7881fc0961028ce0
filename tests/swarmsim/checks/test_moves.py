"""The check of task moves: accepts what the parties may make of a task, rejects what none of them may."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.ids import NodeId, ServiceId, TaskId
from core.objects import Task
from core.objects.task import ContainerSpec, TaskSpec, TaskState, TaskStatus
from core.operations import Kind
from core.store import Create, Delete, Transaction, Update
from swarmsim.checks.moves import TaskMovesAllowed

S = TaskState


def task(state: TaskState, desired: TaskState = S.RUNNING, node: str = "n1", **changes: Any) -> Task:
    spec = TaskSpec(ContainerSpec("image"))
    made = Task(TaskId("t"), ServiceId("s"), 1, spec, 1, NodeId(node), desired_state=desired, status=TaskStatus(state))
    return replace(made, **changes)


NEW = task(S.NEW, node="")
GOOD: dict[str, list[Task | None]] = {
    "a whole life": [
        NEW,
        task(S.PENDING, node=""),
        *(task(state) for state in (S.ASSIGNED, S.ACCEPTED, S.PREPARING, S.READY, S.STARTING, S.RUNNING)),
        task(S.RUNNING, S.SHUTDOWN),
        task(S.SHUTDOWN, S.SHUTDOWN),
        task(S.SHUTDOWN, S.REMOVE),
        None,
    ],
    "several parties in one transaction": [task(S.ASSIGNED), task(S.RUNNING), task(S.FAILED, S.SHUTDOWN)],
    "a replacement waits": [task(S.ASSIGNED, S.READY), task(S.READY, S.READY), task(S.READY), task(S.RUNNING)],
    "given up": [task(S.ASSIGNED), task(S.RUNNING), task(S.RUNNING, S.SHUTDOWN), task(S.ORPHANED, S.SHUTDOWN)],
    "refused": [task(S.ASSIGNED), task(S.REJECTED, S.SHUTDOWN)],
}
BAD: dict[str, tuple[list[Task | None], str]] = {
    "an agent tells of what it was not given": ([NEW, task(S.RUNNING)], "from NEW on no node"),
    "a task is born running": ([task(S.RUNNING)], "t goes from nothing to RUNNING"),
    "what started is rejected": ([task(S.ASSIGNED), task(S.STARTING), task(S.REJECTED)], "STARTING on n1"),
    "an end is not the end": ([task(S.ASSIGNED), task(S.FAILED), task(S.SHUTDOWN)], "from FAILED on n1"),
    "an end is given up": ([task(S.ASSIGNED), task(S.COMPLETE), task(S.ORPHANED)], "from COMPLETE on n1"),
    "it goes back": ([task(S.ASSIGNED), task(S.RUNNING), task(S.READY)], "to READY on n1"),
    "it is wanted again": ([task(S.ASSIGNED, S.SHUTDOWN), task(S.ASSIGNED)], "wanted SHUTDOWN to"),
    "it moves to another node": ([task(S.ASSIGNED), task(S.ASSIGNED, node="n2")], "to ASSIGNED on n2"),
}


def complaint(history: list[Task | None]) -> str:
    check = TaskMovesAllowed()
    version = 0
    for index, each in enumerate(history, 1):
        change: Any
        if each is None:
            change = Delete(Kind.TASK, "t", version)
        else:
            stored = replace(each, version=index)
            change = Update(stored, version) if version else Create(stored)
        check.judge(0, index, Transaction((change,), 1))
        version = index
    assert check.checked_count
    return check.violation.detail if check.violation is not None else ""


@pytest.mark.parametrize("name", GOOD)
def test_what_the_parties_may_make_of_a_task(name: str) -> None:
    assert complaint(GOOD[name]) == ""


@pytest.mark.parametrize("name", BAD)
def test_what_none_of_them_may(name: str) -> None:
    history, expected = BAD[name]
    assert expected in complaint(history)
