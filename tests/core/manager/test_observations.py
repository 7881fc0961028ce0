"""What the leader tells of a committed change: each state of an update once, and whose tasks have a fence."""

import pytest
from msgspec.structs import replace

from core.facts import TaskMoved, UpdateMoved
from core.ids import NodeId, ServiceId, TaskId
from core.manager.observations import facts_of
from core.objects import Service, Task
from core.objects.service import ServiceSpec, UpdateState, UpdateStatus
from core.objects.task import ContainerSpec, TaskSpec
from core.operations import Kind
from core.store import Changed

SPEC = TaskSpec(container=ContainerSpec(image="web:2"))
SERVICE = Service(ServiceId("s"), ServiceSpec("web", task=SPEC), version=1)
UPDATING = UpdateStatus(UpdateState.UPDATING, message="update in progress")
PAUSED = UpdateStatus(UpdateState.PAUSED, message="update paused due to failure")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, UPDATING, [UpdateMoved("s", UpdateState.UPDATING, "update in progress", "web:2")]),
        (UPDATING, PAUSED, [UpdateMoved("s", UpdateState.PAUSED, "update paused due to failure", "web:2")]),
        (PAUSED, None, [UpdateMoved("s", None, "", "web:2")]),
        (UPDATING, replace(UPDATING, failure_count=1), []),
        (None, None, []),
    ],
)
def test_each_state_of_an_update_is_told_once(
    before: UpdateStatus | None, after: UpdateStatus | None, told: list[UpdateMoved]
) -> None:
    old, new = replace(SERVICE, update_status=before), replace(SERVICE, update_status=after, version=2)
    assert facts_of(Changed(Kind.SERVICE, "s", old, new)) == told


def test_a_service_that_comes_or_goes_is_not_updated() -> None:
    assert (
        facts_of(Changed(Kind.SERVICE, "s", None, SERVICE)) == facts_of(Changed(Kind.SERVICE, "s", SERVICE, None)) == []
    )


@pytest.mark.parametrize(("fence_ns", "fenced"), [(None, False), (10**9, True)])
def test_of_a_task_it_is_told_whether_it_has_a_fence(fence_ns: int | None, fenced: bool) -> None:
    task = Task(TaskId("t"), SERVICE.id, 1, SPEC, 1, NodeId("n"), "web", fence_ns=fence_ns, version=1)
    [fact] = facts_of(Changed(Kind.TASK, "t", None, task))
    assert isinstance(fact, TaskMoved)
    assert fact.fenced is fenced
