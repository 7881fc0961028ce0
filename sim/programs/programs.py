"""What runs in the containers of one machine: their own commands, and what is run beside those."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from msgspec import Struct

from core.trials.clients import Failure, Outcome, Why
from sim.container import Container
from sim.container_log import Stream
from sim.file_system import environment
from sim.loop import Loop
from sim.programs.inside import Inside, Outside, Write
from sim.programs.process import Process
from sim.programs.shell import NOT_FOUND, Unknown, not_there, own_program, run
from sim.programs.waits import Ask, Program
from sim.visits import Visited

KEPT_BYTES: Final = 1 << 20
"""Of each stream of an exec whose output nobody takes as it comes."""


class NotRunning(ValueError):
    """Nothing can be run in a container that does not run: start it first."""


class Finished(Struct, frozen=True, gc=False):
    """How an exec has ended, and what it wrote: at most `KEPT_BYTES` of each, nothing if it was taken as it came."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class Programs:
    """Begins processes; they end by themselves, or with their container."""

    def __init__(self, loop: Loop, outside: Outside) -> None:
        self._loop = loop
        self._outside = outside

    def begin(self, container: Container, ended: Callable[[int], None]) -> None:
        """The container's own command; `ended` is told its exit code, later than now."""
        argv = container.argv

        def serves() -> None:
            container.listening = True

        def write(stream: Stream, data: bytes) -> None:
            if container.log is not None:
                container.log.write(self._loop.now, stream, data)

        inside = Inside(container, self._outside, environment(container), write)
        container.main = self._process(container, _program(inside, argv, own_program), ended, serves)
        container.main.begin()

    def exec_in(
        self,
        container: Container,
        argv: Sequence[str],
        finished: Callable[[Finished], None],
        *,
        variables: Sequence[str] = (),
        write: Write | None = None,
    ) -> Process:
        """Run a command beside the container's own; `finished` is called once, later than now.

        `variables` (`NAME=value`) are added to its environment. With `write` its output is handed on as it comes.
        If the container ends before it, it is killed. NotRunning if the container does not run.
        """
        if not container.running:
            raise NotRunning(f"container {container.name} is not running: start it before a command is run in it")
        kept = {Stream.STDOUT: b"", Stream.STDERR: b""}

        def keep(stream: Stream, data: bytes) -> None:
            kept[stream] += data[: KEPT_BYTES - len(kept[stream])]

        def ended(code: int) -> None:
            container.execs = tuple(other for other in container.execs if other is not process)
            finished(Finished(code, kept[Stream.STDOUT], kept[Stream.STDERR]))

        own = environment(container) | dict(_split(entry) for entry in variables)
        inside = Inside(container, self._outside, own, write or keep)
        process = self._process(container, _program(inside, argv, not_there), ended, _nothing)
        container.execs = (*container.execs, process)
        process.begin()
        return process

    def _process(
        self, container: Container, program: Program, ended: Callable[[int], None], serves: Callable[[], None]
    ) -> Process:
        return Process(self._loop, partial(self._outside.visit, container), program, ended, serves)


class NoNetwork:
    """`Outside` where there is none."""

    def resolve(self, container: Container, name: str) -> tuple[str, ...]:
        """Nothing has a name."""
        return ()

    def visit(self, container: Container, ask: Ask, visited: Callable[[Visited], None]) -> None:
        """Nothing is found."""
        visited(Visited(Outcome.NO_ROUTE, 0, failure=Failure(Why.NOT_RESOLVED, service=ask.host)))


def _program(inside: Inside, argv: Sequence[str], unknown: Unknown) -> Program:
    return run(inside, argv, unknown) if argv else unknown(inside, ("",), NOT_FOUND)


def _split(entry: str) -> tuple[str, str]:
    name, _, value = entry.partition("=")
    return name, value


def _nothing() -> None:
    """What serves nobody."""
