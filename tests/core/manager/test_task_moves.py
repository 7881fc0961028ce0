"""Who may move a task, and that nobody else does."""

from typing import Any

import pytest
from leading_head import Swarm
from msgspec.structs import replace
from repository import ROOT

from core.ids import NodeId, ServiceId, TaskId
from core.manager.draft import Draft
from core.manager.restart.starter import Starter
from core.manager.task_moves import (
    BIRTH,
    MOVES,
    WANTED_NEXT,
    Writer,
    diagram,
    may_have_moved,
    may_write,
)
from core.objects.service import Replicated
from core.objects.task import ContainerSpec, Task, TaskSpec, TaskState, TaskStatus

S = TaskState


def task(state: TaskState, desired: TaskState = S.RUNNING, **changes: Any) -> Task:
    spec = TaskSpec(ContainerSpec("image"))
    made = Task(TaskId("t"), ServiceId("s"), 1, spec, 1, NodeId("n"), desired_state=desired, status=TaskStatus(state))
    return replace(made, **changes)


def test_the_diagram_in_the_documentation_is_the_table() -> None:
    assert f"```mermaid\n{diagram()}\n```" in (ROOT / "docs" / "machines" / "orchestrators.md").read_text()


def test_every_move_goes_forward_and_every_state_is_reached() -> None:
    assert all(old < new for old, new in MOVES)
    assert {new for _, new in MOVES} | {S.NEW} == set(S) - {S.REMOVE}
    assert all(old < new for old, after in WANTED_NEXT.items() for new in after)


def test_what_has_ended_moves_no_more() -> None:
    assert not any(old > S.RUNNING for old, _ in MOVES)


@pytest.mark.parametrize(
    ("writer", "old", "new"),
    [
        (Writer.ORCHESTRATOR, None, task(S.NEW)),
        (Writer.ORCHESTRATOR, task(S.FAILED), None),
        (Writer.ORCHESTRATOR, task(S.RUNNING), task(S.RUNNING, S.SHUTDOWN)),
        (Writer.ALLOCATOR, task(S.NEW), task(S.PENDING)),
        (Writer.ALLOCATOR, task(S.NEW), task(S.NEW, version=2)),
        (Writer.SCHEDULER, task(S.PENDING), task(S.ASSIGNED)),
        (Writer.AGENT, task(S.ASSIGNED), task(S.RUNNING)),
        (Writer.AGENT, task(S.PREPARING), task(S.REJECTED)),
        (Writer.AGENT, task(S.RUNNING), task(S.FAILED)),
        (Writer.LIFECYCLE, task(S.RUNNING), task(S.ORPHANED)),
    ],
)
def test_what_is_ones_own(writer: Writer, old: Task | None, new: Task | None) -> None:
    assert may_write(writer, old, new)
    others = set(Writer) - {writer}
    if old is None or new is None or old.status.state is not new.status.state:
        assert not any(may_write(other, old, new) for other in others)


@pytest.mark.parametrize(
    ("writer", "old", "new"),
    [
        (Writer.AGENT, task(S.RUNNING), task(S.STARTING)),
        (Writer.AGENT, task(S.FAILED), task(S.SHUTDOWN)),
        (Writer.AGENT, task(S.STARTING), task(S.REJECTED)),
        (Writer.AGENT, task(S.PENDING), task(S.ACCEPTED)),
        (Writer.AGENT, task(S.RUNNING), task(S.ORPHANED)),
        (Writer.AGENT, task(S.RUNNING), task(S.RUNNING, S.SHUTDOWN)),
        (Writer.ORCHESTRATOR, task(S.RUNNING), task(S.SHUTDOWN)),
        (Writer.ORCHESTRATOR, task(S.RUNNING, S.SHUTDOWN), task(S.RUNNING)),
        (Writer.ORCHESTRATOR, None, task(S.PENDING)),
        (Writer.ORCHESTRATOR, None, task(S.NEW, S.SHUTDOWN)),
        (Writer.SCHEDULER, task(S.NEW), task(S.ASSIGNED)),
        (Writer.NOBODY, task(S.RUNNING), None),
    ],
)
def test_what_is_nobodys(writer: Writer, old: Task | None, new: Task | None) -> None:
    assert not may_write(writer, old, new)


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        (None, task(S.ASSIGNED, S.SHUTDOWN), True),
        (None, task(S.ORPHANED, S.SHUTDOWN), True),
        (None, task(S.ACCEPTED), False),
        (task(S.PENDING), task(S.ASSIGNED), True),
        (task(S.PENDING), task(S.RUNNING), False),
        (task(S.ASSIGNED), task(S.FAILED, S.SHUTDOWN), True),
        (task(S.RUNNING), task(S.REJECTED), False),
        (task(S.COMPLETE), task(S.ORPHANED), False),
        (task(S.RUNNING, S.SHUTDOWN), task(S.RUNNING), False),
        (task(S.RUNNING, S.READY), task(S.RUNNING, S.REMOVE), True),
        (task(S.RUNNING), None, True),
    ],
)
def test_what_one_transaction_may_make_of_a_task(old: Task | None, new: Task | None, allowed: bool) -> None:
    assert may_have_moved(old, new) is allowed


def test_all_that_is_born_may_be_wanted_further() -> None:
    assert all(WANTED_NEXT[desired] for desired in BIRTH)


def test_a_reconciler_that_writes_what_is_not_its_own_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def reconcile(starter: Starter, now: int, draft: Draft) -> None:
        for each in list(draft.head.tasks.values()):
            draft.update(replace(each, status=replace(each.status, state=S.SHUTDOWN)))

    swarm = Swarm()
    swarm.create("web", mode=Replicated(1))
    monkeypatch.setattr(Starter, "reconcile", reconcile)
    monkeypatch.setattr(Starter, "dirty", True)
    with pytest.raises(AssertionError, match="ORCHESTRATOR"):
        swarm.settle()
