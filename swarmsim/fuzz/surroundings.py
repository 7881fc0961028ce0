"""Faults of what a swarm stands on rather than of its members: cables, narrow lines, engines, registries, kernels.

They have a source of chance of their own, so that what is drawn of these leaves the rest of a schedule as it is.
"""

from collections.abc import Callable, Sequence
from random import Random

from core.timing import MS
from swarmsim.fuzz.faults import FaultSource
from swarmsim.scenario import steps
from swarmsim.scenario.plan import RackPlan
from swarmsim.scenario.steps import Action, Step
from swarmsim.scenario.targets import Rack

Draw = Callable[[FaultSource], Action]

_OF_ANY_SWARM: tuple[Draw, ...] = (
    lambda source: steps.NarrowLink(source.link(), source.rng.choice((10, 100, 1_000, 10_000)) * 1_000),
)
_OF_CONTAINERS: tuple[Draw, ...] = (
    lambda source: steps.StopEngine(source.host()),
    lambda source: steps.FailPulls(source.some_hosts()),
    lambda source: steps.FailRoutes(source.host()),
    lambda source: steps.SlowRoutes(source.host(), source.rng.randint(5, 2_000) * MS),
)


def draw_racks(rng: Random, hosts: Sequence[str]) -> tuple[RackPlan, ...]:
    """Two or three racks with the hosts dealt out to them, in one of four clusters."""
    rack_count = rng.choice((0, 0, 0, 0, 0, 0, 2, 3))
    dealt = (tuple(hosts[number::rack_count]) for number in range(rack_count))
    return tuple(RackPlan(name, racked) for name, racked in zip("abc", dealt, strict=False) if racked)


def surrounding_faults(source: FaultSource, racks: Sequence[RackPlan], containers: bool) -> list[Step]:
    """None in most schedules, else up to three; each ends before faults are to end."""
    kinds: list[Draw] = [*_OF_ANY_SWARM, *(_OF_CONTAINERS if containers else ())]
    found = [source.lasting(source.rng.choice(kinds)(source)) for _ in range(_count(source.rng, containers))]
    if racks and source.rng.random() < 0.8:
        found.append(source.lasting(steps.BreakCable(Rack(source.rng.choice(racks).name))))
    return found


def lost_reports(source: FaultSource) -> list[Step]:
    """In three of ten schedules a data plane does what it is told and says nothing of it, for a while."""
    return [source.lasting(steps.MuteRoutes(source.host()))] if source.rng.random() < 0.3 else []


def _count(rng: Random, containers: bool) -> int:
    return rng.choice((0, 1, 2, 3) if containers else (0, 0, 0, 1))
