"""The event loop: a SimPy environment with plain callbacks, integer nanoseconds and a seeded order of what coincides.

SimPy orders events by (time, priority, order of scheduling). Every call gets a random priority after SimPy's urgent
one, so that two things at the same instant happen in an order that only the seed knows: code that depends on a lucky
order shows itself in some seed, and each seed repeats exactly.

Millions of messages go through here, so `post_at` and `run_until` do what SimPy's `schedule` and `run` do, on SimPy's
own queue, without a call for each of their parts.
"""

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

from simpy import Environment
from simpy.events import URGENT

from sim.chance import stream

_TIE_BITS = 30
_FIRST_PRIORITY = URGENT + 1


class Call:
    """A callback to come: the least that SimPy's environment accepts as an event."""

    __slots__ = ("arguments", "callbacks", "function")

    _ok = True

    def __init__(self, function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self.function = function
        self.arguments = arguments
        self.callbacks: Sequence[Callable[[Any], object]] | None = _RUN


def _run(call: Call) -> None:
    call.function(*call.arguments)


_RUN: Sequence[Callable[[Any], object]] = (_run,)


class Loop(Environment):
    """Simulated time, in nanoseconds since the world began."""

    _now: int
    now: int = 0
    """Nanoseconds since the world began: SimPy's property as an attribute, for it is read millions of times."""

    def __init__(self, seed: int) -> None:
        super().__init__(initial_time=0)
        self._draw_bits = stream(seed, "loop").getrandbits

    def call_at(self, at: int, function: Callable[..., object], *arguments: Any) -> None:
        """Call `function` at this instant, or at once (but not before the caller returns) if that is past."""
        self.post_at(Call(function, arguments), max(at, self.now))

    def call_after(self, delay_ns: int, function: Callable[..., object], *arguments: Any) -> None:
        """Call `function` after `delay_ns` nanoseconds, 0 or more."""
        self.post_at(Call(function, arguments), self.now + delay_ns)

    def post_at(self, event: Any, at: int) -> None:
        """Schedule anything shaped like `Call`: hot paths bring their own, with one callback and no arguments."""
        priority = _FIRST_PRIORITY + self._draw_bits(_TIE_BITS)
        heappush(self._queue, (at, priority, next(self._eid), event))  # type: ignore[misc]

    def run_until(self, at: int) -> None:
        """Let time pass up to and including `at`; an event that failed and whom nobody waited for raises its error."""
        queue: list[tuple[Any, ...]] = self._queue
        while queue and queue[0][0] <= at:
            self.now, _, _, event = heappop(queue)
            self._now = self.now
            callbacks, event.callbacks = event.callbacks, None
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):
                raise event._value
        self.now = self._now = max(at, self.now)
