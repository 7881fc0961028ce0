"""The two checks of slots: each accepts what may happen to a slot and rejects made-up histories that must not."""

from typing import Any

import pytest
from fake_world import FakeWorld
from msgspec.structs import replace

from core.ids import NodeId, ServiceId, TaskId
from core.objects import Node, Service, Task
from core.objects.node import NodeSpec, NodeState, NodeStatus
from core.objects.service import ServiceSpec, UpdateConfig, UpdateOrder
from core.objects.task import ContainerSpec, TaskSpec, TaskState, TaskStatus
from core.operations import Kind
from core.store import Change, Create, Delete, Store, Transaction, Update
from core.timing import DOCKER, LAN, SECOND, Timing
from swarmsim.checks.bounds import container_end_ns, word_done_ns
from swarmsim.checks.check import Check
from swarmsim.checks.containers import OneContainerPerSlot
from swarmsim.checks.slots import LONGEST_WAIT_NS, OneTaskPerSlot, really_runs
from swarmsim.checks.suite import full_suite
from swarmsim.world import ContainerView, Power

SPEC = TaskSpec(ContainerSpec("image"))
READY, DOWN = NodeState.READY, NodeState.DOWN
SHUTDOWN = TaskState.SHUTDOWN


def task(name: str, node: str = "node-w1", **changes: Any) -> Task:
    fields: dict[str, Any] = {"slot": 1, "status": TaskStatus(TaskState.RUNNING), "node_id": NodeId(node)}
    return Task(TaskId(name), ServiceId("web"), spec=SPEC, spec_version=1, **{**fields, **changes})


def getting_ready(name: str, **changes: Any) -> Task:
    return task(
        name, **{"status": TaskStatus(TaskState.PENDING), "desired_state": TaskState.READY, "node": "", **changes}
    )


def started_first(spec_version: int) -> Service:
    spec = ServiceSpec("web", SPEC, update=UpdateConfig(order=UpdateOrder.START_FIRST))
    return Service(ServiceId("web"), spec, spec_version)


def stopped(old: Task) -> Task:
    return replace(old, desired_state=SHUTDOWN, status=TaskStatus(SHUTDOWN))


def node(name: str, state: NodeState = READY) -> Node:
    return Node(NodeId(name), NodeSpec(), status=NodeStatus(state))


class History:
    """Transactions as managers apply them, one index after the other; an object given again is an update, a kind and
    id a removal."""

    def __init__(self) -> None:
        self.check = OneTaskPerSlot(lambda task: task.id == RUNS.id)
        self._index = 0
        self._versions: dict[str, int] = {}

    def then(self, *objects: Any, at_ns: int = 0) -> "History":
        self._index += 1
        changes = tuple(map(self._change, objects))
        self.check.judge(at_ns, self._index, Transaction(changes, 1))
        return self

    def _change(self, stored: Any) -> Change:
        if isinstance(stored, tuple):
            kind, object_id = stored
            return Delete(kind, object_id, self._versions.pop(object_id))
        expected = self._versions.get(stored.id)
        self._versions[stored.id] = self._index
        stored = replace(stored, version=self._index)
        return Create(stored) if expected is None else Update(stored, expected)


def complaint(check: Check) -> str:
    return check.violation.detail if check.violation is not None else ""


OLD, NEW = task("old"), getting_ready("new", node="node-w2")
RUN = replace(NEW, desired_state=TaskState.RUNNING)
TOLD = replace(OLD, desired_state=SHUTDOWN)
FENCED = replace(OLD, fence_ns=10 * SECOND)
RUNS = task("runs")
"""Of all tasks, this one's container runs, whatever its record says."""

GOOD: dict[str, list[tuple[Any, ...]]] = {
    "the replacement waits until the old one has stopped": [(OLD,), (TOLD, NEW), (stopped(OLD),), (RUN,)],
    "it stops and the next one runs at one index": [(OLD,), (TOLD, NEW), (stopped(OLD), RUN)],
    "nobody waits for a node that is down": [(OLD,), (node("node-w1", DOWN), TOLD, NEW), (RUN,)],
    "nor for one that is gone": [(OLD,), ((Kind.NODE, "node-w1"), TOLD, NEW), (RUN,)],
    "nor for what never had a node": [(getting_ready("old"),), (getting_ready("old", desired_state=SHUTDOWN), RUN)],
    "nor for what its node was never told": [
        (task("a", slot=0, status=TaskStatus(TaskState.PENDING)),),
        (task("a", slot=0, status=TaskStatus(TaskState.PENDING), desired_state=SHUTDOWN), task("b", slot=0)),
    ],
    "an update that starts first keeps the old one until the new one runs": [
        (started_first(1), OLD),
        (started_first(2),),
        (replace(RUN, spec_version=2),),
        (TOLD,),
    ],
    "one with a fence is waited for until its fence is over": [
        (FENCED,),
        (node("node-w1", DOWN), replace(FENCED, desired_state=SHUTDOWN), NEW),
        (replace(FENCED, desired_state=SHUTDOWN, status=TaskStatus(TaskState.ORPHANED)),),
        (RUN,),
    ],
    "two slots are two": [(OLD,), (task("other", slot=2),)],
    "a record goes once its task has stopped": [(OLD,), (TOLD,), (stopped(OLD),), ((Kind.TASK, "old"),)],
    "or at the index at which it has": [(OLD,), (TOLD,), ((Kind.TASK, "old"),)],
    "or with its node": [(RUNS,), ((Kind.NODE, "node-w1"),), ((Kind.TASK, "runs"),)],
    "or with its node at one index": [(RUNS,), ((Kind.NODE, "node-w1"), (Kind.TASK, "runs"))],
    "a global service runs on every node": [(task("a", slot=0),), (task("b", "node-w2", slot=0),)],
}
BAD: dict[str, tuple[list[tuple[Any, ...]], str]] = {
    "two are wanted": ([(OLD,), (NEW,)], "2 tasks that are wanted"),
    "two are created at once": ([(OLD, RUN)], "2 tasks that are wanted"),
    "two of one spec are wanted though updates start first": (
        [(started_first(1), OLD), (NEW,)],
        "2 tasks that are wanted",
    ),
    "the replacement does not wait": ([(OLD,), (TOLD, NEW), (RUN,)], "is to run in slot 1 of web beside ['old']"),
    "one is made to run beside one given up": ([(OLD,), (TOLD,), (RUN,)], "beside ['old']"),
    "nor on a node that is back": (
        [(OLD,), (node("node-w1", DOWN), TOLD, NEW), (node("node-w1"),), (RUN,)],
        "beside ['old']",
    ),
    "one with a fence is not waited for": (
        [(FENCED,), (node("node-w1", DOWN), replace(FENCED, desired_state=SHUTDOWN), NEW), (RUN,)],
        "beside ['old']",
    ),
    "a record goes while its task runs": (
        [(RUNS,), ((Kind.TASK, "runs"),)],
        "runs leaves the store while its container",
    ),
    "while it is to stop": (
        [(RUNS,), (replace(RUNS, desired_state=SHUTDOWN),), ((Kind.TASK, "runs"),)],
        "runs leaves the store while its container runs on node-w1",
    ),
    "while it is taken for stopped": ([(RUNS,), (stopped(RUNS),), ((Kind.TASK, "runs"),)], "runs leaves the store"),
    "while its node is down": (
        [(RUNS,), (node("node-w1", DOWN),), ((Kind.TASK, "runs"),)],
        "runs leaves the store while its container",
    ),
    "two of a global service on one node": (
        [(task("a", slot=0),), (task("b", slot=0),)],
        "the place of web on node-w1",
    ),
    "the one before the last still runs": (
        [
            (OLD,),
            (TOLD, NEW),
            (stopped(NEW), getting_ready("newer")),
            (replace(getting_ready("newer"), desired_state=TaskState.RUNNING),),
        ],
        "beside ['old']",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_may_happen_in_a_slot(name: str) -> None:
    history = History().then(node("node-w1"), node("node-w2"))
    for objects in GOOD[name]:
        history.then(*objects)
    assert complaint(history.check) == ""
    assert history.check.checked_count


@pytest.mark.parametrize("name", BAD)
def test_what_may_not_happen_in_a_slot(name: str) -> None:
    history = History().then(node("node-w1"), node("node-w2"))
    objects_by_index, expected = BAD[name]
    for objects in objects_by_index:
        history.then(*objects)
    assert expected in complaint(history.check)


@pytest.mark.parametrize(("waited_ns", "violated"), [(LONGEST_WAIT_NS, False), (LONGEST_WAIT_NS - 1, True)])
def test_a_task_that_will_not_stop_is_waited_for_a_minute(waited_ns: int, violated: bool) -> None:
    history = History().then(node("node-w1"), node("node-w2"), OLD).then(TOLD, NEW).then(RUN, at_ns=waited_ns)
    assert bool(complaint(history.check)) is violated


def test_one_with_a_fence_is_waited_for_as_long_as_it_takes() -> None:
    told = replace(FENCED, desired_state=SHUTDOWN)
    history = History().then(node("node-w1"), node("node-w2"), FENCED).then(told, NEW)
    assert "beside ['old']" in complaint(history.then(RUN, at_ns=100 * LONGEST_WAIT_NS).check)


def test_a_container_runs_on_the_host_that_is_its_tasks_node() -> None:
    world = FakeWorld("m1", "w1")
    world.boxes = {
        "w1": (ContainerView(TaskId("a"), True, True, (), ()), ContainerView(TaskId("b"), False, True, (), ()))
    }
    assert really_runs(world, task("a"))
    assert not really_runs(world, task("a", "node-m1"))
    assert not really_runs(world, task("b"))


def test_each_index_is_judged_once_and_a_transaction_that_did_not_hold_says_nothing() -> None:
    history = History().then(node("node-w1"), OLD)
    count = history.check.checked_count
    history.check.judge(0, 1, Transaction((Create(replace(NEW, version=1)),), 1))
    history.check.judge(0, 2, Transaction((Create(replace(OLD, version=2)),), 1))
    assert (history.check.checked_count, complaint(history.check)) == (count, "")


# --- containers

BOUND_NS = container_end_ns(LAN, OLD)


class Hosts:
    """w1 runs the old container and w2 the new one, as far as nothing else is said."""

    def __init__(self, timing: Timing = LAN) -> None:
        self.world = FakeWorld("m1", "w1", "w2")
        self.world.timing = timing
        self.world.statuses["m1"] = replace(self.world.statuses["m1"], leads=True)
        self.check = OneContainerPerSlot(timing)
        self.old = TOLD
        self.runs(w1="old", w2="new")

    def runs(self, **containers: str) -> None:
        view = {host: ContainerView(TaskId(name), True, True, (), ()) for host, name in containers.items()}
        self.world.boxes = {host: (container,) for host, container in view.items()}

    def look(self, at_ns: int, w1: NodeState | None = READY) -> str:
        """What it says at this instant, with w1 in this state (None: removed) in the store."""
        nodes = [node("node-w2"), *([node("node-w1", w1)] if w1 is not None else [])]
        store = Store()
        new = task("new", "node-w2")
        objects: tuple[Any, ...] = (*nodes, self.old, new, task("alone", slot=2))
        store.apply(1, Transaction(tuple(Create(replace(each, version=1)) for each in objects), 1))
        self.world.stores = {"m1": store}
        self.world.now_ns = at_ns
        self.check.sample(self.world)
        return complaint(self.check)


def test_two_containers_of_a_slot_are_one_too_many_once_the_older_could_long_have_been_told() -> None:
    hosts = Hosts()
    assert hosts.look(0) == hosts.look(BOUND_NS) == ""
    assert "the container of old on w1 runs on" in hosts.look(BOUND_NS + 1)
    assert "1 container ran beside" in hosts.check.remark()


def test_a_slower_timing_profile_gives_more_time() -> None:
    hosts = Hosts(DOCKER)
    bound_ns = container_end_ns(DOCKER, OLD)
    assert bound_ns > BOUND_NS
    assert hosts.look(0) == hosts.look(bound_ns) == ""
    assert "the container of old on w1 runs on" in hosts.look(bound_ns + 1)


@pytest.mark.parametrize(("own_ns", "grace_ns"), [(20 * SECOND, 20 * SECOND), (0, 0), (None, LAN.drain_grace_ns)])
def test_it_has_its_own_grace_to_drain(own_ns: int | None, grace_ns: int) -> None:
    hosts = Hosts()
    hosts.old = replace(TOLD, drain_grace_ns=own_ns)
    bound_ns = container_end_ns(LAN, replace(TOLD, drain_grace_ns=0)) + grace_ns
    assert hosts.look(0) == hosts.look(bound_ns) == ""
    assert "the container of old on w1 runs on" in hosts.look(bound_ns + 1)


@pytest.mark.parametrize(("w1", "power"), [(DOWN, Power.UP), (READY, Power.PAUSED), (READY, Power.NO_DAEMON)])
def test_while_its_host_cannot_be_told_it_runs_on_and_the_time_begins_after_that(w1: NodeState, power: Power) -> None:
    hosts = Hosts()
    usual = hosts.world.statuses["w1"]
    for at_ns in (0, BOUND_NS, 3 * BOUND_NS):
        hosts.world.statuses["w1"] = replace(usual, power=power)
        assert hosts.look(at_ns, w1) == ""
    hosts.world.statuses["w1"] = usual
    assert hosts.look(4 * BOUND_NS) == hosts.look(5 * BOUND_NS) == ""
    assert hosts.look(5 * BOUND_NS + 1) != ""


@pytest.mark.parametrize("old", ["old", "stray"])
def test_between_two_looks_nobody_knows_since_when_it_could_be_told(old: str) -> None:
    hosts = Hosts()
    hosts.runs(w1=old, w2="new")
    assert hosts.look(0, DOWN) == hosts.look(4 * BOUND_NS) == hosts.look(4 * BOUND_NS + 1) == ""
    assert f"the container of {old} on w1 runs on" in hosts.look(5 * BOUND_NS + 1)


def test_a_container_that_is_reachable_again_is_not_another_one() -> None:
    hosts = Hosts()
    for at_ns, w1 in enumerate((READY, DOWN, READY)):
        hosts.look(at_ns, w1)
    assert "1 container ran beside" in hosts.check.remark()


def test_nobody_is_told_without_a_leader() -> None:
    hosts = Hosts()
    hosts.world.statuses["m1"] = replace(hosts.world.statuses["m1"], leads=False)
    assert [hosts.look(at_ns) for at_ns in (0, BOUND_NS + 1, 3 * BOUND_NS)] == ["", "", ""]


def test_nobody_is_told_anything_without_a_session_whatever_the_leader_believes() -> None:
    hosts = Hosts()
    hosts.world.statuses["w1"] = replace(hosts.world.statuses["w1"], in_session=False)
    assert [hosts.look(at_ns) for at_ns in (0, BOUND_NS + 1, 3 * BOUND_NS)] == ["", "", ""]


def test_a_host_that_was_removed_keeps_what_it_runs_to_itself() -> None:
    hosts = Hosts()
    assert [hosts.look(at_ns, w1=None) for at_ns in (0, BOUND_NS + 1)] == ["", ""]


def test_a_container_of_another_slot_is_none_of_its_business() -> None:
    hosts = Hosts()
    hosts.runs(w1="alone", w2="new")
    assert [hosts.look(at_ns) for at_ns in (0, BOUND_NS + 1)] == ["", ""]


STRAY_NS = word_done_ns(LAN)


def test_a_container_whose_task_has_gone_is_gone_soon_after_its_host_could_be_told() -> None:
    hosts = Hosts()
    hosts.runs(w1="stray", w2="new")
    assert hosts.look(0) == hosts.look(STRAY_NS) == ""
    assert hosts.look(STRAY_NS + 1) == "the container of stray on w1 runs on, though its task has gone from the store"


@pytest.mark.parametrize(("w1", "violated"), [(READY, True), (DOWN, False), (None, False)])
def test_a_host_out_of_touch_or_out_of_the_swarm_may_keep_it(w1: NodeState | None, violated: bool) -> None:
    hosts = Hosts()
    hosts.runs(w1="stray", w2="new")
    assert bool([hosts.look(at_ns, w1) for at_ns in (0, STRAY_NS + 1)][-1]) is violated


def test_each_container_without_a_task_has_its_own_time() -> None:
    hosts = Hosts()
    hosts.runs(w1="stray", w2="new")
    hosts.look(0)
    hosts.runs(w1="another", w2="new")
    assert hosts.look(STRAY_NS + 1) == ""
    assert "the container of another" in hosts.look(2 * STRAY_NS + 2)


def test_the_time_ends_with_the_container() -> None:
    hosts = Hosts()
    hosts.look(0)
    hosts.runs(w2="new")
    hosts.look(1 * SECOND)
    hosts.runs(w1="old", w2="new")
    assert hosts.look(BOUND_NS + 1) == ""


@pytest.mark.parametrize("both_on", ["w1", "w2"])
def test_two_on_one_host_are_two_as_well(both_on: str) -> None:
    hosts = Hosts()
    views = tuple(ContainerView(TaskId(name), True, True, (), ()) for name in ("old", "new"))
    hosts.world.boxes = {both_on: views}
    assert hosts.look(0) == ""
    assert "the container of old" in hosts.look(BOUND_NS + 1)


def test_both_are_on_in_every_run() -> None:
    names = [check.name for check in full_suite(FakeWorld("m1"))]
    assert {"one-task-per-slot", "one-container-per-slot"} <= set(names)
