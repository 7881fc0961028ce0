"""The container engine of one simulated machine, as the API needs it.

A task's container is its swarm's: who stops, kills or removes it by hand does what a failure does, and the swarm starts
another in its place. It is not started again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from signal import Signals
from typing import Final

from msgspec.structs import replace

from core.ids import TaskId
from sim.container import Container, TaskContainer
from sim.facts import ContainerChanged
from sim.images import Image
from sim.plain_containers import Refused
from sim.programs.waits import INTERRUPTED, KILLED
from sim.world import World
from swarmsim.containers import (
    Action,
    ContainerEvent,
    EngineContainer,
    EngineError,
    EngineImage,
    LineTaker,
    LogWish,
    OutputTaker,
    Remote,
    Session,
    Status,
    Told,
    Trouble,
    Undo,
    Wanted,
)
from swarmsim.worlds.container_changes import ContainerChanges
from swarmsim.worlds.container_names import free_name
from swarmsim.worlds.container_view import view
from swarmsim.worlds.log_reading import LogReading
from swarmsim.worlds.sessions import ContainerSession, NobodyListens, run_in, typed_exec
from swarmsim.worlds.simulated_images import SimulatedImages, tagged
from swarmsim.worlds.terminal import Terminal
from swarmsim.worlds.typing_shell import is_typed_into

_FOR_EVER_NS: Final = 1 << 60
_SIGNALS: Final = {
    name: str(Signals[f"SIG{name}"].value) for name in ("HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "WINCH")
}
_TERMINATING: Final = frozenset(_SIGNALS[each] for each in ("INT", "QUIT", "TERM"))
"""Those that end a process that attends to them; others, but for the killing one, have no effect here."""


class SimulatedEngine:
    """Implements `swarmsim.containers.ContainerEngine`; `changed` is to be told of the machine's tasks' containers."""

    def __init__(self, world: World, host: str) -> None:
        self._world = world
        self._machine = world.machine(host)
        self._host = host
        self._engine = self._machine.engine
        self._rng = world.random(f"names of containers on {host}")
        self._images = SimulatedImages(world.config.images, self._engine.images, world.config.began_at_ns)
        self._auto_remove: set[str] = set()
        self._readings: dict[str, list[LogReading]] = {}
        """Those that follow, by container."""
        self._changes = ContainerChanges(self._engine, self._view)
        self._changes.watch(self._ended)

    # --- looking at it

    def containers(self) -> tuple[EngineContainer, ...]:
        self._must_answer()
        return tuple(self._view(each) for each in self._all())

    def container(self, container_id: str) -> EngineContainer:
        return self._view(self._find(container_id))

    def watch(self, listener: Callable[[ContainerEvent], None]) -> Undo:
        return self._changes.watch(listener)

    def changed(self, fact: ContainerChanged) -> None:
        """What the world tells of a task's container on this machine."""
        self._changes.task_changed(fact)

    # --- making and removing

    def create(self, wanted: Wanted, told: Told[str]) -> None:
        self._must_answer()
        name = wanted.name or free_name(self._rng, {each.name for each in self.containers()})
        self._images.at_hand(wanted.spec.image)

        def created(container: Container) -> None:
            if wanted.auto_remove:
                self._auto_remove.add(container.id)
            self._changes.tell(Action.CREATE, container)
            told(container.id)

        with _refusals(Trouble.CONFLICT):
            self._engine.plain.create(wanted.spec, name, wanted.ports, created)

    def remove(self, container_id: str, force: bool) -> None:
        container = self._find(container_id)
        if container.running and not force:
            raise EngineError(
                Trouble.CONFLICT,
                f'cannot remove container "{self._view(container).name}": container is running: stop the container '
                "before removing or force remove",
            )
        if isinstance(container, TaskContainer):
            self._engine.tasks.remove_by_hand(container.task_id)
        else:
            self._engine.plain.remove(container, force=force)
        self._auto_remove.discard(container_id)

    # --- running

    def start(self, container_id: str, told: Told[None]) -> None:
        container = self._find(container_id)
        if isinstance(container, TaskContainer):
            raise EngineError(
                Trouble.UNSUPPORTED,
                f"container {container_id[:12]} is a task's: its swarm starts another in its place, and never this one",
            )
        mesh = self._machine.data_plane.tables.published_ports()
        taken = [each.published_port for each in container.asked_ports if (each.published_port, each.protocol) in mesh]
        try:
            if taken:
                raise EngineError(Trouble.FAILED, f"Bind for 0.0.0.0:{taken[0]} failed: a service publishes this port")
            with _refusals(Trouble.FAILED):
                self._engine.plain.start(container, lambda: told(None))
        except EngineError:
            if container_id in self._auto_remove:  # its client waits for that
                self._remove_ended(container_id)
            raise

    def stop(self, container_id: str, grace_ns: int | None, told: Told[None]) -> None:
        container = self._find(container_id)
        grace = container.spec.stop_grace_period_ns if grace_ns is None else grace_ns

        def stopped() -> None:
            told(None)

        if container.running:
            self._changes.tell(Action.KILL, container, {"signal": "15"})
            self._changes.stops(container)
        if isinstance(container, TaskContainer):
            delay_ns = self._engine.tasks.stop_by_hand(container.task_id, grace)
            self._world.call_at(self._world.now + (delay_ns or 0) + 1, stopped)
        else:
            self._engine.plain.stop(container, grace, stopped)

    def kill(self, container_id: str, signal: str) -> None:
        container, name = self._find(container_id), signal.upper().removeprefix("SIG")
        number = _SIGNALS.get(name, name)
        if number not in _SIGNALS.values():
            raise EngineError(Trouble.INVALID, f"invalid signal: {signal}")
        if not container.running:
            raise EngineError(Trouble.CONFLICT, f"cannot kill container: {container_id}: container is not running")
        self._changes.tell(Action.KILL, container, {"signal": number})
        if number == _SIGNALS["KILL"]:
            self._end(container)
        elif number in _TERMINATING:
            self._terminate(container, interrupts=number == _SIGNALS["INT"])

    def _end(self, container: Container) -> None:
        if isinstance(container, TaskContainer):
            self._engine.tasks.exit(container.task_id, KILLED)
        else:
            self._engine.plain.kill(container)

    def _terminate(self, container: Container, *, interrupts: bool) -> None:
        if isinstance(container, TaskContainer):
            self._engine.tasks.stop_by_hand(container.task_id, _FOR_EVER_NS, interrupts=interrupts)
        else:
            self._engine.plain.stop(container, _FOR_EVER_NS, lambda: None, interrupts=interrupts)

    # --- what they write, and what is run beside them

    def logs(self, container_id: str, wish: LogWish, taker: LineTaker) -> Undo:
        container = self._find(container_id)
        if container.log is None:
            raise EngineError(Trouble.UNSUPPORTED, "this world keeps nothing of what containers write")
        follows = wish.follow and self._view(container).state.status is not Status.EXITED
        reading = LogReading(container.log, replace(wish, follow=follows), self._wall_at, taker)
        if not follows:
            return reading.stop
        readings = self._readings.setdefault(container_id, [])
        readings.append(reading)

        def undo() -> None:
            reading.stop()
            if reading in readings:
                readings.remove(reading)

        return undo

    def attach(self, container_id: str, taker: OutputTaker, *, stdin: bool) -> Session:
        container = self._find(container_id)

        def interrupt() -> None:
            if container.running:
                self._terminate(container, interrupts=True)

        return ContainerSession(self._world, self._machine, self._changes, container, taker, interrupt, stdin=stdin)

    def run(
        self,
        container_id: str,
        argv: tuple[str, ...],
        variables: tuple[str, ...],
        taker: OutputTaker,
        ended: Callable[[int], None],
        *,
        stdin: bool,
        tty: bool,
    ) -> Session:
        container = self._find(container_id)
        if stdin and is_typed_into(argv):
            return typed_exec(self._machine, self._changes, container, variables, taker, ended, tty=tty)
        kill = run_in(self._machine, container, argv, variables, taker, ended, killed=INTERRUPTED)
        return Terminal(kill, taker) if stdin and tty else NobodyListens()

    # --- images

    def images(self) -> tuple[EngineImage, ...]:
        self._must_answer()
        return self._images.all()

    def image(self, reference: str) -> EngineImage | None:
        self._must_answer()
        return self._images.find(reference)

    def pull(self, reference: str, told: Told[EngineImage]) -> None:
        self._must_answer()
        self._images.remote(reference)

        def pulled(image: Image | None) -> None:
            found = self._images.find(reference) if image is not None else None
            missing = EngineError(Trouble.NOT_FOUND, f"pull access denied for {tagged(reference)}: it does not exist")
            told(found if found is not None else missing)

        self._engine.plain.pull(reference, pulled)

    def remove_image(self, reference: str) -> None:
        self._must_answer()
        self._images.remove(reference)

    def remote(self, reference: str) -> Remote:
        return self._images.remote(reference)

    # --- inside

    def task_container(self, task_id: TaskId) -> str | None:
        """The id of a task's container, if there is one."""
        container = self._engine.tasks.container(task_id)
        return container.id if container is not None else None

    def _must_answer(self) -> None:
        if self._engine.down_reason:
            raise EngineError(Trouble.FAILED, f"the container engine does not answer: {self._engine.down_reason}")

    def _all(self) -> tuple[Container, ...]:
        both = (*self._engine.tasks.containers, *self._engine.plain.containers)
        return tuple(sorted(both, key=lambda each: each.created_at))

    def _find(self, container_id: str) -> Container:
        self._must_answer()
        for container in (*self._engine.tasks.containers, *self._engine.plain.containers):
            if container.id == container_id:
                return container
        raise EngineError(Trouble.NOT_FOUND, f"No such container: {container_id}")

    def _view(self, container: Container) -> EngineContainer:
        return view(container, self._machine, self._wall_at, auto_remove=container.id in self._auto_remove)

    def _wall_at(self, at: int) -> int:
        """What this machine's wall clock would have shown then, had it always been as wrong as it is now."""
        return self._machine.clock.wall_ns() - (self._world.now - at)

    def _ended(self, event: ContainerEvent) -> None:
        """Who follows a log is told that it has ended; who wished to be removed then is."""
        container_id = event.container.id
        if event.action in (Action.DIE, Action.DESTROY):
            for reading in self._readings.pop(container_id, ()):
                reading.end()
        if event.action is Action.DIE and container_id in self._auto_remove:
            self._world.call_at(self._world.now, self._remove_ended, container_id)

    def _remove_ended(self, container_id: str) -> None:
        for container in self._engine.plain.containers:
            if container.id == container_id and not container.running:
                self._engine.plain.remove(container)
                self._auto_remove.discard(container_id)


@contextmanager
def _refusals(trouble: Trouble) -> Iterator[None]:
    """What the machine refuses is this kind of trouble."""
    try:
        yield
    except Refused as refused:
        raise EngineError(trouble, str(refused)) from None
