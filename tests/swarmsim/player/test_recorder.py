"""What the recorder takes down beside the facts."""

from fake_world import FakeWorld, status

from core.ids import ServiceId
from core.objects import Service
from core.objects.service import ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec
from core.operations import Kind
from core.store import Create, Delete, Store, Transaction
from swarmsim.player.recorder import LOOK_NS, Recorder


def test_services_keep_their_names_after_they_are_gone() -> None:
    world = FakeWorld("m1")
    world.statuses["m1"] = status("m1", leads=True)
    store = world.stores["m1"] = Store()
    spec = TaskSpec(container=ContainerSpec(image="web:1"))
    services = [Service(ServiceId(each), ServiceSpec(name, task=spec), version=1) for each, name in NAMES]
    store.apply(1, Transaction(tuple(Create(service) for service in services), 1))
    recorder = Recorder(world)
    recorder.begin(0)
    store.apply(2, Transaction((Delete(Kind.SERVICE, ServiceId("s-2"), 1),), 1))
    world.run_until(2 * LOOK_NS)
    assert list(recorder.service_names.items()) == sorted(NAMES)


NAMES = (("s-2", "web"), ("s-1", "db"))
