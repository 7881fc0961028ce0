"""Who watches a world: every fact with its time and host, and every step of every host for those who ask."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from core.effects import Effect
from core.events import Event
from sim.loop import Loop


class Observation(Struct, frozen=True, gc=False):
    """A fact, when (nanoseconds since the world began) and of which host ("" for the world's own)."""

    at: int
    host: str
    fact: Any


FactListener = Callable[[Observation], None]
StepListener = Callable[[int, str, Event, list[Effect]], None]
"""Called with (time, host, event, effects) after each step, before the effects are performed."""


class Observer:
    """Tells listeners in the order in which they subscribed; they may read the world but not change it."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._fact_listeners: list[FactListener] = []
        self.step_listeners: list[StepListener] = []

    def on_fact(self, listener: FactListener) -> None:
        """Have every fact from here on told to `listener`."""
        self._fact_listeners.append(listener)

    def on_step(self, listener: StepListener) -> None:
        """Have every step of every host from here on told to `listener`. Costs time: for checks and traces."""
        self.step_listeners.append(listener)

    def tell(self, host: str, fact: Any) -> None:
        """Pass a fact on."""
        if self._fact_listeners:
            observation = Observation(self._loop.now, host, fact)
            for listener in self._fact_listeners:
                listener(observation)
