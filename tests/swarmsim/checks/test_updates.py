"""The check of updates accepts what updates may do and rejects made-up histories that must not be."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.ids import NodeId, ServiceId, TaskId
from core.objects import Service, Task
from core.objects.service import FailureAction, ServiceSpec, UpdateConfig, UpdateState, UpdateStatus
from core.objects.task import ContainerSpec, TaskSpec, TaskState, TaskStatus
from core.store import Change, Create, Transaction, Update
from swarmsim.checks.updates import UpdatesKeepBounds

OLD, NEW = TaskSpec(ContainerSpec("old")), TaskSpec(ContainerSpec("new"))
UPDATING, PAUSED = UpdateState.UPDATING, UpdateState.PAUSED


def service(state: UpdateState | None = None, failed: int = 0, **config: Any) -> Service:
    status = None if state is None else UpdateStatus(state, slot_count=4, failure_count=failed)
    spec = ServiceSpec("web", OLD if state is None else NEW, update=UpdateConfig(**config))
    return Service(ServiceId("web"), spec, 1 if state is None else 2, ServiceSpec("web", OLD), update_status=status)


def own(slot: int, state: TaskState = TaskState.PENDING, **changes: Any) -> Task:
    name, node = TaskId(f"new.{slot}"), NodeId("w1")
    fields: dict[str, Any] = {"desired_state": TaskState.READY, "by_update": True, **changes}
    return Task(name, ServiceId("web"), slot, NEW, 2, node_id=node, status=TaskStatus(state), **fields)


GIVEN_UP = own(1, desired_state=TaskState.SHUTDOWN)
BEGUN = (service(UPDATING), own(1))
GOOD: dict[str, list[tuple[Any, ...]]] = {
    "one slot after the other": [(service(),), BEGUN, (own(1, TaskState.RUNNING),), (own(2),)],
    "the next is begun as one runs": [(service(),), BEGUN, (own(1, TaskState.RUNNING), own(2))],
    "or has failed": [(service(),), BEGUN, (own(1, TaskState.FAILED),), (own(2),)],
    "or is given up": [(service(),), BEGUN, (GIVEN_UP,), (own(2),)],
    "two at once if two may": [(service(),), (service(UPDATING, parallelism=2), own(1), own(2))],
    "all at once": [(service(),), (service(UPDATING, parallelism=0), *map(own, (1, 2, 3, 4)))],
    "failures up to the ratio": [(service(),), (service(UPDATING, 2, max_failure_ratio=0.5), own(1))],
    "and beyond it if it is to continue": [
        (service(),),
        (service(UPDATING, 4, failure_action=FailureAction.CONTINUE), own(1)),
    ],
    "too many failures pause it": [(service(),), BEGUN, (service(PAUSED, 1),)],
    "what failed is restarted while it is paused": [(service(),), BEGUN, (service(PAUSED, 1), own(2, by_update=False))],
    "what is lost with its node is replaced while it is paused": [
        (service(),),
        BEGUN,
        (service(PAUSED, 1),),
        (GIVEN_UP, replace(own(1), id=TaskId("new.1 again"))),
    ],
    "an update that has nothing left to do is over at once": [(service(),), (service(UpdateState.COMPLETED),)],
    "a client begins anew": [(service(),), BEGUN, (service(PAUSED, 1),), (service(),)],
}
BAD: dict[str, tuple[list[tuple[Any, ...]], str]] = {
    "two at once": ([(service(),), (*BEGUN, own(2))], "2 slots under way, of at most 1"),
    "the next too early": ([(service(),), BEGUN, (own(2),)], "2 slots under way, of at most 1"),
    "too many failures and no end": ([(service(),), BEGUN, (service(UPDATING, 1),)], "is updating with 1 of 4 failed"),
    "more than the ratio": (
        [(service(),), (service(UPDATING, 3, max_failure_ratio=0.5), own(1))],
        "is updating with 3 of 4 failed",
    ),
    "going on while paused": ([(service(),), BEGUN, (service(PAUSED, 1),), (own(2),)], "is paused and begins 1 more"),
    "from paused to completed": (
        [(service(),), BEGUN, (service(PAUSED, 1),), (service(UpdateState.COMPLETED),)],
        "went from paused to completed",
    ),
    "back to nothing with the same spec": (
        [(service(),), BEGUN, (replace(service(UPDATING), update_status=None),)],
        "went from updating to none",
    ),
}


def judged(history: list[tuple[Any, ...]]) -> UpdatesKeepBounds:
    """A check that was shown these objects, index by index; an object given again is an update."""
    check = UpdatesKeepBounds()
    versions: dict[str, int] = {}
    for index, objects in enumerate(history, 1):
        changes: list[Change] = []
        for each in objects:
            expected = versions.get(each.id)
            versions[each.id] = index
            each = replace(each, version=index)
            changes.append(Create(each) if expected is None else Update(each, expected))
        check.judge(0, index, Transaction(tuple(changes), 1))
    return check


@pytest.mark.parametrize("name", GOOD)
def test_what_an_update_may_do(name: str) -> None:
    check = judged(GOOD[name])
    assert check.violation is None
    assert check.checked_count


@pytest.mark.parametrize("name", BAD)
def test_what_an_update_may_not_do(name: str) -> None:
    history, detail = BAD[name]
    violation = judged(history).violation
    assert violation is not None
    assert detail in violation.detail
