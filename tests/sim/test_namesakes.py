"""Images as people know them."""

from typing import Any

import pytest
from simulated import order, phases, run_task, scripted_world, task

from core.effects import StopTask
from core.events import ContainerPhase
from core.ids import OperationId, TaskId
from core.timing import SECOND
from sim.container import TaskContainer
from sim.namesakes import namesake, namesakes
from sim.world import World, WorldConfig


def run(image: str, **spec: Any) -> tuple[World, TaskContainer]:
    """A container of this image, a moment after its start."""
    world = scripted_world("m1", config=WorldConfig(images=namesakes(), keeps_logs=True))
    run_task(world, "m1", task("web.1", image=image, **spec))
    [container] = world.containers("m1")
    return world, container


@pytest.mark.parametrize(
    "reference", ["nginx", "nginx:1.27", "registry.example/library/nginx:1", "localhost:5000/nginx", "nginx@sha256:abc"]
)
def test_an_image_is_known_by_all_its_references(reference: str) -> None:
    assert namesake(reference).port == 80
    assert namesake(reference).name == reference


@pytest.mark.parametrize(("image", "port"), [("redis:7", 6379), ("postgres", 5432), ("traefik/whoami", 80)])
def test_a_server_runs_and_listens_where_its_namesake_does(image: str, port: int) -> None:
    _, container = run(image)
    assert container.running
    assert container.listening
    assert container.image.listens(port)
    assert not container.image.listens(port + 1)


def test_an_unknown_image_runs_and_listens_wherever_it_is_asked() -> None:
    _, container = run("registry.example.org/team/anything:3")
    assert container.listening
    assert container.image.listens(1)
    assert container.image.listens(8080)


@pytest.mark.parametrize("image", ["alpine:3", "ubuntu", "busybox", "debian:12", "python:3"])
def test_a_shell_without_anything_to_read_ends_well(image: str) -> None:
    _, container = run(image)
    assert (container.running, container.exit_code) == (False, 0)


@pytest.mark.parametrize("held", [{"tty": True}, {"open_stdin": True}])
def test_a_shell_whose_input_is_held_open_waits(held: dict[str, bool]) -> None:
    _, container = run("alpine", **held)
    assert container.running
    assert not container.listening


def test_hello_world_greets_and_ends() -> None:
    _, container = run("hello-world")
    assert container.exit_code == 0
    assert container.log is not None
    assert container.log.lines[0].data.startswith(b"Hello from")


def test_a_server_that_is_told_to_run_something_else_does_not_listen() -> None:
    _, container = run("nginx", args=("sleep", "100"))
    assert container.running
    assert not container.listening


def test_a_server_with_arguments_of_its_own_is_still_that_server() -> None:
    _, container = run("redis", args=("redis-server", "--appendonly", "yes"))
    assert container.listening


@pytest.mark.parametrize(
    ("spec", "after_ns", "code"),
    [
        ({}, SECOND, 0),
        ({"args": ("sleep", "1000")}, 10 * SECOND, 137),
        ({"args": ("sleep", "1000"), "init": True}, SECOND, 143),
    ],
)
def test_a_server_heeds_the_stop_signal_and_the_first_process_of_a_shell_does_not(
    spec: dict[str, Any], after_ns: int, code: int
) -> None:
    world, container = run("nginx", **spec)
    order(world, "m1", StopTask(OperationId(9), TaskId("web.1"), 10 * SECOND))
    world.run_for(after_ns // 2)
    assert container.running is (after_ns > SECOND)
    world.run_for(after_ns)
    assert container.exit_code == code
    assert phases(world, "m1", "web.1")[-1] is ContainerPhase.EXITED
