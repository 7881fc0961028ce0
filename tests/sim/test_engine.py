"""The container engine: what each order takes, what each ends in, and what containers do by themselves."""

from typing import Any

import pytest
from simulated import host_of, order, phases, run_task, scripted_world, task

from core.effects import PrepareTask, RemoveTask, StartTask, StopTask
from core.events import ContainerPhase, EngineDown, EngineInventory, EngineUp, TaskReported
from core.ids import ConfigId, OperationId, SecretId, TaskId
from core.objects.config import Config, ConfigSpec
from core.objects.secret import Secret, SecretSpec
from core.objects.task import ConfigReference, FileTarget, SecretReference
from core.timing import MS, SECOND
from sim.container import Container
from sim.images import Catalogue, Image, untagged
from sim.machine import Machine
from sim.world import World, WorldConfig

WEB = TaskId("web.1")
P = ContainerPhase


def world_with(*images: Image) -> World:
    return scripted_world("m1", config=WorldConfig(images=Catalogue(images)))


def engine_of(world: World) -> Any:
    machine: Machine = world.machine("m1")
    return machine.engine


def container_of(world: World) -> Container:
    container = world.machine("m1").engine.tasks.container(WEB)
    assert container is not None
    return container


def last_report(world: World) -> TaskReported:
    report = host_of(world, "m1").events(TaskReported)[-1]
    assert isinstance(report, TaskReported)
    return report


def test_a_container_is_pulled_created_started_and_healthy() -> None:
    world = world_with(Image("web", pull_ns=5 * SECOND, create_ns=SECOND, start_ns=2 * SECOND))
    order(world, "m1", PrepareTask(OperationId(1), task("web.1"), (), ()))
    world.run_until(6 * SECOND)
    assert phases(world, "m1", WEB) == [P.PREPARED]
    order(world, "m1", StartTask(OperationId(2), WEB))
    world.run_for(2 * SECOND - 1)
    assert not container_of(world).running
    world.run_for(1)
    assert [(event.operation_id, event.report.phase) for event in host_of(world, "m1").events(TaskReported)] == [
        (1, P.PREPARED),
        (2, P.HEALTHY),
    ]


def test_an_image_is_pulled_once_per_machine() -> None:
    world = world_with(Image("web", pull_ns=5 * SECOND, create_ns=SECOND))
    run_task(world, "m1", task("web.1"))
    world.run_for(10 * SECOND)
    began_at = world.now
    order(world, "m1", PrepareTask(OperationId(1), task("web.2"), (), ()))
    world.run_for(SECOND)
    assert phases(world, "m1", "web.2") == [P.PREPARED]
    assert world.now - began_at == SECOND


def test_an_image_nobody_has_fails_the_order() -> None:
    world = world_with()
    order(world, "m1", PrepareTask(OperationId(1), task("web.1", image="nowhere:1"), (), ()))
    world.run_for(SECOND)
    assert last_report(world).report.phase is P.FAILED
    assert last_report(world).report.err == "No such image: nowhere:1"


def test_a_registry_that_does_not_answer_only_matters_for_images_not_yet_there() -> None:
    world = world_with(Image("web"), Image("db"))
    run_task(world, "m1", task("web.1"))
    engine_of(world).images.pulls_fail = True
    order(world, "m1", PrepareTask(OperationId(1), task("web.2"), (), ()))
    order(world, "m1", PrepareTask(OperationId(2), task("db.1", image="db"), (), ()))
    world.run_for(SECOND)
    assert phases(world, "m1", "web.2") == [P.PREPARED]
    assert phases(world, "m1", "db.1") == [P.FAILED]


def test_a_health_check_makes_a_started_container_wait_for_its_health() -> None:
    world = world_with(Image("web", start_ns=MS, healthy_after_ns=3 * SECOND))
    run_task(world, "m1", task("web.1", health=True))
    assert phases(world, "m1", WEB) == [P.PREPARED, P.STARTED]
    assert not container_of(world).healthy
    world.run_for(30 * SECOND)
    assert phases(world, "m1", WEB)[-1] is P.HEALTHY


@pytest.mark.parametrize(("grace_ns", "takes_ns", "code"), [(10 * SECOND, 2 * SECOND, 0), (SECOND, SECOND, 137)])
def test_a_stop_waits_for_the_process_up_to_the_grace_period(grace_ns: int, takes_ns: int, code: int) -> None:
    world = world_with(Image("web", stop_ns=2 * SECOND))
    run_task(world, "m1", task("web.1"))
    order(world, "m1", StopTask(OperationId(3), WEB, grace_ns))
    assert not container_of(world).listening
    world.run_for(takes_ns - 1)
    assert container_of(world).running
    world.run_for(1)
    assert last_report(world).operation_id == 3
    assert last_report(world).report.phase is P.EXITED
    assert container_of(world).exit_code == code


def test_stopping_or_removing_what_is_not_there_has_been_done() -> None:
    world = world_with(Image("web"))
    order(world, "m1", StopTask(OperationId(1), WEB, SECOND))
    order(world, "m1", RemoveTask(OperationId(2), WEB))
    world.run_for(SECOND)
    assert sorted(phase.value for phase in phases(world, "m1", WEB)) == ["exited", "removed"]


def test_starting_what_is_not_there_fails() -> None:
    world = world_with(Image("web"))
    order(world, "m1", StartTask(OperationId(1), WEB))
    world.run_for(SECOND)
    assert last_report(world).report.err == "No such container for task web.1"


def test_an_order_given_twice_has_the_effect_of_one_and_both_are_answered() -> None:
    world = world_with(Image("web"))
    for effect in (
        PrepareTask(OperationId(1), task("web.1"), (), ()),
        StartTask(OperationId(2), WEB),
        StopTask(OperationId(3), WEB, SECOND),
        RemoveTask(OperationId(4), WEB),
    ):
        for _ in range(2):
            order(world, "m1", effect)
        world.run_for(SECOND)
        order(world, "m1", effect)
        world.run_for(SECOND)
    answers = host_of(world, "m1").events(TaskReported)
    counts = [sum(answer.operation_id == number for answer in answers) for number in (1, 2, 3, 4)]
    assert all(count >= 2 for count in counts), counts
    assert not world.containers("m1")


def test_an_order_repeated_while_it_is_carried_out_is_not_carried_out_twice() -> None:
    world = world_with(Image("web", create_ns=5 * SECOND))
    order(world, "m1", PrepareTask(OperationId(1), task("web.1"), (), ()))
    world.run_for(SECOND)
    order(world, "m1", PrepareTask(OperationId(1), task("web.1"), (), ()))
    world.run_for(20 * SECOND)
    assert phases(world, "m1", WEB) == [P.PREPARED]
    assert len(world.containers("m1")) == 1


def test_a_container_removed_while_it_is_prepared_never_appears() -> None:
    world = world_with(Image("web", create_ns=5 * SECOND))
    order(world, "m1", PrepareTask(OperationId(1), task("web.1"), (), ()))
    order(world, "m1", RemoveTask(OperationId(2), WEB))
    world.run_for(20 * SECOND)
    assert phases(world, "m1", WEB) == [P.REMOVED]
    assert not world.containers("m1")


def test_a_container_stopped_while_it_starts_never_runs() -> None:
    world = world_with(Image("web", start_ns=5 * SECOND))
    order(world, "m1", PrepareTask(OperationId(1), task("web.1"), (), ()))
    world.run_for(SECOND)
    order(world, "m1", StartTask(OperationId(2), WEB))
    order(world, "m1", StopTask(OperationId(3), WEB, SECOND))
    world.run_for(20 * SECOND)
    assert phases(world, "m1", WEB) == [P.PREPARED, P.EXITED]


def test_an_image_may_say_that_its_process_ends_or_crashes() -> None:
    world = world_with(Image("web", exits_after_ns=5 * SECOND, exit_code=3), Image("db", crash_every_ns=SECOND))
    run_task(world, "m1", task("web.1"))
    run_task(world, "m1", task("db.1", image="db"))
    world.run_for(60 * SECOND)
    assert [container.exit_code for container in world.containers("m1")] == [3, 139]
    assert phases(world, "m1", WEB)[-1] is P.EXITED


def test_a_leak_ends_in_the_kernel_killing_the_container() -> None:
    world = world_with(Image("web", memory_bytes=1000, memory_per_request_bytes=100))
    run_task(world, "m1", task("web.1", memory_limit=1250))
    engine, container = world.machine("m1").engine, container_of(world)
    engine.served(container)
    engine.served(container)
    assert container.running
    engine.served(container)
    assert (container.running, container.exit_code) == (False, 137)
    assert last_report(world).report.err == "container was killed: out of memory"
    assert last_report(world).operation_id == 0


def test_secrets_and_configs_are_files_until_the_container_is_gone_or_the_power_is() -> None:
    world = world_with(Image("web"))
    wanted = task(
        "web.1",
        secrets=(SecretReference(SecretId("s1"), "password", FileTarget("db_password")),),
        configs=(ConfigReference(ConfigId("c1"), "settings", FileTarget("/etc/web.conf")),),
    )
    secret = Secret(SecretId("s1"), SecretSpec("password", b"hush"))
    config = Config(ConfigId("c1"), ConfigSpec("settings", b"port=80"))
    order(world, "m1", PrepareTask(OperationId(1), wanted, (secret,), (config,)))
    world.run_for(SECOND)
    container = container_of(world)
    assert container.files == {"/run/secrets/db_password": b"hush", "/etc/web.conf": b"port=80"}
    assert container.secret_names == ("db_password",)
    world.kill("m1")
    assert container.files == {"/etc/web.conf": b"port=80"}


def test_a_secret_that_did_not_come_with_the_order_is_not_there() -> None:
    world = world_with(Image("web"))
    wanted = task("web.1", secrets=(SecretReference(SecretId("s1"), "password", FileTarget("db_password")),))
    order(world, "m1", PrepareTask(OperationId(1), wanted, (), ()))
    world.run_for(SECOND)
    assert container_of(world).files == {}


def test_orders_wait_for_an_engine_that_is_down() -> None:
    world = world_with(Image("web"))
    engine_of(world).go_down("hung")
    order(world, "m1", PrepareTask(OperationId(1), task("web.1"), (), ()))
    world.run_for(10 * SECOND)
    assert host_of(world, "m1").events(EngineDown) == [EngineDown("hung")]
    assert not phases(world, "m1", WEB)
    engine_of(world).come_up()
    world.run_for(SECOND)
    assert phases(world, "m1", WEB) == [P.PREPARED]
    assert len(host_of(world, "m1").events(EngineUp)) == 2
    assert len(host_of(world, "m1").events(EngineInventory)) == 2


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("web", "web"),
        ("web:1.2", "web"),
        ("registry:5000/team/web:1.2@sha256:abc", "registry:5000/team/web"),
        ("registry:5000/web", "registry:5000/web"),
    ],
)
def test_a_reference_without_its_tag(reference: str, name: str) -> None:
    assert untagged(reference) == name
    assert Catalogue((Image(name),)).find(reference) == Image(name)
