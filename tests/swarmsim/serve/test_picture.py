"""A picture shows a cluster as it is, with the rates since the last one; to look changes nothing."""

from pathlib import Path

import pytest

from core.objects.service import Replicated, ReplicatedJob, ServiceSpec
from core.objects.task import ContainerSpec, RestartCondition, RestartPolicy, TaskSpec
from core.operations import CreateService
from core.timing import SECOND
from swarmsim.scenario.plan import ClusterPlan, ImagePlan
from swarmsim.serve.cluster import ServedPlan, start
from swarmsim.serve.faults import Faults
from swarmsim.serve.picture import Painter, ServicePicture
from swarmsim.serve.place import Place
from swarmsim.worlds.simulated import SimulatedWorld


class Gallery:
    """A manager and a worker, and somebody who makes pictures of them."""

    def __init__(self) -> None:
        images = (ImagePlan("job:1", exits_after_ns=1 * SECOND),)
        self.world: SimulatedWorld = start(ServedPlan(ClusterPlan(1, 1), images=images), 1, 0, lambda text: None)
        self.faults = Faults(self.world)
        places = {host: Place(Path(f"/run/{host}.sock")) for host in self.world.hosts()}
        self.painter = Painter(self.world, places, self.faults)

    def run(self, duration_ns: int) -> None:
        self.world.run_until(self.world.now_ns + duration_ns)

    def create(self, spec: ServiceSpec) -> None:
        self.world.submit("m1", CreateService(spec), lambda result: None)
        self.run(20 * SECOND)


@pytest.fixture
def gallery() -> Gallery:
    return Gallery()


def test_hosts_are_shown_as_they_are(gallery: Gallery) -> None:
    manager, worker = gallery.painter.paint().hosts
    assert (manager.machine.swarm, worker.machine.swarm) == ("leader", "worker")
    assert manager.term > 0
    assert manager.commit_index == gallery.world.status("m1").commit_index > 0
    assert gallery.painter.paint().leader == "m1"


def test_rates_are_those_since_the_last_picture_by_the_worlds_clock(gallery: Gallery) -> None:
    assert gallery.painter.paint().messages_per_s is None
    before = sum(count for kinds in gallery.world.sent().values() for count, _ in kinds.values())
    gallery.run(4 * SECOND)
    after = sum(count for kinds in gallery.world.sent().values() for count, _ in kinds.values())
    assert after > before
    assert gallery.painter.paint().messages_per_s == (after - before) / 4
    assert gallery.painter.paint().messages_per_s is None, "no time has passed"


def test_services_are_shown_with_what_they_have_and_are_to_have(gallery: Gallery) -> None:
    gallery.create(ServiceSpec("web", TaskSpec(ContainerSpec("nginx:1")), mode=Replicated(3)))
    once = TaskSpec(ContainerSpec("job:1"), restart=RestartPolicy(RestartCondition.NONE))
    gallery.create(ServiceSpec("job", once, mode=ReplicatedJob(2, 2)))
    picture = gallery.painter.paint()
    assert picture.services == (
        ServicePicture("web", "nginx:1", False, 3, 3),
        ServicePicture("job", "job:1", True, 2, 2),
    )
    assert sum(host.container_count for host in picture.hosts) == 3


def test_without_a_manager_there_is_nobody_to_tell_of_services(gallery: Gallery) -> None:
    gallery.faults.play(gallery.faults.read({"kill": "m1"}))
    picture = gallery.painter.paint()
    assert (picture.leader, picture.services, picture.faults) == ("", (), ("kill: m1",))
