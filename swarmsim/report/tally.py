"""Verdicts and hard states summed over seeds: how often each expectation held, and whether each state was ever met."""

from collections.abc import Sequence

from msgspec import Struct

from swarmsim.recording import Ruling, Verdict
from swarmsim.report.summary import RunSummary


class VerdictTally(Struct, frozen=True, gc=False):
    """One expectation or check over all seeds."""

    name: str
    held_count: int
    violated_count: int
    unknown_count: int
    checked_count: int
    first_failed_seed: int | None
    """The first in which it did not hold; None if there is none."""


class SituationTally(Struct, frozen=True, gc=False):
    """One hard state over all seeds."""

    name: str
    seed_count: int
    """Seeds that reached it."""
    count: int
    """How often it was reached in all."""


def verdict_tallies(runs: Sequence[RunSummary]) -> tuple[VerdictTally, ...]:
    """In the order of the first run; the same expectation written twice counts twice."""
    by_name: dict[tuple[str, int], list[tuple[int, Verdict]]] = {}
    for run in runs:
        for verdict in run.verdicts:
            by_name.setdefault((verdict.name, verdict.line), []).append((run.seed, verdict))
    return tuple(_tally(name, seen) for (name, _), seen in by_name.items())


def _tally(name: str, seen: list[tuple[int, Verdict]]) -> VerdictTally:
    rulings = [verdict.ruling for _, verdict in seen]
    return VerdictTally(
        name=name,
        held_count=rulings.count(Ruling.HELD),
        violated_count=rulings.count(Ruling.VIOLATED),
        unknown_count=rulings.count(Ruling.UNKNOWN),
        checked_count=sum(verdict.checked_count for _, verdict in seen),
        first_failed_seed=next((seed for seed, verdict in seen if verdict.ruling is not Ruling.HELD), None),
    )


def situation_tallies(runs: Sequence[RunSummary]) -> tuple[SituationTally, ...]:
    """In the order of the first run."""
    by_name: dict[str, list[int]] = {}
    for run in runs:
        for name, count in run.situations.items():
            by_name.setdefault(name, []).append(count)
    return tuple(
        SituationTally(name, sum(count > 0 for count in counts), sum(counts)) for name, counts in by_name.items()
    )
