"""How processes of containers begin and end on one machine, whosever the containers are."""

from collections.abc import Callable
from random import Random
from typing import Final

from core.events import ContainerPhase
from core.objects.port import Protocol
from core.timing import MS
from sim.container import Container
from sim.container_log import ContainerLog
from sim.host_ports import open_ports
from sim.loop import Loop
from sim.probes import Probes
from sim.programs.programs import Programs
from sim.programs.waits import INTERRUPTED, KILLED, TERMINATED

CRASHED: Final = 139
"""Exit code of a segmentation fault."""
_FIRST_PID: Final = 1000
_INIT_STOP_NS: Final = 1 * MS


class Processes:
    """`changed` is told of each container whose phase a probe has changed."""

    def __init__(
        self,
        loop: Loop,
        rng: Random,
        programs: Programs,
        changed: Callable[[Container, ContainerPhase], None],
        keeps_logs: bool,
    ) -> None:
        self._loop = loop
        self._rng = rng
        self._programs = programs
        self._keeps_logs = keeps_logs
        self._count = 0
        self._publishers: dict[str, Container] = {}
        """Containers that have ports of the machine, by id, in order of their beginning."""
        self.probes = Probes(loop, changed, programs)

    def new_id(self) -> str:
        """For a container that is being made; each process's number follows from how many were."""
        self._count += 1
        return f"{self._rng.getrandbits(256):064x}"

    def new_log(self) -> ContainerLog | None:
        """For a container that is being made, in a world that keeps what they write."""
        return ContainerLog() if self._keeps_logs else None

    def open_ports(self) -> set[tuple[Protocol, int]]:
        """The ports of the machine that processes have."""
        return {(port.protocol, port.published_port) for each in self._publishers.values() for port in each.ports}

    def publisher(self, port: int, protocol: Protocol) -> tuple[Container, int] | None:
        """Whose process has this port of the machine for itself (host mode), and its own port behind it."""
        for container in self._publishers.values():
            if container.listening:
                for config in container.ports:
                    if config.published_port == port and config.protocol is protocol:
                        return container, config.target_port
        return None

    def begin(self, container: Container) -> ContainerPhase:
        """The process is there, with its ports: the container's new phase."""
        container.began_at = self._loop.now
        container.pid = _FIRST_PID + self._count
        container.listening = not container.image.runs_commands
        container.ports = open_ports(container.asked_ports, self.open_ports())
        if container.ports:
            self._publishers[container.id] = container
        if container.has_health_check:
            self.probes.begin(container)
        return ContainerPhase.STARTED if container.has_health_check else ContainerPhase.HEALTHY

    def run(self, container: Container, exits: Callable[[int], None]) -> None:
        """Do what the container's command or its image says from now on; `exits` is told each end that comes of it.

        One may be told when the container has ended otherwise, or lives again.
        """
        image = container.image
        if image.exits_after_ns is not None:
            self._loop.call_after(image.exits_after_ns, exits, image.exit_code)
        if image.crash_every_ns:
            self._loop.call_after(int(self._rng.expovariate(1.0) * image.crash_every_ns), exits, CRASHED)
        if image.runs_commands and container.running:
            self._programs.begin(container, exits)

    def signal_stop(self, container: Container, grace_ns: int, *, interrupts: bool = False) -> tuple[int, int]:
        """The signal to stop closes the listener; what is being served is served to the end, if that is in time.

        One that `interrupts`, as Ctrl-C does, is attended to alike and has an exit code of its own.

        When the process will have ended, nanoseconds from now, and its exit code. A shell and its commands do not
        attend to the signal, as the first process of a container is spared it, unless an init stands before them.
        """
        container.listening = False
        if container.main is None or container.main.serving:
            return min((container.image.stop_ns, INTERRUPTED if interrupts else 0), (grace_ns, KILLED))
        code = INTERRUPTED if interrupts else TERMINATED
        return min((_INIT_STOP_NS, code) if container.spec.init else (grace_ns, KILLED), (grace_ns, KILLED))

    def end(self, container: Container, code: int, err: str) -> None:
        """The process is gone, and with it all that was run beside it."""
        container.life += 1
        container.listening = False
        container.ports = ()
        self._publishers.pop(container.id, None)
        if container.running:
            container.ended_at = self._loop.now
            container.exit_code, container.err = code, err
        container.phase = ContainerPhase.EXITED
        for process in (container.main, *container.execs):
            if process is not None:
                process.kill(KILLED)
        container.main = None
        if container.log is not None:
            container.log.end(self._loop.now)
