"""Keeps a set of checks informed while a world runs: facts at once, a look at the whole world every so often."""

from collections.abc import Callable, Sequence
from typing import Any

from core.timing import MS
from swarmsim.checks.check import Check, Violation
from swarmsim.world import FactListener, World

SAMPLE_NS = 500 * MS
"""How often checks look at the whole world, unless told otherwise."""


class Watch:
    """Watches from now on."""

    def __init__(self, world: World, checks: Sequence[Check], sample_ns: int = SAMPLE_NS) -> None:
        self.checks = tuple(checks)
        self._world = world
        self._sample_ns = sample_ns
        self._listeners: dict[type, list[FactListener]] = {}
        self._news = False
        for check in checks:
            for kind, listener in check.handlers().items():
                self._listeners.setdefault(kind, []).append(listener)
            raft_listener = check.raft_listener()
            if raft_listener is not None:
                world.observe_raft(raft_listener)
            applied_listener = check.applied_listener()
            if applied_listener is not None:
                world.observe_applied(applied_listener)
        world.observe(self.tell)
        world.look_at(world.now_ns + sample_ns, self._sample)

    def tell(self, at_ns: int, host: str, fact: Any) -> None:
        """Pass a fact, or a client's sample, to the checks that want it."""
        self._news = True
        for listener in self._listeners.get(type(fact), ()):
            listener(at_ns, host, fact)

    @property
    def violations(self) -> list[Violation]:
        """The first breach that each check saw, in order of the checks."""
        return [check.violation for check in self.checks if check.violation is not None]

    def finish(self) -> None:
        """The run is over: a last look by every check."""
        self._look(lambda check: check.finish(self._world))

    def _sample(self) -> None:
        if self._news:
            self._news = False
            self._look(lambda check: check.sample(self._world))
        self._world.look_at(self._world.now_ns + self._sample_ns, self._sample)

    def _look(self, look: Callable[[Check], None]) -> None:
        for check in self.checks:
            try:
                look(check)
            except AssertionError as error:  # a host's own invariant, or one of a function that the check relies on
                check.fail(self._world.now_ns, f"assertion failed: {error}")
