"""A daemon: one life of a host machine, from its recovery to its death, and the performing of what it asks for.

A machine starts a new daemon after every crash. Whatever was under way for a dead one (a sync, a message, a wake-up)
finds it dead and is lost, which is all there is to forgetting.

At most one wake-up is armed for the earliest deadline seen; a deadline that moves later costs nothing until the armed
one has fired in vain.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from core.durability import Persist
from core.effects import (
    BecomeKnownAs,
    Halt,
    MakeKeys,
    OpenLog,
    Peers,
    PrepareTask,
    ProgramRoutes,
    RemoveTask,
    SealWith,
    SendTo,
    StartTask,
    StopTask,
)
from core.events import Event, LogOpened, Requested, WallClock
from core.ids import Ticket
from core.operations import Operation
from core.raft.effects import Observe, OutcomeUnknown, Reply, Result, Send
from core.raft.events import Cancelled, Tick
from core.timing import MS
from sim.clock import Clock
from sim.dataplane import DataPlane
from sim.disk import Disk
from sim.engine import Engine
from sim.hosts import HostLike, Recovered
from sim.keys import Keys
from sim.loop import Loop
from sim.nic import Nic
from sim.observer import Observer

Answered = Callable[[Result], None]

STEP_NS = 1_000
"""A host that asks to be called again at once is, after this long: steps take time, and others get their turn."""
BACKLOG_COUNT = 10_000
"""What waits for a paused daemon; messages beyond that are dropped, as by full socket buffers."""
OPEN_NS = 50_000_000
"""What it takes to open what was sealed."""
CLIENT_NS = 20_000
"""A client reaches its daemon over a local socket; never within the step that answers another."""
PACE_WINDOW_NS = 100 * MS
PACE_STEPS = 20_000
"""Of one host in one window. A busy leader takes a few hundred; a driver could not keep up with this many."""
_TICK = Tick()


def _leave_open(effect: SealWith) -> None:
    """Simulated disks are not encrypted: what a locked host could read, it does not look at."""


class HostSpinsError(AssertionError):
    """A host asks to be called again and again without getting anywhere."""


class Platform(Struct, frozen=True):
    """What all daemons of a machine run on, one after the other; it outlives them."""

    name: str
    """The machine's."""
    loop: Loop
    observer: Observer
    clock: Clock
    keys: Keys
    disk: Disk
    nic: Nic
    engine: Engine
    data_plane: DataPlane


class Daemon:
    """Feeds events to a host and performs its effects until it stops.

    `recovered` is what it found on the disk; `halted` is told if the host gives itself up, and why.
    """

    __slots__ = (
        "_armed_for",
        "_backlog",
        "_clients",
        "_clock",
        "_deadline",
        "_halted",
        "_loop",
        "_pace_count",
        "_paced_at",
        "_perform",
        "_platform",
        "_recovered",
        "_step",
        "_step_listeners",
        "_ticket_count",
        "alive",
        "host",
        "incarnation",
        "longest_step_count",
        "paused",
        "paused_at",
        "step_count",
    )

    def __init__(
        self,
        platform: Platform,
        recovered: Recovered,
        host: HostLike,
        incarnation: int,
        halted: Callable[[Daemon, str], None],
    ) -> None:
        self.host = host
        self.incarnation = incarnation
        self.alive = True
        self.paused = False
        self.paused_at = 0
        self.step_count = 0
        self.longest_step_count = 0
        """Most effects that one step has returned."""
        self._platform = platform
        self._recovered = recovered
        self._halted = halted
        self._loop = platform.loop
        self._clock = platform.clock
        self._step = host.step
        self._deadline = host.deadline
        self._paced_at = platform.loop.now
        self._pace_count = PACE_STEPS
        self._step_listeners = platform.observer.step_listeners
        self._armed_for: int | None = None
        """The deadline, by the machine's clock, for which a wake-up is under way."""
        self._backlog: deque[Event] = deque()
        self._clients: dict[Ticket, Answered] = {}
        self._ticket_count = 0
        self._perform = self._performers()

    def _performers(self) -> dict[type, Callable[[Any], None]]:
        """What to do for each kind of effect."""
        platform, deliver = self._platform, self.deliver

        def order(effect: PrepareTask | StartTask | StopTask | RemoveTask) -> None:
            platform.engine.perform(effect, deliver)

        return {
            Send: platform.nic.send,
            SendTo: platform.nic.send_to,
            Peers: platform.nic.peers,
            BecomeKnownAs: platform.nic.become_known_as,
            Persist: lambda effect: platform.disk.persist(effect, deliver),
            Reply: self._reply,
            PrepareTask: order,
            StartTask: order,
            StopTask: order,
            RemoveTask: order,
            ProgramRoutes: lambda effect: platform.data_plane.program(effect, deliver),
            MakeKeys: lambda effect: platform.keys(effect, deliver),
            SealWith: _leave_open,
            OpenLog: lambda effect: self._loop.call_after(OPEN_NS, self._open_log),
            Observe: lambda effect: platform.observer.tell(platform.name, effect.fact),
            Halt: self._halt,
        }

    # --- events in, effects out

    def deliver(self, event: Event) -> None:
        """Give the host an event now, or when it runs again if it is paused; a dead daemon hears nothing."""
        if not self.alive:
            return
        if self.paused:
            if len(self._backlog) < BACKLOG_COUNT:
                self._backlog.append(event)
            return
        effects = self._step(self._clock.monotonic_ns(), event)
        self.step_count += 1
        if self.step_count >= self._pace_count:
            self._check_pace(event)
        if self._step_listeners:
            for listener in self._step_listeners:
                listener(self._loop.now, self._platform.name, event, effects)
        if effects:
            if len(effects) > self.longest_step_count:
                self.longest_step_count = len(effects)
            perform = self._perform
            for effect in effects:
                perform[type(effect)](effect)
                if not self.alive:
                    return
        deadline = self._deadline()
        if deadline is not None and (self._armed_for is None or deadline < self._armed_for):
            self._arm(deadline)

    def _check_pace(self, event: Event) -> None:
        """Raises HostSpinsError if it took a window's worth of steps in less time than that."""
        now = self._loop.now
        if now - self._paced_at < PACE_WINDOW_NS:
            raise HostSpinsError(
                f"{self._platform.name} took {PACE_STEPS} steps within {PACE_WINDOW_NS // MS} ms, "
                f"the last one for {type(event).__name__}"
            )
        self._paced_at = now
        self._pace_count = self.step_count + PACE_STEPS

    def _arm(self, deadline: int) -> None:
        self._armed_for = deadline
        delay_ns = max(self._clock.world_delay_ns(deadline), STEP_NS)
        self._loop.call_after(delay_ns, self._wake, deadline)

    def _wake(self, armed_for: int) -> None:
        if armed_for != self._armed_for or not self.alive:
            return
        self._armed_for = None
        if self.paused:
            return
        deadline = self._deadline()
        if deadline is None:
            return
        if deadline <= self._clock.monotonic_ns():
            self.deliver(_TICK)
        else:
            self._arm(deadline)

    def rearm(self) -> None:
        """The clock runs differently from now on: what was armed may be at the wrong time."""
        self._armed_for = None
        deadline = self._deadline()
        if deadline is not None and self.alive and not self.paused:
            self._arm(deadline)

    # --- clients

    def request(self, operation: Operation, answered: Answered) -> Ticket:
        """A client of this host asks for something; `answered` is called exactly once, also if the daemon dies."""
        self._ticket_count += 1
        ticket = Ticket(self._ticket_count)
        self._clients[ticket] = answered
        self._loop.call_after(CLIENT_NS, self.deliver, Requested(ticket, operation))
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        """The client has gone: it is not answered any more."""
        if self._clients.pop(ticket, None) is not None:
            self._loop.call_after(CLIENT_NS, self.deliver, Cancelled(ticket))

    def _reply(self, effect: Reply) -> None:
        answered = self._clients.pop(effect.ticket, None)
        if answered is not None:
            answered(effect.result)

    # --- what needs no port of its own

    def tell_wall_clock(self) -> None:
        """The wall clock's offset, at the start and whenever it has jumped."""
        self.deliver(WallClock(self._clock.wall_offset_ns()))

    def _open_log(self) -> None:
        self.deliver(LogOpened(self._recovered.replayed().raft))
        if self.alive:
            self._platform.engine.connect(self.deliver)

    def _halt(self, effect: Halt) -> None:
        self._halted(self, effect.reason)

    # --- pause and death

    def pause(self) -> None:
        """The process stops running; what comes for it waits."""
        if not self.paused:
            self.paused = True
            self.paused_at = self._loop.now

    def resume(self) -> int:
        """It runs again, and first hears all that has come meanwhile; returns how much that was."""
        self.paused = False
        backlog, self._backlog = self._backlog, deque()
        for event in backlog:
            self.deliver(event)
        self.rearm()
        return len(backlog)

    def stop(self, reason: str) -> None:
        """The process is gone: its clients lose their connections."""
        self.alive = False
        clients, self._clients = self._clients, {}
        for answered in clients.values():
            answered(OutcomeUnknown(f"the connection to {self._platform.name} broke: {reason}"))
