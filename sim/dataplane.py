"""A machine's data plane: programs parts of route tables one after the other, each taking its time, and forwards.

Tables live in the kernel: they survive the daemon and end with the power.
"""

from collections import deque
from collections.abc import Callable
from random import Random

from msgspec import Struct

from core.effects import ProgramRoutes
from core.events import RoutesApplied, RoutesFailed
from core.ids import Ticket
from core.mesh.routes import RouteChanges
from core.ports import Deliver
from core.timing import MS
from sim.facts import RoutesProgrammed, WorldFact
from sim.loop import Loop
from sim.tables import ForwardingTables


class DataPlaneProfile(Struct, frozen=True):
    """How long programming takes, in nanoseconds, and how often it fails by itself."""

    program_ns: int = 1 * MS
    per_record_ns: int = 10_000
    failure_ratio: float = 0.0


class DataPlane:
    """Implements `core.ports.DataPlane` and lends itself to faults."""

    def __init__(self, loop: Loop, profile: DataPlaneProfile, rng: Random, tell: Callable[[WorldFact], None]) -> None:
        self._loop = loop
        self._profile = profile
        self._rng = rng
        self._tell = tell
        self._queue: deque[tuple[ProgramRoutes, Deliver]] = deque()
        self._answered: tuple[Ticket, Deliver, RoutesApplied | RoutesFailed] | None = None
        """The order that was answered last, who gave it, and the answer."""
        self._life = 0
        self.tables = ForwardingTables()
        self.fails = False
        """Fault: the kernel refuses every change."""
        self.extra_ns = 0
        """Fault: every change takes this much longer."""
        self.mute = False
        """Fault: everything is done, and every answer is lost."""

    def program(self, effect: ProgramRoutes, deliver: Deliver) -> None:
        """Program a part, after what was asked before; once, however often it is given."""
        if self._answered is not None and self._answered[:2] == (effect.ticket, deliver):
            self._loop.call_after(self._profile.program_ns, self._deliver, deliver, self._answered[2])
        elif (effect, deliver) not in self._queue:
            self._queue.append((effect, deliver))
            if len(self._queue) == 1:
                self._begin()

    def _begin(self) -> None:
        changes = self._queue[0][0].changes
        record_count = len(changes.changed) + len(changes.removed)
        delay_ns = self._profile.program_ns + record_count * self._profile.per_record_ns + self.extra_ns
        self._loop.call_after(delay_ns, self._finish, self._life)

    def _finish(self, life: int) -> None:
        if life != self._life:
            return
        effect, deliver = self._queue.popleft()
        changes = effect.changes
        if self._queue:
            self._begin()
        reason = self._refusal(changes)
        if reason:
            self._answer(effect, deliver, RoutesFailed(effect.ticket, reason))
            return
        self.tables.apply(changes)
        if changes.last:
            self._tell(RoutesProgrammed(changes.to_version, len(self.tables.records)))
        self._answer(effect, deliver, RoutesApplied(effect.ticket))

    def _answer(self, effect: ProgramRoutes, deliver: Deliver, answer: RoutesApplied | RoutesFailed) -> None:
        self._answered = effect.ticket, deliver, answer
        self._deliver(deliver, answer)

    def _deliver(self, deliver: Deliver, answer: RoutesApplied | RoutesFailed) -> None:
        if not self.mute:
            deliver(answer)

    def _refusal(self, changes: RouteChanges) -> str:
        if self.fails or (self._profile.failure_ratio and self._rng.random() < self._profile.failure_ratio):
            return "netlink: no buffer space available"
        return self.tables.refusal(changes)

    def power_lost(self) -> None:
        """The kernel's tables are gone."""
        self._life += 1
        self._queue.clear()
        self._answered = None
        self.tables = ForwardingTables()
