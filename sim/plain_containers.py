"""Containers of no task: what somebody runs on one machine by hand, which no agent hears of.

They have the ports of their machine that they ask for and no network of the swarm. What is done to them takes effect as
it does for tasks' containers. One that has ended may be started again; one that is found dead at boot stays so.
"""

from collections.abc import Callable
from functools import partial

from core.events import ContainerPhase
from core.objects.port import PortConfig
from core.objects.task import ContainerSpec
from sim.container import Container
from sim.images import Image
from sim.local_images import LocalImages
from sim.loop import Loop
from sim.processes import Processes
from sim.programs.waits import KILLED

Watcher = Callable[[Container, ContainerPhase], None]


class Refused(ValueError):
    """What was asked for cannot be, as things are; says why."""


class PlainContainers:
    """Those of one machine, by id, in order of creation."""

    def __init__(self, loop: Loop, images: LocalImages, processes: Processes) -> None:
        self._loop = loop
        self._images = images
        self._processes = processes
        self._by_id: dict[str, Container] = {}
        self._names: dict[str, None] = {}
        """Also of those that are being made."""
        self._watchers: list[Watcher] = []
        self._life = 0

    # --- making and removing

    def pull(self, reference: str, pulled: Callable[[Image | None], None]) -> None:
        """Have an image there; `pulled` is told it once it is, or None if it cannot be had."""
        image = self._images.find(reference)
        if image is not None:
            self._loop.call_after(self._images.wait_ns(image), self._pulled, self._life, image, pulled)
        else:
            self._loop.call_after(0, pulled, None)

    def _pulled(self, life: int, image: Image, pulled: Callable[[Image | None], None]) -> None:
        if life == self._life:
            self._images.add(image)
            pulled(image)

    def create(
        self, spec: ContainerSpec, name: str, ports: tuple[PortConfig, ...], created: Callable[[Container], None]
    ) -> None:
        """Make a container of an image that is there, and tell it in a while; `ports` are host ports.

        Refused at once if the image is not there or the name is in use.
        """
        image = self._images.find(spec.image)
        if image is None or not self._images.has(image):
            raise Refused(f"No such image: {spec.image}")
        if name in self._names:
            raise Refused(f"The container name {name!r} is already in use: remove that container, or choose another")
        self._names[name] = None
        self._loop.call_after(image.create_ns, self._created, self._life, spec, image, name, ports, created)

    def _created(
        self,
        life: int,
        spec: ContainerSpec,
        image: Image,
        name: str,
        ports: tuple[PortConfig, ...],
        created: Callable[[Container], None],
    ) -> None:
        if life != self._life:
            return
        container = Container(spec, image, self._processes.new_id(), name, {}, ports, self._processes.new_log())
        container.created_at = self._loop.now
        self._by_id[container.id] = container
        created(container)

    def remove(self, container: Container, *, force: bool = False) -> None:
        """Refused while it runs, unless by `force`, which kills it."""
        if container.running and not force:
            raise Refused(f"container {container.name} is running: stop it before it is removed, or force it")
        self.kill(container)
        container.life += 1  # it is not started either, if that is under way
        if self._by_id.pop(container.id, None) is not None:
            del self._names[container.name]
            self._changed(container, ContainerPhase.REMOVED)

    # --- running

    def start(self, container: Container, started: Callable[[], None]) -> None:
        """Run its command, unless it runs; `started` is called when it does.

        Refused at once if a port that it asks for belongs to another container here.
        """
        if container.running:
            self._loop.call_after(0, started)
            return
        taken = self._processes.open_ports()
        for port in container.asked_ports:
            if (port.protocol, port.published_port) in taken:
                raise Refused(f"Bind for 0.0.0.0:{port.published_port} failed: port is already allocated")
        container.life += 1
        self._loop.call_after(container.image.start_ns, self._started, container, container.life, started)

    def _started(self, container: Container, life: int, started: Callable[[], None]) -> None:
        if life != container.life:
            return
        container.exit_code, container.err = None, ""
        container.phase = self._processes.begin(container)
        self._changed(container, container.phase)
        started()
        self._processes.run(container, partial(self._exit, container, life))

    def stop(
        self, container: Container, grace_ns: int, stopped: Callable[[], None], *, interrupts: bool = False
    ) -> None:
        """Give it the signal to stop, and kill it after the grace period; `stopped` is called when it does not run.

        `interrupts`: the signal is that of Ctrl-C.
        """
        if not container.running:
            container.life += 1  # it is not started either, if that is under way
            self._loop.call_after(0, stopped)
            return
        delay_ns, code = self._processes.signal_stop(container, grace_ns, interrupts=interrupts)

        def end(life: int) -> None:
            self._exit(container, life, code)
            stopped()

        self._loop.call_after(delay_ns, end, container.life)

    def kill(self, container: Container, code: int = KILLED) -> None:
        """It ends now, if it runs."""
        if container.running:
            self._exit(container, container.life, code)

    def _exit(self, container: Container, life: int, code: int) -> None:
        if life == container.life:
            self._processes.end(container, code, "")
            self._changed(container, ContainerPhase.EXITED)

    def power_lost(self, code: int) -> None:
        """All end so; what was under way is forgotten."""
        self._life += 1
        self._names = {container.name: None for container in self._by_id.values()}
        for container in self._by_id.values():
            if container.running:
                self._exit(container, container.life, code)
            container.life += 1

    def probed(self, container: Container, phase: ContainerPhase) -> None:
        """Its health check has found it so."""
        container.phase = phase
        self._changed(container, phase)

    # --- looking at it

    @property
    def containers(self) -> tuple[Container, ...]:
        """In order of creation."""
        return tuple(self._by_id.values())

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Have every change of phase told, until the returned function is called."""
        watchers = self._watchers
        watchers.append(watcher)

        def undo() -> None:
            if watcher in watchers:
                watchers.remove(watcher)

        return undo

    def _changed(self, container: Container, phase: ContainerPhase) -> None:
        for watcher in tuple(self._watchers):
            watcher(container, phase)
