"""What a container's own command line makes of it, by simulated time."""

from typing import Any

import pytest
from simulated import order, phases, scripted_world, task

from core.effects import PrepareTask, StartTask
from core.events import ContainerPhase
from core.ids import OperationId, TaskId
from core.timing import MS, SECOND
from sim.container import TaskContainer
from sim.facts import ContainerChanged
from sim.images import Catalogue, Image
from sim.observer import Observation
from sim.world import World, WorldConfig

BOX = Image("box", port=80, runs_commands=True)


class Run:
    """One container of a box, and how long after its start it ended."""

    def __init__(self, *argv: str, image: Image = BOX, entrypoint: tuple[str, ...] = (), **spec: Any) -> None:
        self.world: World = scripted_world("m1", config=WorldConfig(images=Catalogue((image,)), keeps_logs=True))
        self.changed_at: dict[ContainerPhase, int] = {}
        self.world.observer.on_fact(self._note)
        wanted = task("web.1", image=image.name, args=argv, command=entrypoint, **spec)
        order(self.world, "m1", PrepareTask(OperationId(1), wanted, (), ()))
        order(self.world, "m1", StartTask(OperationId(2), wanted.id))
        self.world.run_for(2 * SECOND)

    def _note(self, seen: Observation) -> None:
        if isinstance(seen.fact, ContainerChanged):
            self.changed_at[seen.fact.phase] = seen.at

    @property
    def container(self) -> TaskContainer:
        container = self.world.machine("m1").engine.tasks.container(TaskId("web.1"))
        assert container is not None
        return container

    @property
    def ran_ns(self) -> int:
        return self.changed_at[ContainerPhase.EXITED] - self.changed_at[ContainerPhase.HEALTHY]

    @property
    def output(self) -> str:
        assert self.container.log is not None
        return "\n".join(line.data.decode() for line in self.container.log.lines)


@pytest.mark.parametrize(
    ("argv", "code", "ran_ns"),
    [
        (("true",), 0, 0),
        (("false",), 1, 0),
        (("exit", "3"), 3, 0),
        (("/bin/sh", "-c", "exit 4"), 4, 0),
        (("sh", "-c", "false || exit 7; echo no"), 7, 0),
        (("sleep", "0.25"), 0, 250 * MS),
        (("sleep", "1s"), 0, SECOND),
        (("sleep", "90m"), 0, 5400 * SECOND),
        (("sleep", "1h", ".5"), 0, 3600 * SECOND + 500 * MS),
        (("sleep", "soon"), 1, 0),
        (("sh", "-c", "sleep 1; sleep 2 && false"), 1, 3 * SECOND),
        (("sh", "-c", "exec sleep 1"), 0, SECOND),
        (("sh", "-c", "sh -c 'exit 2' || sleep 1"), 0, SECOND),
        (("sh",), 0, 0),
    ],
)
def test_a_command_ends_in_its_time_with_its_code(argv: tuple[str, ...], code: int, ran_ns: int) -> None:
    run = Run(*argv)
    run.world.run_for(ran_ns)
    assert run.container.exit_code == code
    assert run.ran_ns == ran_ns
    assert phases(run.world, "m1", "web.1")[-2:] == [ContainerPhase.HEALTHY, ContainerPhase.EXITED]


@pytest.mark.parametrize(
    "argv",
    [("serve", "--port", "80"), ("sh", "-c", "sleep 0.1; serve | tee log"), ("sh", "-c", "echo hi && serve"), ()],
)
def test_what_is_not_a_command_here_is_the_image_s_own_program(argv: tuple[str, ...]) -> None:
    run = Run(*argv)
    assert run.container.running
    assert run.container.listening


@pytest.mark.parametrize("argv", [("sleep", "infinity"), ("tail", "-f", "/dev/null"), ("sleep", "1000000h")])
def test_a_container_may_be_kept_alive_by_idling(argv: tuple[str, ...]) -> None:
    run = Run(*argv)
    run.world.run_for(1000 * SECOND)
    assert run.container.running
    assert not run.container.listening


def test_an_image_that_stands_in_for_its_program_does_so_whatever_the_command() -> None:
    run = Run("false", image=Image("box", port=80))
    assert run.container.listening


def test_the_entrypoint_of_the_spec_replaces_all_of_the_image_s() -> None:
    image = Image("box", entrypoint=("echo", "image"), command=("default",), runs_commands=True)
    assert Run(image=image).output == "image default"
    assert Run("given", image=image).output == "image given"
    assert Run(image=image, entrypoint=("echo", "spec")).output == "spec"
    assert Run("given", image=image, entrypoint=("echo", "spec")).output == "spec given"


def test_what_it_writes_is_in_its_log_by_the_world_s_time() -> None:
    run = Run("sh", "-c", "echo $NAME '$NAME' \"${NAME}s\" $?; sleep 0.5; cat /missing; echo $?", env=("NAME=pea",))
    assert run.output == "pea $NAME peas 0\ncat: can't open '/missing': No such file or directory\n1"
    log = run.container.log
    assert log is not None
    began_at = run.changed_at[ContainerPhase.HEALTHY]
    assert [line.at - began_at for line in log.lines] == [0, 500 * MS, 500 * MS]
    assert [line.stream.value for line in log.lines] == ["stdout", "stderr", "stdout"]


def test_a_loop_goes_on_until_it_is_stopped() -> None:
    run = Run("sh", "-c", "while true; do echo tick; sleep 0.99; done")
    run.world.run_for(10 * SECOND)
    ticks = run.output.count("tick")
    assert 10 <= ticks <= 13
    run.world.machine("m1").engine.tasks.exit(TaskId("web.1"), 1)
    run.world.run_for(10 * SECOND)
    assert run.output.count("tick") == ticks


def test_a_loop_that_does_nothing_still_takes_time() -> None:
    run = Run("sh", "-c", "while true; do true; done")
    run.world.run_for(SECOND)
    assert run.container.running


def test_without_keeping_logs_nothing_is_kept() -> None:
    world = scripted_world("m1", config=WorldConfig(images=Catalogue((BOX,))))
    order(world, "m1", PrepareTask(OperationId(1), task("web.1", image="box", args=("echo", "a")), (), ()))
    order(world, "m1", StartTask(OperationId(2), TaskId("web.1")))
    world.run_for(2 * SECOND)
    [container] = world.containers("m1")
    assert (container.exit_code, container.log) == (0, None)
