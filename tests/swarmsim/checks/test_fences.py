"""The check of fenced slots accepts what hosts cannot help and rejects made-up histories that must not be."""

from typing import Any

import pytest
from fake_world import FakeWorld
from msgspec.structs import replace

from core.events import ContainerPhase
from core.facts import HostPhaseChanged, TaskMoved
from core.ids import NodeId, OperationId, ServiceId, TaskId
from core.objects import Task
from core.objects.fence import fence_wait_ns
from core.objects.task import ContainerSpec, TaskSpec, TaskState, TaskStatus
from core.store import Create, Store, Transaction
from core.timing import SECOND
from core.trials.faults import StopEngine
from sim.facts import ContainerChanged, DaemonStarted, DaemonStopped, FaultEnded, FaultStarted, Paused, Resumed
from swarmsim.checks.fences import FencedSlotsNeverDoubled
from swarmsim.checks.watch import Watch
from swarmsim.world import ContainerView, Power

OLD = Task(
    TaskId("old"),
    ServiceId("db"),
    1,
    TaskSpec(ContainerSpec("image")),
    1,
    node_id=NodeId("node-w1"),
    desired_state=TaskState.SHUTDOWN,
    status=TaskStatus(TaskState.RUNNING),
    fence_ns=10 * SECOND,
)
NEW = replace(OLD, id=TaskId("new"), node_id=NodeId("node-w2"), desired_state=TaskState.RUNNING)
WAIT_NS = fence_wait_ns(OLD)
BOOTED = DaemonStarted(2, 0, None)  # type: ignore[arg-type]  # what was on the disk does not matter


class Hosts:
    """w1 runs the old container, then w2 starts the new one."""

    def __init__(self, old: Task = OLD, new: Task = NEW) -> None:
        self.world = FakeWorld("m1", "w1", "w2")
        self.check = FencedSlotsNeverDoubled(self.world)
        Watch(self.world, [self.check])
        self.leave_only(old, new)
        self.runs(w1=old.id)
        self.new = new

    def leave_only(self, *tasks: Task) -> None:
        """There is no record of any other task."""
        store = Store()
        store.apply(1, Transaction(tuple(Create(replace(each, version=1)) for each in tasks), 1))
        self.world.stores = {"m1": store}

    def runs(self, **tasks: TaskId) -> None:
        self.world.boxes = {host: (ContainerView(task_id, True, True, (), ()),) for host, task_id in tasks.items()}

    def at(self, at_ns: int, host: str, fact: Any) -> "Hosts":
        self.world.now_ns = at_ns
        self.world.tell(host, fact)
        return self

    def start(self, at_ns: int = 0, phase: ContainerPhase = ContainerPhase.STARTED) -> str:
        """What the check says of the start."""
        self.at(at_ns, "w2", ContainerChanged(self.new.id, "db", phase, OperationId(2)))
        return self.check.violation.detail if self.check.violation is not None else ""


def test_to_start_beside_another_of_the_slot_is_a_breach() -> None:
    assert Hosts().start() == "new starts while of its fenced slot there runs old on w1"


def test_so_it_is_to_become_healthy_beside_it() -> None:
    assert Hosts().start(phase=ContainerPhase.HEALTHY) != ""


def test_to_start_after_it_is_none() -> None:
    hosts = Hosts()
    hosts.runs()
    assert hosts.start() == ""
    assert hosts.check.checked_count == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (replace(OLD, fence_ns=None), NEW),
        (OLD, replace(NEW, fence_ns=None)),
        (replace(OLD, slot=2), NEW),
        (replace(OLD, service_id=ServiceId("web")), NEW),
    ],
)
def test_only_two_fenced_tasks_of_one_slot_are_its_business(old: Task, new: Task) -> None:
    assert Hosts(old, new).start() == ""


@pytest.mark.parametrize("fact", [DaemonStopped("killed"), Paused(), HostPhaseChanged("locked")])
def test_a_helpless_host_ends_nothing(fact: Any) -> None:
    hosts = Hosts().at(0, "w1", fact)
    assert hosts.start(100 * WAIT_NS) == ""
    assert hosts.check.remark() == "1 container could not be ended by a helpless host"


@pytest.mark.parametrize(
    ("helpless", "able"),
    [
        (DaemonStopped("killed"), BOOTED),
        (Paused(), Resumed(1, 0)),
        (HostPhaseChanged("locked"), HostPhaseChanged("manager")),
    ],
)
@pytest.mark.parametrize(("after_ns", "violated"), [(WAIT_NS, False), (WAIT_NS + 1, True)])
def test_once_it_is_able_it_has_one_fence_more(helpless: Any, able: Any, after_ns: int, violated: bool) -> None:
    hosts = Hosts().at(0, "w1", helpless).at(50, "w1", able)
    assert bool(hosts.start(50 + after_ns)) is violated


def test_a_locked_host_is_helpless_also_once_its_daemon_has_started() -> None:
    hosts = Hosts().at(1, "w1", DaemonStopped("killed")).at(2, "w1", HostPhaseChanged("locked")).at(2, "w1", BOOTED)
    assert hosts.start(2 + fence_wait_ns(OLD) + 1) == ""


def test_an_engine_that_does_not_answer_makes_a_host_helpless() -> None:
    hosts = Hosts().at(0, "", FaultStarted(7, StopEngine(("w1",))))
    hosts.at(1, "w1", DaemonStopped("killed")).at(2, "w1", BOOTED)
    assert hosts.start(9 * WAIT_NS) == ""
    hosts.at(10 * WAIT_NS, "", FaultEnded(7))
    assert hosts.start(11 * WAIT_NS) == ""
    assert hosts.start(11 * WAIT_NS + 1) != ""


def test_an_engine_that_answers_a_dead_daemon_ends_nothing_either() -> None:
    hosts = Hosts().at(0, "", FaultStarted(7, StopEngine(("w1",)))).at(1, "w1", DaemonStopped("killed"))
    hosts.world.statuses["w1"] = replace(hosts.world.statuses["w1"], power=Power.NO_DAEMON)
    assert hosts.at(2, "", FaultEnded(7)).start(9 * WAIT_NS) == ""


def test_the_help_of_another_host_excuses_nobody() -> None:
    assert Hosts().at(0, "m1", Paused()).start(1) != ""


def test_a_container_whose_record_is_gone_still_counts() -> None:
    hosts = Hosts()
    hosts.at(0, "w1", ContainerChanged(OLD.id, "db", ContainerPhase.STARTED, OperationId(1)))
    hosts.leave_only(NEW)
    assert hosts.start(1) == "new starts while of its fenced slot there runs old on w1"


def test_so_does_one_that_a_leader_moved_before_anybody_saw_it_start() -> None:
    hosts = Hosts()
    hosts.at(0, "m1", TaskMoved(OLD.id, "db", 1, OLD.node_id, TaskState.ASSIGNED, TaskState.RUNNING))
    hosts.leave_only(NEW)
    assert hosts.start(1) != ""


def test_and_one_that_starts_when_its_own_record_has_gone() -> None:
    hosts = Hosts()
    for each in (OLD, NEW):
        hosts.at(0, "m1", TaskMoved(each.id, "db", 1, each.node_id, TaskState.ASSIGNED, TaskState.RUNNING))
    hosts.leave_only()
    assert hosts.start(1) != ""


def test_one_whose_record_is_gone_may_have_stopped_or_be_of_another_slot() -> None:
    for old, running in (
        (OLD, {}),
        (replace(OLD, slot=2), {"w1": OLD.id}),
        (replace(OLD, fence_ns=None), {"w1": OLD.id}),
    ):
        hosts = Hosts(old)
        hosts.at(0, "w1", ContainerChanged(OLD.id, "db", ContainerPhase.STARTED, OperationId(1)))
        hosts.leave_only(NEW)
        hosts.runs(**running)
        assert hosts.start(1) == ""
        assert hosts.check.checked_count == 1 + (old.fence_ns is not None)
