"""Plays the steps of a timeline: looks up whom each is about when it is due, does it, and takes it back when it ends.

A step whose target is not there (no leader just now) is tried again for a bounded time; after that, or if the story
ends before, the run cannot be judged as the story was meant, and says so: so it does if the world refuses a step. What
an operator asks of the swarm goes through the `Operator`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec.structs import replace

from core.timing import MS, SECOND
from core.trials.endings import FAULTS
from core.trials.faults import Hosts
from swarmsim.player.bands import Band
from swarmsim.player.operator import Operator, Order
from swarmsim.player.orders import Orders, StartWriter
from swarmsim.player.roster import NobodyThereError, Roster, groups_parted, hosts_hit
from swarmsim.recording import FaultBand
from swarmsim.scenario.steps import (
    KILLS,
    UNDOES,
    Activate,
    CrashTask,
    Drain,
    ExitTask,
    Heal,
    Move,
    OutOfMemory,
    RepairDisk,
    Resolved,
    Restart,
    Resume,
    Step,
    Unhealthy,
    Unlock,
    verb_of,
)
from swarmsim.scenario.targets import HostGroup, TaskTarget
from swarmsim.world import NotDoneError, World

LOOK_AGAIN_NS = 20 * MS
PATIENCE_NS = 5 * SECOND
"""How long a step waits for its target to be there."""
MAY_HIT_NOBODY = (Heal, Restart, Resume, RepairDisk, Activate, Unlock)
"""These put things right: there being nothing to put right is no trouble."""


class Timeline:
    """`origin_ns` is the world's time at which the story's time 0 is."""

    def __init__(
        self,
        world: World,
        origin_ns: int,
        roster: Roster,
        operator: Operator,
        start_writer: StartWriter,
    ) -> None:
        self.problems: list[str] = []
        """What keeps the run from being judged as the story was meant."""
        self.remarks: list[str] = []
        """What came of a step otherwise than its reader might think, though the run can be judged."""
        self._waiting: dict[int, tuple[Step, str]] = {}
        """Steps that are due, in the order of scheduling, and why they could not be played yet."""
        self._scheduled_count = 0
        self._over = False
        self._world = world
        self._origin_ns = origin_ns
        self._roster = roster
        self._operator = operator
        self._bands: list[Band] = []
        self._orders = Orders(world, roster, operator, start_writer)

    @property
    def bands(self) -> tuple[FaultBand, ...]:
        """What was played so far, in order."""
        return tuple(band.closed() for band in self._bands)

    def end(self) -> None:
        """The story is over: what still waits for its target is never played."""
        self._over = True
        for step, reason in self._waiting.values():
            self.problems.append(f"{_place(step)}was still waiting at the end: {reason}")
        self._waiting.clear()
        for order, reason in self._operator.unfinished(self._world.now_ns).items():
            because = f": {reason}" if reason else ""
            self.problems.append(f"{order} was still not carried out at the end{because}")

    def schedule(self, step: Step) -> None:
        """Have a step played when it is due."""
        self._scheduled_count += 1
        number = self._scheduled_count
        at = self._origin_ns + step.at_ns
        self._world.call_at(at, lambda: self._play(number, step, self._world.now_ns + PATIENCE_NS))

    def _play(self, number: int, step: Step, give_up_at: int) -> None:
        if self._over:
            return
        self._waiting.pop(number, None)
        try:
            self._do(step)
        except NotDoneError as refusal:
            self.problems.append(f"{_place(step)}was not done: {refusal}")
        except NobodyThereError as nobody:
            if self._world.now_ns >= give_up_at:
                self.problems.append(f"{_place(step)}could not be played: {nobody}")
            else:
                self._waiting[number] = (step, str(nobody))
                self._world.call_at(self._world.now_ns + LOOK_AGAIN_NS, lambda: self._play(number, step, give_up_at))

    def _do(self, step: Step) -> None:
        if isinstance(step.action, CrashTask | ExitTask | Unhealthy | OutOfMemory):
            self._befall(step, step.action.tasks)
            return
        action = self._roster.resolve(step.action)
        hosts = hosts_hit(action)
        if not hosts and hasattr(action, "hosts") and not isinstance(action, MAY_HIT_NOBODY):
            raise NobodyThereError("it fits nobody now")
        if not hosts and isinstance(action, MAY_HIT_NOBODY):
            self._note(step, hosts)
            self.remarks.append(f"{_place(step)}fits nobody: there was nothing to put right")
            return
        if self._orders.includes(action):
            band = self._note(step, hosts)
            self._order(step, action, band)
            if isinstance(action, Drain):
                activate = Activate(action.hosts)
                self._end_at(step, band, lambda: self._order(step, activate, band))
            return
        assert isinstance(action, FAULTS)
        addresses = [self._world.address(host) for host in hosts]
        undo = self._world.apply(action)
        band = self._note(step, hosts)
        if isinstance(action, Move):
            band.addresses = tuple((old, self._world.address(host)) for host, old in zip(hosts, addresses, strict=True))
        band.groups, band.others = groups_parted(action, self._roster.group(HostGroup.ALL))
        self._roster.remember(action)
        self._close(action, hosts)
        if undo is not None:
            self._end_at(step, band, undo)

    def _befall(self, step: Step, tasks: TaskTarget) -> None:
        hits = self._roster.tasks(tasks)
        fault: Any = replace(step.action, tasks=tuple(task_id for _, task_id in hits))
        self._world.apply(fault)
        band = self._note(step, tuple(dict.fromkeys(host for host, _ in hits)))
        band.to_ns = band.from_ns

    def _note(self, step: Step, hosts: tuple[str, ...]) -> Band:
        band = Band(step, hosts, self._world.now_ns - self._origin_ns)
        self._bands.append(band)
        return band

    def _end_at(self, step: Step, band: Band, undo: Callable[[], None]) -> None:
        if step.until_ns is None:
            return

        def end() -> None:
            if band.to_ns is None:
                band.to_ns = self._world.now_ns - self._origin_ns
            undo()
            if isinstance(step.action, KILLS):
                self._roster.revived(band.hosts)

        self._world.call_at(self._origin_ns + step.until_ns, end)

    def _close(self, action: Resolved, hosts: Hosts) -> None:
        """End the bands that this action takes back whole."""
        undone = UNDOES.get(type(action), ())
        for band in self._bands:
            if isinstance(band.step.action, undone) and band.to_ns is None and set(band.hosts) <= set(hosts):
                band.to_ns = self._world.now_ns - self._origin_ns

    def _order(self, step: Step, action: Resolved, band: Band) -> None:
        order = Order(_place(step).rstrip(), self._world.now_ns)
        self._operator.carry_out(order, lambda: self._orders.give(action, band, partial(self._ended, step)))

    def _ended(self, step: Step, problem: str) -> None:
        if problem:
            self.problems.append(f"{_place(step)}was not carried out: {problem}")


def _place(step: Step) -> str:
    where = f"line {step.line}: " if step.line else ""
    return f"{where}{step.text or verb_of(step.action)} at {step.at_ns / SECOND:g}s "
