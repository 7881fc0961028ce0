"""Draws faults as steps of a scenario: each of any kind, at any time, on hosts by name or by description.

Every fault that lasts is given its end, before the liveness phase begins. Faults that destroy what a disk has promised
to keep hit one host in a run at most, and only where that is a minority.
"""

import math
from collections.abc import Callable, Sequence
from random import Random

from core.timing import MS, SECOND
from core.trials.faults import Link
from swarmsim.scenario import steps
from swarmsim.scenario.steps import Action, Step
from swarmsim.scenario.targets import Group, HostGroup, HostTarget, TaskTarget, several

Draw = Callable[["FaultSource"], Action]
SHORTEST_NS = 50 * MS
LONGEST_NS = 8 * SECOND
HOUR_NS = 3600 * SECOND


class FaultSource:
    """Draws from one source of chance for one cluster."""

    def __init__(
        self, rng: Random, managers: Sequence[str], workers: Sequence[str], until_ns: int, pace: int = 1
    ) -> None:
        self.rng = rng
        self.pace = pace
        """How many times longer everything lasts than under the timing profile `lan`."""
        self._managers = list(managers)
        self._hosts = [*managers, *workers]
        self.until_ns = until_ns
        self.latest_ns = until_ns - 500 * MS
        self._kinds = [draw for draw, weight in _WEIGHTS.items() for _ in range(weight)]

    def fault(self) -> Step:
        """One fault of any kind, over before faults are to end."""
        at_ns = self.instant()
        action = self.rng.choice(self._kinds)(self)
        if not isinstance(action, steps.REVERSIBLE):
            return Step(at_ns, action)
        return self.lasting_from(at_ns, action)

    def lasting(self, action: Action) -> Step:
        """This one at some instant, over before faults are to end."""
        return self.lasting_from(self.instant(), action)

    def lasting_from(self, at_ns: int, action: Action) -> Step:
        """This one from this instant on, over before faults are to end."""
        return Step(at_ns, action, until_ns=min(at_ns + self.duration(), self.until_ns))

    def instant(self) -> int:
        """Any millisecond up to half a second before the end."""
        return self.rng.randrange(MS, self.latest_ns, MS)

    def duration(self) -> int:
        """Short ones are likelier: under `lan` as likely to be below 600 ms as above."""
        ratio = self.rng.random()
        return MS * round(self.pace * SHORTEST_NS / MS * math.pow(LONGEST_NS / SHORTEST_NS, ratio))

    def lapse(self, least_ms: int, most_ms: int) -> int:
        """A time between these two milliseconds under `lan`, longer as the timing profile is slower."""
        return self.pace * self.rng.randint(least_ms, most_ms) * MS

    def host(self) -> HostTarget:
        """One host by name, or whoever leads."""
        if self.rng.random() < 0.25:
            return Group(HostGroup.LEADER)
        return several([self.rng.choice(self._hosts)])

    def some_hosts(self) -> HostTarget:
        """Any number of hosts but all, by name; with a single host, that one."""
        count = self.rng.randint(1, max(1, len(self._hosts) - 1))
        return several(sorted(self.rng.sample(self._hosts, count), key=self._hosts.index))

    def link(self) -> Link[HostTarget]:
        """Between two sets of hosts that may overlap."""
        return Link(self.host(), self.some_hosts())

    def any_link(self) -> Link[HostTarget] | None:
        """One link, or all of them."""
        return self.link() if self.rng.random() < 0.5 else None

    def ratio(self, most: float) -> float:
        """Up to `most`, in whole per cent."""
        return self.rng.randint(1, round(100 * most)) / 100

    def groups(self) -> tuple[HostTarget, ...]:
        """Two groups that are all hosts, often two halves; a single host is alone on its side."""
        hosts = self.rng.sample(self._hosts, len(self._hosts))
        halves = self.rng.random() < 0.5
        cut = (len(hosts) + 1) // 2 if halves else self.rng.randint(1, max(1, len(hosts) - 1))
        sides = (hosts[:cut], hosts[cut:])
        return tuple(several(sorted(side, key=self._hosts.index)) for side in sides if side)

    def bridge(self) -> Action:
        """One host that hears both halves of the others."""
        if len(self._hosts) < 3:
            return steps.Isolate(self.host())
        over, *others = self.rng.sample(self._hosts, len(self._hosts))
        cut = self.rng.randint(1, len(others) - 1)
        return steps.Bridge(several([over]), (several(others[:cut]), several(others[cut:])))

    def ring(self) -> Action:
        """All managers in a ring."""
        if len(self._managers) < 4:
            return steps.Isolate(self.host())
        return steps.Ring(several(self.rng.sample(self._managers, len(self._managers))))

    def power(self) -> HostTarget:
        """Who loses power: often one, sometimes all of them at once."""
        chance = self.rng.random()
        if chance < 0.2:
            return Group(HostGroup.ALL)
        return self.some_hosts() if chance < 0.5 else self.host()


_WEIGHTS: dict[Draw, int] = {
    lambda source: steps.Kill(source.power()): 6,
    lambda source: steps.KillDaemon(source.power()): 3,
    lambda source: steps.Pause(source.host()): 4,
    lambda source: steps.Partition(source.groups()): 5,
    lambda source: steps.OneWay(source.host(), source.some_hosts()): 3,
    FaultSource.bridge: 2,
    FaultSource.ring: 1,
    lambda source: steps.Isolate(source.host()): 4,
    lambda source: steps.Flap(source.link(), source.lapse(50, 2_000)): 2,
    lambda source: steps.SlowLink(source.link(), source.lapse(5, 1_500), source.lapse(0, 5)): 3,
    lambda source: steps.Loss(source.ratio(0.6), source.any_link()): 4,
    lambda source: steps.Duplicate(source.ratio(0.5), source.any_link()): 3,
    lambda source: steps.Reorder(source.ratio(0.5), source.any_link()): 3,
    lambda source: steps.SlowDisk(source.host(), source.lapse(1, 800)): 3,
    lambda source: steps.FullDisk(source.host()): 2,
    lambda source: steps.FailDisk(source.host()): 2,
    lambda source: steps.SkewClock(source.host(), source.rng.randint(-60, 60) * SECOND): 1,
    lambda source: steps.JumpClock(source.host(), source.rng.choice((-1, 1)) * source.rng.randint(1, HOUR_NS)): 1,
    lambda source: steps.DriftClock(source.host(), source.rng.randint(-10, 10) / 100): 2,
}


def crash_in_mid_write(source: FaultSource) -> list[Step]:
    """Power is lost while a slow disk has writes to sync: some are lost, and the last that is left may be torn."""
    hosts = Group(HostGroup.ALL) if source.rng.random() < 0.5 else source.power()
    slow_from_ns = source.instant()
    crash_at_ns = slow_from_ns + 400 * MS
    return [
        Step(slow_from_ns, steps.SlowDisk(hosts, source.rng.randint(50, 600) * MS), until_ns=crash_at_ns + 1 * MS),
        Step(crash_at_ns, steps.Kill(hosts), until_ns=crash_at_ns + source.rng.randint(1, 50) * MS),
    ]


def deposed_leaders(source: FaultSource) -> list[Step]:
    """One leader after the other is cut off while it has entries in flight, and comes back to find a successor."""
    leader = Group(HostGroup.LEADER)
    at_ns = source.instant()
    found: list[Step] = []
    for _ in range(source.rng.randint(2, 6)):
        if at_ns < source.latest_ns:
            until_ns = min(at_ns + source.lapse(200, 3_000), source.until_ns)
            found.append(Step(at_ns, steps.Isolate(leader), until_ns=until_ns))
        at_ns += source.lapse(300, 1_500)
    return found


def task_fault(rng: Random, services: Sequence[str]) -> Action:
    """Something that happens to one or two containers of a service."""
    tasks = TaskTarget(rng.choice(list(services)), count=rng.randint(1, 2))
    drawn: Action = rng.choice(
        (
            steps.CrashTask(tasks),
            steps.ExitTask(tasks, rng.randint(0, 3)),
            steps.Unhealthy(tasks),
            steps.OutOfMemory(tasks),
        )
    )
    return drawn


def harm_disk(source: FaultSource, managers: Sequence[str], lost: bool) -> list[Step]:
    """One manager's disk is replaced by an empty one, or turns out damaged when it next starts; it is made to."""
    host = several([source.rng.choice(list(managers))])
    at_ns = source.instant()
    if lost:
        return [Step(at_ns, steps.LoseDisk(host), until_ns=at_ns + 2 * MS)]
    return [
        Step(at_ns, steps.CorruptDisk(host)),
        Step(at_ns + 1 * MS, steps.Kill(host), until_ns=at_ns + 2 * MS),
    ]
