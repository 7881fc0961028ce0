"""Containers of no task: made, run and removed by hand, unknown to the agent."""

from typing import Any

import pytest
from simulated import host_of, order, run_task, scripted_world, task

from core.effects import PrepareTask
from core.events import ContainerPhase, EngineInventory, TaskReported
from core.ids import OperationId
from core.objects.port import PortConfig, PublishMode
from core.objects.task import ContainerSpec, HealthCheck
from core.timing import MS, SECOND
from core.trials.clients import Outcome
from sim.container import Container
from sim.images import Catalogue, Image
from sim.namesakes import namesakes
from sim.plain_containers import PlainContainers, Refused
from sim.visits import Visited
from sim.world import World, WorldConfig

P = ContainerPhase


def _never(container: Container) -> None:
    pytest.fail("it was refused")


def published(target: int, number: int) -> PortConfig:
    return PortConfig(target, number, publish_mode=PublishMode.HOST)


class Bench:
    """One machine, and what its plain containers come to."""

    def __init__(self) -> None:
        self.world: World = scripted_world("m1", config=WorldConfig(images=namesakes(), keeps_logs=True))
        self.changes: list[tuple[str, ContainerPhase]] = []
        self.plain.watch(lambda container, phase: self.changes.append((container.name, phase)))

    @property
    def plain(self) -> PlainContainers:
        return self.world.machine("m1").engine.plain

    def create(self, name: str, image: str, *ports: PortConfig, **spec: Any) -> Container:
        pulled: list[Image | None] = []
        made: list[Container] = []
        self.plain.pull(image, pulled.append)
        self.world.run_for(SECOND)
        assert pulled != [None]
        self.plain.create(ContainerSpec(image, **spec), name, ports, made.append)
        self.world.run_for(SECOND)
        [container] = made
        return container

    def start(self, container: Container) -> None:
        """Start it, and see that this is told once, when it runs."""
        told: list[bool] = []
        self.plain.start(container, lambda: told.append(container.running))
        self.world.run_for(SECOND)
        assert told == [True]

    def run(self, name: str, image: str, *ports: PortConfig, **spec: Any) -> Container:
        container = self.create(name, image, *ports, **spec)
        self.start(container)
        return container

    def visit(self, port: int) -> Visited:
        ended: list[Visited] = []
        self.world.visit("m1", port, ended.append)
        self.world.run_for(SECOND)
        [visited] = ended
        return visited


def test_one_is_created_started_stopped_started_again_and_removed() -> None:
    bench = Bench()
    container = bench.run("web", "nginx")
    assert container.running
    stopped: list[bool] = []
    bench.plain.stop(container, 10 * SECOND, lambda: stopped.append(container.running))
    bench.world.run_for(SECOND)
    assert (stopped, container.exit_code) == ([False], 0)
    assert container.ended_at > container.began_at > container.created_at > 0
    bench.start(container)
    assert (container.running, container.exit_code) == (True, None)
    bench.plain.kill(container)
    assert container.exit_code == 137
    bench.plain.remove(container)
    assert bench.plain.containers == ()
    assert bench.changes == [("web", phase) for phase in (P.HEALTHY, P.EXITED, P.HEALTHY, P.EXITED, P.REMOVED)]


def test_its_command_decides_when_it_ends_and_each_life_runs_it_anew() -> None:
    bench = Bench()
    container = bench.run("job", "alpine", args=("sh", "-c", "echo done $WHAT; sleep 2; exit 3"), env=("WHAT=well",))
    bench.world.run_for(2 * SECOND)
    assert container.exit_code == 3
    bench.start(container)
    bench.world.run_for(2 * SECOND)
    assert container.log is not None
    assert [line.data for line in container.log.lines] == [b"done well"] * 2


def test_no_agent_hears_of_it() -> None:
    bench = Bench()
    container = bench.run("web", "nginx")
    bench.plain.kill(container)
    assert host_of(bench.world, "m1").events(TaskReported) == []
    bench.world.kill_daemon("m1")
    bench.world.restart("m1")
    assert host_of(bench.world, "m1").events(EngineInventory) == [EngineInventory(())]
    assert bench.world.containers("m1") == ()


def test_a_published_port_of_its_machine_leads_to_it_while_it_runs() -> None:
    bench = Bench()
    container = bench.run("web", "nginx", published(80, 8080), hostname="front")
    visited = bench.visit(8080)
    assert visited.answer is not None
    assert (visited.answer.name, visited.answer.hostname, visited.answer.host) == ("web", "front", "m1")
    bench.plain.kill(container)
    assert bench.visit(8080).outcome is Outcome.REFUSED
    bench.start(container)
    assert bench.visit(8080).outcome is Outcome.OK


def test_a_port_that_is_taken_is_refused_and_one_without_a_number_is_a_free_one() -> None:
    bench = Bench()
    bench.run("one", "nginx", published(80, 8080))
    two = bench.create("two", "nginx", published(80, 8080))
    with pytest.raises(Refused, match=r"0\.0\.0\.0:8080 failed: port is already allocated"):
        bench.plain.start(two, lambda: None)
    three = bench.run("three", "nginx", published(80, 0))
    [port] = three.ports
    assert bench.visit(port.published_port).outcome is Outcome.OK


def test_a_port_of_a_task_s_container_is_taken_too() -> None:
    bench = Bench()
    wanted = task("web.1", image="nginx", host_ports=(published(80, 8080),))
    run_task(bench.world, "m1", wanted)
    with pytest.raises(Refused):
        bench.plain.start(bench.create("two", "nginx", published(80, 8080)), lambda: None)


def test_an_image_has_to_be_there_and_a_name_to_be_free() -> None:
    bench = Bench()
    with pytest.raises(Refused, match="No such image: nginx"):
        bench.plain.create(ContainerSpec("nginx"), "web", (), _never)
    container = bench.create("web", "nginx")
    with pytest.raises(Refused, match="'web' is already in use"):
        bench.plain.create(ContainerSpec("nginx"), "web", (), _never)
    bench.plain.remove(container)
    assert bench.create("web", "nginx") is not container


def test_what_no_registry_has_cannot_be_pulled() -> None:
    world = scripted_world("m1", config=WorldConfig(images=Catalogue((Image("web"),))))
    pulled: list[Image | None] = []
    world.machine("m1").engine.plain.pull("other", pulled.append)
    world.run_for(SECOND)
    assert pulled == [None]


def test_an_image_that_a_task_has_pulled_is_there() -> None:
    bench = Bench()
    order(bench.world, "m1", PrepareTask(OperationId(1), task("web.1", image="nginx"), (), ()))
    bench.world.run_for(SECOND)
    made: list[Container] = []
    bench.plain.create(ContainerSpec("nginx"), "mine", (), made.append)
    bench.world.run_for(SECOND)
    assert len(made) == 1


def test_one_that_runs_is_removed_by_force_only() -> None:
    bench = Bench()
    container = bench.run("web", "nginx")
    with pytest.raises(Refused, match="web is running: stop it"):
        bench.plain.remove(container)
    bench.plain.remove(container, force=True)
    assert not container.running
    assert bench.plain.containers == ()


def test_one_that_is_stopped_before_its_process_runs_does_not_start() -> None:
    bench = Bench()
    container = bench.create("web", "nginx")
    bench.plain.start(container, lambda: pytest.fail("it was called off"))
    bench.plain.stop(container, SECOND, lambda: None)
    bench.world.run_for(SECOND)
    assert not container.running


def test_one_that_is_removed_before_its_process_runs_does_not_start() -> None:
    bench = Bench()
    container = bench.create("web", "nginx")
    bench.plain.start(container, lambda: pytest.fail("it is gone"))
    bench.plain.remove(container)
    bench.world.run_for(SECOND)
    assert not container.running


def test_a_loss_of_power_ends_it_and_it_can_be_started_afterwards() -> None:
    bench = Bench()
    container = bench.run("web", "nginx", published(80, 8080))
    bench.world.kill("m1")
    assert container.exit_code == 255
    bench.world.restart("m1")
    bench.world.run_for(5 * SECOND)
    assert bench.visit(8080).outcome is Outcome.REFUSED
    bench.start(container)
    assert bench.visit(8080).outcome is Outcome.OK


def test_its_health_check_is_run_and_may_recover() -> None:
    bench = Bench()
    check = HealthCheck(("CMD", "cat", "/ready"), interval_ns=SECOND, retries=1)
    container = bench.run("web", "nginx", health=check)
    bench.world.run_for(SECOND)
    container.files["/ready"] = b""
    bench.world.run_for(1100 * MS)
    assert [phase for _, phase in bench.changes] == [P.STARTED, P.UNHEALTHY, P.HEALTHY]


def test_who_watches_no_more_hears_no_more() -> None:
    bench = Bench()
    heard: list[ContainerPhase] = []
    undo = bench.plain.watch(lambda container, phase: heard.append(phase))
    container = bench.run("web", "nginx")
    undo()
    bench.plain.kill(container)
    assert heard == [P.HEALTHY]
