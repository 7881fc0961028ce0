"""Who is connected to what runs in a simulated container.

A shell that is typed into listens to them. Anything else reads nothing, but at a terminal Ctrl-C interrupts it.
"""

from collections.abc import Callable

from sim.container import Container, TaskContainer
from sim.container_log import Stream
from sim.machine import Machine
from sim.programs.programs import Finished, NotRunning
from sim.programs.waits import KILLED
from sim.world import World
from swarmsim.containers import Action, ContainerEvent, EngineError, Output, OutputTaker, Session, Trouble, Undo
from swarmsim.worlds.container_changes import ContainerChanges
from swarmsim.worlds.log_reading import OUTPUTS
from swarmsim.worlds.terminal import Terminal
from swarmsim.worlds.typing_shell import TypingShell, is_typed_into

_STREAMS = {output: stream for stream, output in OUTPUTS.items()}


class NobodyListens:
    """A session with a process that reads no input."""

    def feed(self, data: bytes) -> None:
        """It is lost."""

    def end_input(self) -> None:
        """Nobody waits for that."""

    def leave(self) -> None:
        """Nobody notices."""


def run_in(
    machine: Machine,
    container: Container,
    argv: tuple[str, ...],
    variables: tuple[str, ...],
    taker: OutputTaker,
    ended: Callable[[int], None],
    killed: int = KILLED,
) -> Undo:
    """Run a command beside the container's own; returns what kills it, and has it end with the exit code `killed`.

    EngineError if the container does not run.
    """

    def write(stream: Stream, data: bytes) -> None:
        taker(OUTPUTS[stream], data)

    def finished(how: Finished) -> None:
        ended(how.exit_code)

    try:
        process = machine.programs.exec_in(container, argv, finished, variables=variables, write=write)
    except NotRunning:
        raise EngineError(Trouble.CONFLICT, f"container {container.id} is not running") from None
    return lambda: process.kill(killed)


def typed_exec(
    machine: Machine,
    changes: ContainerChanges,
    container: Container,
    variables: tuple[str, ...],
    taker: OutputTaker,
    ended: Callable[[int], None],
    *,
    tty: bool,
) -> TypingShell:
    """A shell beside the container's own command, which ends with that. EngineError if the container does not run."""
    if not container.running:
        raise EngineError(Trouble.CONFLICT, f"container {container.id} is not running")

    def run(argv: tuple[str, ...], command_ended: Callable[[int], None]) -> Undo:
        return run_in(machine, container, argv, variables, taker, command_ended)

    def over(code: int) -> None:
        unwatch()
        ended(code)

    def happened(event: ContainerEvent) -> None:
        if event.container.id == container.id and event.action is Action.DIE:
            shell.end(KILLED)

    shell = TypingShell(run, taker, over, tty=tty)
    unwatch = changes.watch(happened)
    shell.begin()
    return shell


class ContainerSession:
    """Somebody attached to a container: hears what it writes, and types into it if it is a shell that waits for that.

    Such a shell writes to the container's log, as its own process does; the container ends when it is left. Of other
    containers with a terminal `interrupt` sends the signal that Ctrl-C means.
    """

    def __init__(
        self,
        world: World,
        machine: Machine,
        changes: ContainerChanges,
        container: Container,
        taker: OutputTaker,
        interrupt: Callable[[], None],
        *,
        stdin: bool,
    ) -> None:
        if container.log is None:
            raise EngineError(Trouble.UNSUPPORTED, "this world keeps nothing of what containers write")
        self._world = world
        self._machine = machine
        self._container = container
        self._undos = [container.log.tap(lambda stream, data: taker(OUTPUTS[stream], data))]
        self._shell: TypingShell | None = None
        self._otherwise: Session = NobodyListens()
        """Who is typed to where there is no shell."""
        reads = container.spec.tty or container.spec.open_stdin
        if stdin and reads and is_typed_into(container.argv) and not isinstance(container, TaskContainer):
            self._shell = TypingShell(self._run, self._write, self._left, tty=container.spec.tty)
            self._undos.append(changes.watch(self._happened))
            if container.running:
                self._shell.begin()
        elif stdin and container.spec.tty:
            self._otherwise = Terminal(interrupt, self._write)

    def feed(self, data: bytes) -> None:
        """So much more was typed."""
        if self._shell is not None:
            self._shell.feed(data)
        else:
            self._otherwise.feed(data)

    def end_input(self) -> None:
        """Nobody types any more."""
        if self._shell is not None:
            self._shell.end_input()

    def leave(self) -> None:
        """Whoever was attached is gone; the container goes on."""
        self._shell = None
        for undo in self._undos:
            undo()

    def _run(self, argv: tuple[str, ...], ended: Callable[[int], None]) -> Undo:
        return run_in(self._machine, self._container, argv, (), self._write, ended)

    def _write(self, output: Output, data: bytes) -> None:
        if self._container.log is not None:
            self._container.log.write(self._world.now, _STREAMS[output], data)

    def _left(self, code: int) -> None:
        if self._shell is not None:
            self._machine.engine.plain.kill(self._container, code)

    def _happened(self, event: ContainerEvent) -> None:
        if event.container.id == self._container.id and self._shell is not None:
            if event.action is Action.START:
                self._shell.begin()
            elif event.action is Action.DIE:
                shell, self._shell = self._shell, None
                shell.end(KILLED)
