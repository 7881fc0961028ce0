"""Tasks that are to keep running: each one of those that ran, not as many as ran."""

from random import Random

import pytest
from fake_world import FakeWorld, status
from msgspec.structs import replace

from core.ids import NodeId, ServiceId, TaskId
from core.objects import Service, Task
from core.objects.service import ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec, TaskState, TaskStatus
from core.store import Create, Store, Transaction
from core.timing import MS, SECOND
from swarmsim.player.census import Census
from swarmsim.player.continuity import Continuity
from swarmsim.player.eventual import eventually
from swarmsim.player.operator import Operator
from swarmsim.player.roster import Roster
from swarmsim.recording import Ruling, Verdict
from swarmsim.scenario.expectations import Expectation, KeepsRunning, Window
from swarmsim.world import ContainerView, Power

WINDOW = Window(10 * SECOND, 20 * SECOND)


def box(number: int) -> ContainerView:
    return ContainerView(TaskId(f"task-{number}"), True, True, (), ())


def world_of_two_tasks(*, is_global: bool = False) -> FakeWorld:
    """Tasks 1 and 2 of `web`, on w1 and w2."""
    world = FakeWorld("m1", "w1", "w2")
    world.statuses["m1"] = status("m1", leads=True)
    spec = TaskSpec(container=ContainerSpec(image="web:1"))
    service = Service(ServiceId("s"), ServiceSpec("web", task=spec), version=1)
    tasks = [
        Task(
            TaskId(f"task-{number}"), service.id, 0 if is_global else number, spec, 1, NodeId(f"node-w{number}"), "web",
            status=TaskStatus(state=TaskState.RUNNING), version=1,
        )
        for number in (1, 2)
    ]  # fmt: skip
    store = world.stores["m1"] = Store()
    store.apply(1, Transaction((Create(service), *(Create(task) for task in tasks)), 1))
    world.boxes = {"w1": (box(1),), "w2": (box(2),)}
    return world


def judged(
    world: FakeWorld, *, of: str | None = None, change_at_ns: int | None = None, to_ns: int = 30 * SECOND
) -> Verdict:
    """What is ruled if w2 loses power at `change_at_ns`, its task at once replaced by one on w1."""
    census = Census(world)
    census.look()
    expectation = Expectation(KeepsRunning(WINDOW, of))
    judge = eventually(world, 0, Roster(world, Random(1)), Operator(world), census, expectation)
    assert isinstance(judge, Continuity)

    def change() -> None:
        world.statuses["w2"] = replace(world.statuses["w2"], power=Power.OFF)
        world.boxes["w1"] = (box(1), box(3))

    if change_at_ns is not None:
        world.call_at(change_at_ns, change)
    world.run_until(to_ns)
    return judge.verdict()


def test_tasks_that_run_to_the_end_of_the_window_hold() -> None:
    verdict = judged(world_of_two_tasks(), change_at_ns=20 * SECOND)
    assert (verdict.ruling, verdict.detail) == (Ruling.HELD, "2 tasks did")


def test_a_task_that_is_replaced_did_not_keep_running() -> None:
    verdict = judged(world_of_two_tasks(), change_at_ns=12 * SECOND)
    assert (verdict.ruling, verdict.detail, verdict.at_ns) == (
        Ruling.VIOLATED,
        "web.2 on w2 did not at 12.000 s",
        12 * SECOND,
    )


def test_a_task_of_a_global_service_is_named_by_its_host_alone() -> None:
    verdict = judged(world_of_two_tasks(is_global=True), change_at_ns=12 * SECOND)
    assert verdict.detail == "web.w2 did not at 12.000 s"


def test_the_last_moment_of_the_window_counts() -> None:
    assert judged(world_of_two_tasks(), change_at_ns=20 * SECOND - 2 * MS).ruling is Ruling.VIOLATED


def test_what_was_lost_before_the_window_does_not_count() -> None:
    verdict = judged(world_of_two_tasks(), change_at_ns=9 * SECOND)
    assert (verdict.ruling, verdict.detail) == (Ruling.HELD, "1 task did")


def test_other_services_do_not_count() -> None:
    assert judged(world_of_two_tasks(), of="web", change_at_ns=12 * SECOND).ruling is Ruling.VIOLATED
    assert judged(world_of_two_tasks(), of="other", change_at_ns=12 * SECOND).ruling is Ruling.UNKNOWN


@pytest.mark.parametrize(("change_at_ns", "ruling"), [(None, Ruling.HELD), (12 * SECOND, Ruling.VIOLATED)])
def test_tasks_are_known_even_if_the_managers_go_as_the_window_begins(change_at_ns: int | None, ruling: Ruling) -> None:
    world = world_of_two_tasks()
    world.call_at(WINDOW.from_ns, world.stores.clear)
    world.call_at(WINDOW.from_ns, lambda: world.statuses.update(m1=status("m1", power=Power.OFF)))
    assert judged(world, change_at_ns=change_at_ns).ruling is ruling


def test_nobody_can_tell_of_tasks_that_were_not_there_or_a_window_that_was_not_over() -> None:
    nobody = world_of_two_tasks()
    nobody.boxes = {}
    assert judged(nobody).detail == "none ran when the window began"
    verdict = judged(world_of_two_tasks(), to_ns=15 * SECOND)
    assert (verdict.ruling, verdict.detail) == (Ruling.UNKNOWN, "the run ended before the window did")
