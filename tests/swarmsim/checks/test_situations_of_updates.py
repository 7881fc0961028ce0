"""The hard states of updates and jobs are recognised in made-up histories of decisions, and nothing else is."""

from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from core.facts import LeadershipReady, TaskPending
from core.ids import NodeId, ServiceId, TaskId
from core.manager.update.states import UpdateEvent, moved
from core.objects import Service, Task
from core.objects.service import JobStatus, ReplicatedJob, ServiceSpec, UpdateState, UpdateStatus
from core.objects.task import ContainerSpec, TaskSpec, TaskState, TaskStatus
from core.store import Change, Create, Transaction, Update
from swarmsim.checks.situations_of_updates import UpdateSituations

SPEC = TaskSpec(ContainerSpec("image"))
FACT_AT = "m2"


def web(state: UpdateState | None, spec_version: int = 2, message: str = "") -> Service:
    status = None if state is None else UpdateStatus(state, message=message)
    return Service(ServiceId("web"), ServiceSpec("web", SPEC), spec_version, update_status=status)


def rolling_back(event: UpdateEvent, message: str = "") -> Service:
    return replace(web(None, 3), update_status=moved(UpdateStatus(UpdateState.UPDATING), event, 0, message))


def part(name: str, state: TaskState = TaskState.RUNNING, iteration: int = 1) -> Task:
    return Task(
        TaskId(name),
        ServiceId("batch"),
        1,
        SPEC,
        1,
        node_id=NodeId("w1"),
        status=TaskStatus(state),
        desired_state=TaskState.COMPLETE,
        job_iteration=iteration,
    )


BATCH = Service(ServiceId("batch"), ServiceSpec("batch", SPEC, mode=ReplicatedJob(1, 1)), 1, job=JobStatus(1))
PENDING = Task(TaskId("stuck"), ServiceId("web"), 1, SPEC, 1)
BEGUN = [web(None), web(UpdateState.UPDATING)]

HISTORIES: dict[str, tuple[list[Any], dict[str, int]]] = {
    "a service is made": ([web(None)], {}),
    "an update begins": (BEGUN, {}),
    "and completes": ([*BEGUN, web(UpdateState.COMPLETED)], {"update-completed": 1}),
    "and pauses": ([*BEGUN, web(UpdateState.PAUSED)], {"update-paused": 1}),
    "a count changes while it is paused": (
        [*BEGUN, web(UpdateState.PAUSED), web(UpdateState.PAUSED, message="again")],
        {"update-paused": 1},
    ),
    "and is replaced": ([*BEGUN, web(None, 3)], {"update-replaced": 1}),
    "a paused one is no longer under way": (
        [*BEGUN, web(UpdateState.PAUSED), web(None, 3)],
        {"update-paused": 1},
    ),
    "and rolls back": (
        [*BEGUN, rolling_back(UpdateEvent.ROLLED_BACK_BY_FAILURES, "update rolled back")],
        {"update-rolled-back-by-itself": 1},
    ),
    "a client rolls back": ([*BEGUN, rolling_back(UpdateEvent.ROLLBACK_REQUESTED)], {}),
    "a rollback completes": (
        [*BEGUN, rolling_back(UpdateEvent.ROLLBACK_REQUESTED), web(UpdateState.ROLLBACK_COMPLETED, 3)],
        {"rollback-completed": 1},
    ),
    "leadership goes to another meanwhile": (
        [LeadershipReady(1), *BEGUN, (FACT_AT, LeadershipReady(2))],
        {"leader-changed-in-mid-update": 1},
    ),
    "the same leads again": ([LeadershipReady(1), *BEGUN, LeadershipReady(2)], {}),
    "leadership goes to another when it is over": (
        [LeadershipReady(1), *BEGUN, web(UpdateState.COMPLETED), (FACT_AT, LeadershipReady(2))],
        {"update-completed": 1},
    ),
    "a job's task completes": ([BATCH, part("a"), part("a", TaskState.COMPLETE)], {"job-task-completed": 1}),
    "a job's task is repeated": (
        [BATCH, part("a"), part("a", TaskState.FAILED), part("b")],
        {"job-task-repeated": 1},
    ),
    "a job is run again": (
        [BATCH, part("a"), part("a", TaskState.COMPLETE), part("b", iteration=2)],
        {"job-task-completed": 1},
    ),
    "a task finds no node": ([PENDING, TaskPending(PENDING.id, "no suitable node")], {"task-found-no-node": 1}),
    "one that is not wanted any more finds none": (
        [replace(PENDING, desired_state=TaskState.SHUTDOWN), TaskPending(PENDING.id, "no suitable node")],
        {},
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_situation_is_recognised(name: str) -> None:
    told, expected = HISTORIES[name]
    reached: Counter[str] = Counter()
    situations = UpdateSituations(reached)
    handlers = situations.handlers()
    versions: dict[str, int] = {}
    for index, each in enumerate(told, 1):
        host, what = each if isinstance(each, tuple) else ("m1", each)
        if type(what) in handlers:
            handlers[type(what)](0, host, what)
            continue
        before = versions.get(what.id)
        versions[what.id] = index
        what = replace(what, version=index)
        change: Change = Create(what) if before is None else Update(what, before)
        for manager in ("m1", "m2"):  # who comes second shows nothing new
            situations.on_applied(0, manager, None, index, Transaction((change,), 1))  # type: ignore[arg-type]
    assert {name: count for name, count in reached.items() if count} == expected
