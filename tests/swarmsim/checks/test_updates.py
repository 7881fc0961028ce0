"""The check of updates accepts what updates may do and rejects made-up histories that must not be."""

from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from core.ids import NodeId, ServiceId, TaskId
from core.manager.enforcer import REASON
from core.objects import Node, Service, Task
from core.objects.node import Availability, NodeDescription, NodeSpec, NodeState, NodeStatus
from core.objects.service import (
    FailureAction,
    Global,
    ServiceSpec,
    UpdateConfig,
    UpdateOrder,
    UpdateState,
    UpdateStatus,
)
from core.objects.task import ContainerSpec, Placement, TaskSpec, TaskState, TaskStatus
from core.operations import Kind
from core.store import Change, Create, Delete, Transaction, Update
from core.timing import SECOND
from swarmsim.checks.updates import UpdatesKeepBounds

OLD, NEW = TaskSpec(ContainerSpec("old")), TaskSpec(ContainerSpec("new"))
UPDATING, PAUSED, COMPLETED = UpdateState.UPDATING, UpdateState.PAUSED, UpdateState.COMPLETED
FAILED, RUNNING, SHUTDOWN = TaskState.FAILED, TaskState.RUNNING, TaskState.SHUTDOWN
CONTINUE, START_FIRST = FailureAction.CONTINUE, UpdateOrder.START_FIRST


class Step(Struct, frozen=True):
    """One transaction: when it was applied, in which term, how far its leader's clock is ahead, what it wrote."""

    at_s: float
    objects: tuple[Any, ...]
    term: int = 1
    ahead_s: float = 0.0


def at(at_s: float, *objects: Any, **changes: Any) -> Step:
    return Step(at_s, objects, **changes)


def service(state: UpdateState | None = None, failed: int = 0, **config: Any) -> Service:
    status = None if state is None else UpdateStatus(state, slot_count=4, failure_count=failed)
    spec = ServiceSpec("web", OLD if state is None else NEW, update=UpdateConfig(**config))
    return Service(ServiceId("web"), spec, 1 if state is None else 2, ServiceSpec("web", OLD), update_status=status)


def node(**changes: Any) -> Node:
    return Node(NodeId("w1"), NodeSpec(), status=NodeStatus(NodeState.READY), **changes)


def old(slot: int, **changes: Any) -> Task:
    fields: dict[str, Any] = {"status": TaskStatus(RUNNING), **changes}
    return Task(TaskId(f"old.{slot}"), ServiceId("web"), slot, OLD, 1, node_id=NodeId("w1"), **fields)


def stopped(*slots: int, **changes: Any) -> tuple[Task, ...]:
    """Old tasks that have been told to stop."""
    return tuple(old(slot, desired_state=SHUTDOWN, **changes) for slot in slots)


def own(slot: int, state: TaskState = TaskState.PENDING, **changes: Any) -> Task:
    name, at_node = TaskId(f"new.{slot}"), NodeId("w1")
    fields: dict[str, Any] = {"desired_state": TaskState.READY, "by_update": True, **changes}
    return Task(name, ServiceId("web"), slot, NEW, 2, node_id=at_node, status=TaskStatus(state), **fields)


def again(slot: int, **changes: Any) -> Task:
    return replace(own(slot, **changes), id=TaskId(f"new.{slot} again"))


BEFORE = at(0, node(), service(), *map(old, (1, 2, 3, 4)))


def begun(at_s: float = 0, **config: Any) -> Step:
    """The first slot is begun."""
    return at(at_s, service(UPDATING, **config), *stopped(1), own(1))


FIRST = [BEFORE, begun()]
SECOND_SLOT = (*stopped(2), own(2))
GIVEN_UP = own(1, FAILED, desired_state=SHUTDOWN)
DELAYED = [BEFORE, begun(delay_ns=10 * SECOND), at(5, own(1, RUNNING))]
ALL_RUN = [
    BEFORE,
    at(0, service(UPDATING, parallelism=0), *stopped(1, 2, 3, 4), *map(own, (1, 2, 3, 4))),
    at(1, *[own(slot, RUNNING) for slot in (1, 2, 3)]),
    at(6, own(4, RUNNING)),
]
GOOD: dict[str, list[Step]] = {
    "one slot after the other": [*FIRST, at(1, own(1, RUNNING)), at(2, *SECOND_SLOT)],
    "the next is begun as one runs": [*FIRST, at(1, own(1, RUNNING), *SECOND_SLOT)],
    "or has failed": [*FIRST, at(1, own(1, FAILED)), at(2, *SECOND_SLOT)],
    "or is given up": [*FIRST, at(1, own(1, desired_state=SHUTDOWN)), at(2, *SECOND_SLOT)],
    "what had run for its time before any leader heard of it": [
        *FIRST,
        at(
            1,
            replace(own(1, desired_state=SHUTDOWN), status=TaskStatus(FAILED, timestamp=90 * SECOND, ran_at=1)),
            again(1, by_update=False),
        ),
        at(2, *SECOND_SLOT),
    ],
    "whatever is put in its place": [
        *FIRST,
        at(1, own(1, desired_state=SHUTDOWN), again(1, by_update=False), *SECOND_SLOT),
    ],
    "two at once if two may": [BEFORE, at(0, service(UPDATING, parallelism=2), *stopped(1, 2), own(1), own(2))],
    "all at once": ALL_RUN[:2],
    "the old one is kept until the new one runs": [
        BEFORE,
        at(0, service(UPDATING, order=START_FIRST), own(1)),
        at(1, own(1, RUNNING)),
        at(1, *stopped(1), own(2)),
    ],
    "old ones that are lost with their node are told to stop all at once": [
        *FIRST,
        at(1, replace(node(), status=NodeStatus(NodeState.DOWN)), *stopped(2, 3, 4)),
    ],
    "or are on one that is drained": [
        *FIRST,
        at(1, replace(node(), spec=NodeSpec(availability=Availability.DRAIN)), *stopped(2, 3, 4)),
    ],
    "or do not suit it any more": [*FIRST, at(1, *stopped(2, 3, status=TaskStatus(RUNNING, err=REASON)))],
    "or have ended by themselves": [*FIRST, at(1, *stopped(2, 3, status=TaskStatus(FAILED)))],
    "or are superfluous": [*FIRST, at(1, *[old(slot, desired_state=TaskState.REMOVE) for slot in (3, 4)])],
    "the delay is waited for": [*DELAYED, at(15, *SECOND_SLOT)],
    "on a clock that runs a tenth fast": [*DELAYED, at(14, *SECOND_SLOT)],
    "though the start was told late": [*DELAYED[:2], at(9, own(1, RUNNING), ahead_s=-4), at(15, *SECOND_SLOT)],
    "though the clock jumps": [*DELAYED, at(15, *SECOND_SLOT, ahead_s=-100)],
    "of the slots that fail nobody waits": [*DELAYED[:2], at(5, own(1, FAILED)), at(6, *SECOND_SLOT)],
    "another leader believes other clocks": [*DELAYED, at(6, *SECOND_SLOT, term=2)],
    "all are watched": [*ALL_RUN, at(11, service(COMPLETED, parallelism=0))],
    "but not what has ended": [*ALL_RUN, at(7, own(4, FAILED)), at(7, service(COMPLETED, parallelism=0))],
    "another leader knows less of what was watched": [*ALL_RUN, at(7, service(COMPLETED, parallelism=0), term=2)],
    "failures up to the ratio": [BEFORE, begun(max_failure_ratio=0.25), at(1, own(1, FAILED)), at(2, GIVEN_UP)],
    "just the ratio as one divides": [
        BEFORE,
        at(1, replace(service(UPDATING, max_failure_ratio=0.29), update_status=UpdateStatus(UPDATING, 0, 0, "", 4, 1))),
    ],
    "and beyond it if it is to continue": [
        BEFORE,
        begun(failure_action=CONTINUE),
        at(1, own(1, FAILED)),
        at(2, GIVEN_UP, service(UPDATING, 1, failure_action=CONTINUE), *SECOND_SLOT),
    ],
    "what ends after it was watched is no failure": [
        *FIRST,
        at(1, own(1, RUNNING)),
        at(6, own(1, FAILED)),
        at(6, GIVEN_UP),
    ],
    "nor what ends on a lost node": [
        *FIRST,
        at(1, own(1, FAILED), replace(node(), status=NodeStatus(NodeState.DOWN))),
        at(2, GIVEN_UP),
    ],
    "nor what another leader knows not since when it ran": [
        *FIRST,
        at(1, own(1, RUNNING)),
        at(2, own(1, FAILED), term=2),
        at(2, GIVEN_UP, term=2),
    ],
    "too many failures pause it": [*FIRST, at(1, own(1, FAILED)), at(2, service(PAUSED, 1), GIVEN_UP)],
    "what failed is restarted while it is paused": [
        *FIRST,
        at(1, own(1, FAILED)),
        at(2, service(PAUSED, 1), GIVEN_UP, again(1, by_update=False)),
    ],
    "what is lost with its node is replaced while it is paused": [
        *FIRST,
        at(1, service(PAUSED, 1)),
        at(2, replace(own(1), desired_state=SHUTDOWN), again(1)),
    ],
    "an update that has nothing left to do is over at once": [BEFORE, at(1, service(COMPLETED))],
    "it goes on with fewer slots than it began with": [
        BEFORE,
        begun(max_failure_ratio=0.5),
        at(1, TaskId("old.4")),
        at(2, service(UPDATING, 1, max_failure_ratio=0.5)),
    ],
    "what was borne stays so when settings change": [
        BEFORE,
        begun(max_failure_ratio=0.5),
        at(1, own(1, FAILED)),
        at(2, GIVEN_UP, service(UPDATING, 1, max_failure_ratio=0.5)),
        at(3, service(UPDATING, 1)),
    ],
    "a client begins anew": [*FIRST, at(1, service(PAUSED, 1)), at(2, service())],
}
BAD: dict[str, tuple[list[Step], str]] = {
    "two at once": ([BEFORE, at(0, service(UPDATING), *stopped(1), own(1), *SECOND_SLOT)], "2 slots under way, of at"),
    "the next too early": ([*FIRST, at(1, *SECOND_SLOT)], "2 slots under way, of at most 1"),
    "all old ones told to stop": ([*FIRST, at(1, *stopped(2, 3, 4))], "4 slots under way, of at most 1"),
    "all old ones before anything is begun": (
        [BEFORE, at(1, replace(service(UPDATING), update_status=None), *stopped(1, 2, 3, 4))],
        "4 slots under way, of at most 1",
    ),
    "old ones as others are on the way, but no task of the update": (
        [*FIRST, at(1, own(1, RUNNING), *stopped(2)), at(2, replace(own(2), by_update=False), *stopped(3))],
        "2 slots under way, of at most 1",
    ),
    "old ones before the new ones run, though they are to start first": (
        [BEFORE, at(0, service(UPDATING, order=START_FIRST), own(1)), at(1, *stopped(1, 2))],
        "2 slots under way, of at most 1",
    ),
    "the next before the delay is over": (
        [*DELAYED, at(13, *SECOND_SLOT)],
        "1 slot under way and 1 that ran less than 10 s ago, of at most 1",
    ),
    "the next before what was lost is made up for": (
        [*FIRST, at(1, own(1, desired_state=SHUTDOWN), again(1)), at(2, *SECOND_SLOT)],
        "2 slots under way, of at most 1",
    ),
    "so under a leader that saw all": (
        [*DELAYED[:2], at(5, own(1, RUNNING), term=2), at(13, *SECOND_SLOT)],
        "10 s ago",
    ),
    "completed before all were watched": (
        [*ALL_RUN, at(10, service(COMPLETED, parallelism=0))],
        "is completed 4.0 s after its last task ran, which is to be watched for 5 s",
    ),
    "completed before a longer delay is over": (
        [*DELAYED, at(12, service(COMPLETED, delay_ns=10 * SECOND))],
        "to be watched for 10 s",
    ),
    "too many failures and no end": ([*FIRST, at(1, service(UPDATING, 1))], "is updating with 1 of 4 failed"),
    "failures that nobody counts": (
        [*FIRST, at(1, own(1, RUNNING)), at(4, own(1, FAILED)), at(4, GIVEN_UP, again(1, by_update=False))],
        "is updating with 1 of 4 failed",
    ),
    "so of what never ran, over a change of leader": (
        [*FIRST, at(1, own(1, FAILED)), at(4, GIVEN_UP, term=2)],
        "is updating with 1 of 4 failed",
    ),
    "failures that the next one counts alone": (
        [
            BEFORE,
            begun(max_failure_ratio=0.25),
            at(1, own(1, FAILED)),
            at(2, GIVEN_UP, *SECOND_SLOT),
            at(3, own(2, FAILED)),
            at(4, own(2, FAILED, desired_state=SHUTDOWN), service(UPDATING, 1, max_failure_ratio=0.25)),
        ],
        "is updating with 2 of 4 failed",
    ),
    "too many by the settings that have changed meanwhile": (
        [
            BEFORE,
            begun(max_failure_ratio=0.5),
            at(1, own(1, FAILED)),
            at(2, GIVEN_UP, service(UPDATING, 1, max_failure_ratio=0.5)),
            at(3, service(UPDATING, 1)),
            at(4, service(UPDATING, 2)),
        ],
        "is updating with 2 of 4 failed",
    ),
    "more than the ratio": (
        [BEFORE, at(1, service(UPDATING, 3, max_failure_ratio=0.5))],
        "is updating with 3 of 4 failed",
    ),
    "paused at the ratio": (
        [BEFORE, begun(max_failure_ratio=0.25), at(1, service(PAUSED, 1, max_failure_ratio=0.25))],
        "is paused with only 1 of 4 failed",
    ),
    "a ratio of more slots than there are": (
        [BEFORE, at(1, replace(service(UPDATING), update_status=UpdateStatus(UPDATING, slot_count=5)))],
        "is said to be of 5 slots, of 4 that are to stay",
    ),
    "a ratio of slots that are given up as well": (
        [BEFORE, at(1, service(UPDATING), old(4, desired_state=TaskState.REMOVE))],
        "is said to be of 4 slots, of 3 that are to stay",
    ),
    "of no slots": (
        [*FIRST, at(1, replace(service(PAUSED), update_status=UpdateStatus(PAUSED, slot_count=0, failure_count=1)))],
        "is paused with only 1 of 0 failed",
    ),
    "going on while paused": (
        [*FIRST, at(1, own(1, RUNNING)), at(2, service(PAUSED, 1)), at(3, *SECOND_SLOT)],
        "is paused and begins 1 more",
    ),
    "stopping old ones while paused": (
        [*FIRST, at(1, own(1, RUNNING)), at(2, service(PAUSED, 1)), at(3, *stopped(2))],
        "is paused and begins 1 more",
    ),
    "from paused to completed": (
        [*FIRST, at(1, service(PAUSED, 1)), at(2, service(COMPLETED))],
        "went from paused to completed",
    ),
    "back to nothing with the same spec": (
        [*FIRST, at(1, replace(service(UPDATING), update_status=None))],
        "went from updating to none",
    ),
}


def judged(history: list[Step]) -> UpdatesKeepBounds:
    """A check that was shown these objects, index by index; one given again is an update, the id of a task its end."""
    check = UpdatesKeepBounds()
    versions: dict[str, int] = {}
    for index, step in enumerate(history, 1):
        changes: list[Change] = []
        at_ns = round(step.at_s * SECOND)
        for each in step.objects:
            if isinstance(each, str):
                changes.append(Delete(Kind.TASK, each, versions.pop(each)))
                continue
            expected = versions.get(each.id)
            versions[each.id] = index
            wall_ns = at_ns + round(step.ahead_s * SECOND)
            each = replace(each, version=index, updated_at=wall_ns)
            changes.append(Create(each) if expected is None else Update(each, expected))
        check.judge(at_ns, index, Transaction(tuple(changes), 1), step.term)
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


def test_a_change_of_placement_alone_stops_what_suits_its_node_no_more() -> None:
    """Who told it to stop is not to be said: the node may have changed as well."""
    moved = replace(
        service(UPDATING), spec=ServiceSpec("web", replace(OLD, placement=Placement(("node.role==worker",))))
    )
    assert judged([BEFORE, at(1, moved, *stopped(1, 2))]).violation is None


def test_it_says_how_many_slots_were_begun() -> None:
    assert judged(FIRST).remark() == "1 slot begun by updates"


BROUGHT_BACK = [replace(own(slot), id=TaskId(f"back.{slot}"), spec=OLD, spec_version=3) for slot in (1, 2)]
ALL_STOPPED = [own(slot, RUNNING, desired_state=SHUTDOWN) for slot in (1, 2)]


@pytest.mark.parametrize(("update", "rollback", "violated"), [(1, 2, False), (1, 0, False), (2, 1, True), (0, 1, True)])
def test_a_rollback_goes_by_settings_of_its_own(update: int, rollback: int, violated: bool) -> None:
    settings = UpdateConfig(parallelism=update), UpdateConfig(parallelism=rollback)
    spec = ServiceSpec("web", OLD, update=settings[0], rollback=settings[1])
    back = Service(ServiceId("web"), spec, 3, update_status=UpdateStatus(UpdateState.ROLLBACK_STARTED))
    violation = judged([*ALL_RUN, at(7, back), at(8, *ALL_STOPPED, *BROUGHT_BACK)]).violation
    assert (violation is not None) is violated
    assert violation is None or "2 slots under way, of at most 1" in violation.detail


@pytest.mark.parametrize(("state", "violated"), [(TaskState.PENDING, False), (RUNNING, True)])
def test_what_never_ran_may_be_stopped_anywhere(state: TaskState, violated: bool) -> None:
    """A failure of another slot turns the update round in the transaction in which one is borne in slot 1."""
    config = UpdateConfig(parallelism=0, max_failure_ratio=0.25)
    begun = at(0, service(UPDATING, parallelism=0, max_failure_ratio=0.25), *stopped(1, 2), own(1, state), own(2))
    spec = ServiceSpec("web", OLD, update=config)
    back = Service(ServiceId("web"), spec, 3, update_status=UpdateStatus(UpdateState.ROLLBACK_STARTED))
    given_up = [own(1, state, desired_state=SHUTDOWN), own(2, desired_state=SHUTDOWN)]
    turn = at(8, back, *given_up, again(1, by_update=False), BROUGHT_BACK[1])
    assert (judged([BEFORE, begun, turn]).violation is not None) is violated


@pytest.mark.parametrize(("constraint", "violated"), [("node.hostname != w1", False), ("node.hostname == w1", True)])
def test_what_a_global_service_is_not_to_have_there_any_more_is_not_stopped_by_its_update(
    constraint: str, violated: bool
) -> None:
    everywhere = ServiceSpec("web", OLD, mode=Global())
    moved = replace(everywhere, task=replace(NEW, placement=Placement((constraint,))))
    before = Service(ServiceId("web"), everywhere, 1)
    after = replace(
        before, spec=moved, spec_version=2, update_status=UpdateStatus(PAUSED, slot_count=1, failure_count=1)
    )
    described = node(description=NodeDescription("w1"))
    violation = judged([at(0, described, before, old(0)), at(1, after), at(2, *stopped(0))]).violation
    assert (violation.detail if violation is not None else "").endswith("begins 1 more" if violated else "")
    assert (violation is not None) is violated
