"""Hosts that leave by force and join again, perhaps to find their disk damaged after that.

Drawn from a source of chance of their own, so that they come on top of a schedule without changing the rest of it. One
manager at most: it counts as a voter until an operator has removed what it was, and a majority has to be left.
"""

from collections.abc import Iterable, Sequence

from core.timing import MS
from core.trials.faults import LoseDisk
from swarmsim.fuzz.faults import FaultSource
from swarmsim.scenario import steps
from swarmsim.scenario.steps import Step
from swarmsim.scenario.targets import several

SPARES_TWO = 5
"""So many managers can do without one that has left and another whose disk is damaged."""


def comings_and_goings(source: FaultSource, managers: Sequence[str], workers: Sequence[str]) -> list[Step]:
    """One host or two leave and come back; `managers` are those of which one may be without its vote for a while."""
    going = [source.rng.choice(list(kin)) for kin in (managers, workers) if kin and source.rng.random() < 0.6]
    found: list[Step] = []
    for name in going:
        host, at_ns = several([name]), source.instant()
        back_at_ns = _later(source, at_ns)
        found += [Step(at_ns, steps.Leave(host)), Step(back_at_ns, steps.Rejoin(host))]
        if name in managers and len(managers) >= SPARES_TWO and source.rng.random() < 0.5:
            harmed_at_ns = _later(source, back_at_ns)
            found += [
                Step(harmed_at_ns, steps.CorruptDisk(host)),
                Step(harmed_at_ns + 1 * MS, steps.Kill(host), until_ns=harmed_at_ns + 2 * MS),
            ]
    return found


def back_after_loss(source: FaultSource, drawn: Iterable[Step]) -> list[Step]:
    """Whoever loses its disk joins again."""
    return [
        Step(_later(source, step.at_ns), steps.Rejoin(loss.hosts))
        for step in drawn
        if isinstance(loss := step.action, LoseDisk)
    ]


def _later(source: FaultSource, at_ns: int) -> int:
    return min(at_ns + source.lapse(100, 6_000), source.until_ns - 100 * MS)
