"""The event loop: a SimPy environment with plain callbacks, integer nanoseconds and a seeded order of what coincides.

SimPy orders events by (time, priority, order of scheduling). Every call gets a random priority after SimPy's urgent
one, so that two things at the same instant happen in an order that only the seed knows: code that depends on a lucky
order shows itself in some seed, and each seed repeats exactly.
"""

from collections.abc import Callable, Sequence
from typing import Any

from simpy import Environment
from simpy.events import URGENT

from sim.chance import stream

_TIE_BITS = 30


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

    def __init__(self, seed: int) -> None:
        super().__init__(initial_time=0)
        self._draw_bits = stream(seed, "loop").getrandbits

    @property
    def now(self) -> int:
        """Nanoseconds since the world began."""
        return self._now

    def call_at(self, at: int, function: Callable[..., object], *arguments: Any) -> None:
        """Call `function` at this instant, or at once (but not before the caller returns) if that is past."""
        self.post(Call(function, arguments), max(at - self._now, 0))

    def call_after(self, delay_ns: int, function: Callable[..., object], *arguments: Any) -> None:
        """Call `function` after `delay_ns` nanoseconds, 0 or more."""
        self.post(Call(function, arguments), delay_ns)

    def post(self, event: Any, delay_ns: int) -> None:
        """Schedule anything shaped like `Call`: hot paths bring their own, with one callback and no arguments."""
        self.schedule(event, URGENT + 1 + self._draw_bits(_TIE_BITS), delay_ns)  # type: ignore[arg-type]

    def run_until(self, at: int) -> None:
        """Let time pass up to and including `at`."""
        if at >= self._now:
            self.run(until=at + 1)  # SimPy stops before whatever is due at the instant it is given
            self._now = at
