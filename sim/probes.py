"""Health checks of containers, as Docker's engine runs them by what a task's spec says.

The first probe comes one interval after the start, each further one an interval after the one before has ended. Within
the start period, and until a probe was good, the interval is the start interval. A good probe makes the container
healthy at once. `retries` bad ones in a row make it unhealthy; those that begin within the start period do not count
until one was good. A probe that takes longer than the timeout is a bad one, and is over then.

Whether a probe is good is known beforehand: from when the image says, until the container falls ill. So a healthy
container is not probed until then, and probed from then on at the times at which it would have been. Otherwise where
containers do what they are told to (`Image.runs_commands`) and the test is one that they can do (`sim.programs`): then
each probe runs it and is as good as it ends, also of a container that is unhealthy already.
"""

from collections.abc import Callable
from typing import Final

from core.events import ContainerPhase
from core.objects.task import HealthCheck
from sim.container import Container, Probing
from sim.loop import Loop
from sim.programs.programs import Finished, Programs
from sim.programs.shell import is_understood
from sim.programs.waits import KILLED

DEFAULTS: Final = HealthCheck()


class Probes:
    """`changed` is told of each container whose phase a probe has changed."""

    def __init__(self, loop: Loop, changed: Callable[[Container, ContainerPhase], None], programs: Programs) -> None:
        self._loop = loop
        self._changed = changed
        self._programs = programs

    def begin(self, container: Container) -> None:
        """Its process has just started, and it declares a health check."""
        container.probing = Probing(container.life, self._loop.now, self._loop.now, test=_test_to_run(container))
        self._plan(container, container.probing, self._loop.now)

    def falls_ill(self, container: Container) -> None:
        """From now on every probe is bad."""
        container.ill = True
        probing = container.probing
        if probing is not None and probing.life == container.life and probing.resting:
            probing.resting = False
            cadence_ns = _interval_ns(container, probing) + _takes_ns(container)
            missed = (self._loop.now - probing.last_ended_at) // cadence_ns
            self._plan(container, probing, probing.last_ended_at + missed * cadence_ns)

    def _plan(self, container: Container, probing: Probing, after_ns: int) -> None:
        """The next probe, an interval after then."""
        began_at = max(after_ns + _interval_ns(container, probing), self._loop.now)
        if probing.test:
            self._loop.call_at(began_at, self._run, container, probing)
            return
        delay_ns = began_at + _takes_ns(container) - self._loop.now
        self._loop.call_after(delay_ns, self._ended, container, probing, began_at)

    def _run(self, container: Container, probing: Probing) -> None:
        """Do what the test says, for as long as it may take."""
        if probing.life != container.life or not container.running:
            return
        began_at = self._loop.now

        def finished(what: Finished) -> None:
            self._concluded(container, probing, began_at, what.exit_code == 0 and not container.ill)

        process = self._programs.exec_in(container, probing.test, finished)
        self._loop.call_after(_timeout_ns(container), process.kill, KILLED)

    def _ended(self, container: Container, probing: Probing, began_at: int) -> None:
        self._concluded(container, probing, began_at, self._is_good(container, probing, began_at))

    def _concluded(self, container: Container, probing: Probing, began_at: int, good: bool) -> None:
        if probing.life != container.life or not container.running:
            return
        probing.last_ended_at = self._loop.now
        if good:
            probing.failing_streak, probing.was_good, probing.resting = 0, True, not probing.test
            self._becomes(container, ContainerPhase.HEALTHY)
            if probing.test:
                self._plan(container, probing, self._loop.now)
            return
        if probing.was_good or began_at - probing.started_at >= _health(container).start_period_ns:
            probing.failing_streak += 1
        if probing.failing_streak >= (_health(container).retries or DEFAULTS.retries):
            self._becomes(container, ContainerPhase.UNHEALTHY)
        if probing.test or container.phase is not ContainerPhase.UNHEALTHY:
            self._plan(container, probing, self._loop.now)

    def _becomes(self, container: Container, phase: ContainerPhase) -> None:
        if container.phase is not phase:
            self._changed(container, phase)

    def _is_good(self, container: Container, probing: Probing, began_at: int) -> bool:
        ready = began_at - probing.started_at >= container.image.healthy_after_ns
        return ready and not container.ill and container.image.probe_ns <= _timeout_ns(container)


def _test_to_run(container: Container) -> tuple[str, ...]:
    """The command line of its test; empty if its image knows beforehand how that ends."""
    kind, *words = _health(container).test or ("",)
    argv = ("sh", "-c", *words[:1]) if kind == "CMD-SHELL" else tuple(words) if kind == "CMD" else ()
    return argv if container.image.runs_commands and is_understood(argv) else ()


def _health(container: Container) -> HealthCheck:
    return container.spec.health or DEFAULTS


def _interval_ns(container: Container, probing: Probing) -> int:
    health = _health(container)
    if not probing.was_good and probing.last_ended_at - probing.started_at < health.start_period_ns:
        return health.start_interval_ns or DEFAULTS.start_interval_ns
    return health.interval_ns or DEFAULTS.interval_ns


def _timeout_ns(container: Container) -> int:
    return _health(container).timeout_ns or DEFAULTS.timeout_ns


def _takes_ns(container: Container) -> int:
    return min(container.image.probe_ns, _timeout_ns(container))
