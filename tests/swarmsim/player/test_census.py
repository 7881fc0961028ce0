"""What runs of each service, counted also while no manager is in service, and by nobody who knows less than before."""

from fake_world import FakeWorld, status
from msgspec.structs import replace

from core.ids import NodeId, ServiceId, TaskId
from core.objects import Service, Task
from core.objects.service import ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec, TaskState, TaskStatus
from core.store import Create, Store, Transaction
from swarmsim.player.census import Census
from swarmsim.world import ContainerView, Power

SPEC = TaskSpec(container=ContainerSpec(image="web:1"))


def store_at(index: int, *services: str) -> Store:
    """Each service has one task, on w1."""
    store = Store()
    for each in services:
        service = Service(ServiceId(f"id-{each}"), ServiceSpec(each, task=SPEC), version=index)
        task = Task(
            TaskId(f"task-{each}"), service.id, 1, SPEC, 1, NodeId("node-w1"), each,
            status=TaskStatus(state=TaskState.RUNNING), version=index,
        )  # fmt: skip
        store.apply(index, Transaction((Create(service), Create(task)), index))
    return store


def box(service: str) -> ContainerView:
    return ContainerView(TaskId(f"task-{service}"), True, True, (), ())


def counted_world() -> tuple[FakeWorld, Census]:
    world = FakeWorld("m1", "w1")
    world.statuses["m1"] = status("m1", leads=True)
    world.stores["m1"] = store_at(5, "web")
    world.boxes["w1"] = (box("web"),)
    census = Census(world)
    census.look()
    assert census.counts() == {"web": (1, 1)}
    return world, census


def test_without_any_manager_containers_are_counted() -> None:
    world, census = counted_world()
    del world.stores["m1"]
    world.statuses["m1"] = status("m1", power=Power.NO_DAEMON)
    census.look()
    assert census.counts() == {"web": (1, 1)}
    assert [task.id for task in census.running("web")] == [TaskId("task-web")]
    world.statuses["w1"] = replace(world.statuses["w1"], power=Power.OFF)
    assert census.counts() == {"web": (1, 0)}
    assert census.running() == []


def test_a_manager_that_starts_and_knows_less_than_was_known_is_not_believed_until_it_leads() -> None:
    world, census = counted_world()
    world.stores["m1"] = store_at(3)
    world.statuses["m1"] = status("m1")
    census.look()
    assert census.counts() == {"web": (1, 1)}
    world.statuses["m1"] = status("m1", leads=True)  # by what it knows: its swarm was begun anew
    census.look()
    assert census.counts() == {}


def test_services_keep_their_names() -> None:
    world, census = counted_world()
    world.stores["m1"] = store_at(9, "db")
    census.look()
    assert census.names == {"id-web": "web", "id-db": "db"}
