"""Health checks of containers, as Docker's engine runs them by what a task's spec says.

The first probe comes one interval after the start, each further one an interval after the one before has ended. Within
the start period, and until a probe was good, the interval is the start interval. A good probe makes the container
healthy at once. `retries` bad ones in a row make it unhealthy; those that begin within the start period do not count
until one was good. A probe that takes longer than the timeout is a bad one, and is over then.

Whether a probe is good is known beforehand: from when the image says, until the container falls ill. So a healthy
container is not probed until then, and probed from then on at the times at which it would have been.
"""

from collections.abc import Callable
from typing import Final

from core.events import ContainerPhase
from core.objects.task import HealthCheck
from sim.container import Container, Probing
from sim.loop import Loop

DEFAULTS: Final = HealthCheck()


class Probes:
    """`changed` is told of each container whose phase a probe has changed."""

    def __init__(self, loop: Loop, changed: Callable[[Container, ContainerPhase], None]) -> None:
        self._loop = loop
        self._changed = changed

    def begin(self, container: Container) -> None:
        """Its process has just started, and it declares a health check."""
        container.probing = Probing(container.life, self._loop.now, self._loop.now)
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
        delay_ns = began_at + _takes_ns(container) - self._loop.now
        self._loop.call_after(delay_ns, self._ended, container, probing, began_at)

    def _ended(self, container: Container, probing: Probing, began_at: int) -> None:
        if probing.life != container.life or not container.running:
            return
        probing.last_ended_at = self._loop.now
        if self._is_good(container, probing, began_at):
            probing.failing_streak, probing.was_good, probing.resting = 0, True, True
            if container.phase is ContainerPhase.STARTED:
                self._changed(container, ContainerPhase.HEALTHY)
            return
        if probing.was_good or began_at - probing.started_at >= _health(container).start_period_ns:
            probing.failing_streak += 1
        if probing.failing_streak >= (_health(container).retries or DEFAULTS.retries):
            self._changed(container, ContainerPhase.UNHEALTHY)
        else:
            self._plan(container, probing, self._loop.now)

    def _is_good(self, container: Container, probing: Probing, began_at: int) -> bool:
        ready = began_at - probing.started_at >= container.image.healthy_after_ns
        return ready and not container.ill and container.image.probe_ns <= _timeout_ns(container)


def _health(container: Container) -> HealthCheck:
    return container.task.spec.container.health or DEFAULTS


def _interval_ns(container: Container, probing: Probing) -> int:
    health = _health(container)
    if not probing.was_good and probing.last_ended_at - probing.started_at < health.start_period_ns:
        return health.start_interval_ns or DEFAULTS.start_interval_ns
    return health.interval_ns or DEFAULTS.interval_ns


def _timeout_ns(container: Container) -> int:
    return _health(container).timeout_ns or DEFAULTS.timeout_ns


def _takes_ns(container: Container) -> int:
    return min(container.image.probe_ns, _timeout_ns(container))
