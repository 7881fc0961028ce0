"""The figures of a run that are worth comparing between seeds, each a whole number or missing, under a fixed name."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from core.timing import SECOND
from swarmsim.report.anatomy import Anatomy
from swarmsim.report.availability import Availability
from swarmsim.report.costs import Costs
from swarmsim.report.quantiles import quantile
from swarmsim.report.replicas import Replicas
from swarmsim.report.stages import STAGES

DURATION: Final = "ns"
COUNT: Final = "count"
REPLICA_TIME: Final = "replica-ns"
PER_SECOND: Final = "per-s"
BYTES_PER_SECOND: Final = "bytes-per-s"


class Figure(Struct, frozen=True, gc=False):
    """One number of one run; `group` says what it is about (a disturbance, a source of traffic, ...)."""

    group: str
    name: str
    unit: str
    value: int


class Distribution(Struct, frozen=True, gc=False):
    """One figure over all seeds that have it. Quantiles are by the nearest rank."""

    group: str
    name: str
    unit: str
    count: int
    min: int
    p50: int
    p95: int
    p99: int
    max: int
    max_seed: int
    """The first seed with the greatest value."""
    values: tuple[int, ...]
    """In order of size."""


def figures_of(
    anatomies: Sequence[Anatomy],
    availability: Sequence[Availability],
    replicas: Sequence[Replicas],
    costs: Costs,
    end_ns: int,
) -> tuple[Figure, ...]:
    """All figures of a run in a fixed order."""
    return (
        *_of_anatomies(anatomies),
        *_of_availability(availability),
        Figure("services", "missing replicas", REPLICA_TIME, sum(each.missing_replica_ns for each in replicas)),
        *_of_costs(costs, end_ns),
    )


def _of_anatomies(anatomies: Sequence[Anatomy]) -> Iterator[Figure]:
    """In the order of stages, also those that were reached only after the next disturbance: they took their time."""
    for anatomy in anatomies:
        group = f"{anatomy.text}, at {anatomy.at_ns / SECOND:g} s"
        for name, text in STAGES.items():
            if (took_ns := anatomy.took_ns(name)) is not None:
                yield Figure(group, text, DURATION, took_ns)


def _of_availability(availability: Sequence[Availability]) -> Iterator[Figure]:
    for source in availability:
        group = f"{source.kind} of {source.name}"
        longest = max((each.length_ns for each in source.standstills), default=0)
        yield Figure(group, "longest standstill", DURATION, longest)
        yield Figure(group, "all standstills together", DURATION, source.standstill_ns)
        yield Figure(group, "failed", COUNT, source.failed_count)
        if source.latency is not None:
            yield Figure(group, "median latency", DURATION, source.latency.p50_ns)
            yield Figure(group, "p99 latency", DURATION, source.latency.p99_ns)


def _of_costs(costs: Costs, end_ns: int) -> Iterator[Figure]:
    if end_ns > 0:
        yield Figure("control plane", "messages", PER_SECOND, costs.message_count * SECOND // end_ns)
        yield Figure("control plane", "bytes", BYTES_PER_SECOND, costs.bytes_count * SECOND // end_ns)


def distributions(runs: Iterable[tuple[int, Sequence[Figure]]]) -> tuple[Distribution, ...]:
    """Every figure over the seeds that have it; `runs` are seeds with their figures, in order."""
    values: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for seed, figures in runs:
        for figure in figures:
            values.setdefault((figure.group, figure.name, figure.unit), []).append((figure.value, seed))
    groups = {group: place for place, group in enumerate(dict.fromkeys(group for group, _, _ in values))}
    ordered = sorted(values, key=lambda key: groups[key[0]])  # some seeds have figures that the first has not
    return tuple(_distribution(*key, values[key]) for key in ordered)


def _distribution(group: str, name: str, unit: str, seen: list[tuple[int, int]]) -> Distribution:
    ordered = sorted(value for value, _ in seen)
    return Distribution(
        group=group,
        name=name,
        unit=unit,
        count=len(ordered),
        min=ordered[0],
        p50=quantile(ordered, 50),
        p95=quantile(ordered, 95),
        p99=quantile(ordered, 99),
        max=ordered[-1],
        max_seed=next(seed for value, seed in seen if value == ordered[-1]),
        values=tuple(ordered),
    )
