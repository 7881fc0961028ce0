"""What clients could not get, from when to when, and what became of what they asked.

Two measures, since an outage is rarely total:

- A *standstill* is a stretch in which somebody waited and nobody got a good answer, for longer than a few usual
  answers take. It says when writes (or requests) failed altogether; the mean length is the time to repair (MTTR).
- A *bad spell* is a stretch in which some failed, however many succeeded beside them: from the first failure to the
  first good one after the last failure, a second without any failure ending it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from core.timing import MS, SECOND
from core.trials.clients import Failure
from swarmsim.report.exchanges import Clients, Exchange
from swarmsim.report.quantiles import quantile

SHORTEST_STANDSTILL_NS: Final = 200 * MS
USUAL_LATENCIES: Final = 5
FEWEST_ASKED: Final = 2
"""A standstill is longer than so many usual answers take, and so many or more had to wait or were refused in it."""
QUIET_NS: Final = SECOND
MAX_REASONS: Final = 32


class Standstill(Struct, frozen=True, gc=False):
    """Nobody got a good answer from `from_ns`, when the first who had to wait asked, to `to_ns`, when one came."""

    from_ns: int
    to_ns: int
    ended: bool
    """False if the run's samples end first."""
    asked: dict[str, int]
    """What became of those who asked meanwhile, by outcome; `good` ones just waited."""
    asked_at: tuple[str, ...]
    """The hosts they asked: others might have answered."""
    in_vain_at: tuple[str, ...] = ()
    """Those of them that did not answer well, or not as fast as usual: whose answer ends it is not among them."""
    led_by: str = ""
    """Who led meanwhile and could have answered by way of another manager; "" if nobody could."""

    @property
    def length_ns(self) -> int:
        """How long it lasted."""
        return self.to_ns - self.from_ns


class Reason(Struct, frozen=True, gc=False):
    """Why so many failed: what the requests met, or what the managers said."""

    outcome: str
    failure: Failure | None
    said: str
    count: int
    host: str = ""
    """Who said so."""


class BadSpell(Struct, frozen=True, gc=False):
    """Of `asked_count` that were asked from `from_ns` and before `to_ns`, `failed_count` failed."""

    from_ns: int
    to_ns: int
    ended: bool
    """False if the last that was asked failed."""
    first_failed_at_ns: int
    """When the first of them failed; it had been asked at `from_ns`."""
    asked_count: int
    failed_count: int
    reasons: tuple[Reason, ...]
    """The most frequent first, of equals that which was met first."""
    asked_at: tuple[str, ...] = ()
    """The hosts at which those that failed were asked."""


class Latency(Struct, frozen=True, gc=False):
    """Of good answers."""

    p50_ns: int
    p95_ns: int
    p99_ns: int
    max_ns: int


class Availability(Struct, frozen=True, gc=False):
    """What one source of exchanges got over the run."""

    name: str
    kind: str
    target: str
    service: str
    rate_per_s: float
    asked_count: int
    outcomes: dict[str, int]
    """By outcome, `good` first, then the most frequent."""
    reasons: tuple[Reason, ...]
    standstills: tuple[Standstill, ...]
    """Of a writer only those in which nobody could have answered it."""
    standstill_ns: int
    mean_to_repair_ns: int | None
    bad_spells: tuple[BadSpell, ...]
    latency: Latency | None
    bad_luck: tuple[Standstill, ...] = ()
    """Standstills of a writer that were none of the swarm's; see `bad_luck.py`."""

    def spells_beside_standstills(self) -> list[BadSpell]:
        """Bad spells of which no standstill says all there is to say."""
        told = (*self.standstills, *self.bad_luck)
        return [
            spell
            for spell in self.bad_spells
            if not any(each.from_ns <= spell.from_ns and spell.to_ns <= each.to_ns for each in told)
        ]

    @property
    def failed_count(self) -> int:
        """How many did not get what they asked for."""
        return self.asked_count - self.outcomes.get("good", 0)


def availability_of(clients: Clients) -> Availability:
    """All of one source."""
    exchanges = clients.exchanges
    latencies = sorted(each.ended_at - each.started_at for each in exchanges if each.good)
    usual_ns = USUAL_LATENCIES * quantile(latencies, 50) if latencies else 0
    stood = standstills(exchanges, max(SHORTEST_STANDSTILL_NS, usual_ns), usual_ns)
    standstill_ns = sum(each.length_ns for each in stood)
    return Availability(
        name=clients.name,
        kind=clients.kind,
        target=clients.target,
        service=clients.service,
        rate_per_s=clients.rate_per_s,
        asked_count=len(exchanges),
        outcomes=_outcomes(exchanges),
        reasons=_reasons(exchanges),
        standstills=stood,
        standstill_ns=standstill_ns,
        mean_to_repair_ns=mean_to_repair(stood),
        bad_spells=bad_spells(exchanges),
        latency=_latency(latencies),
    )


def mean_to_repair(stood: Sequence[Standstill]) -> int | None:
    """How long a standstill lasted on average; None if there was none."""
    return sum(each.length_ns for each in stood) // len(stood) if stood else None


def standstills(exchanges: Sequence[Exchange], threshold_ns: int, usual_ns: int = 0) -> tuple[Standstill, ...]:
    """Every one longer than `threshold_ns`. `exchanges` are in the order they started.

    Who is answered within `usual_ns` has not been kept waiting.
    """
    if not exchanges:
        return ()
    last_ended_at = max(each.ended_at for each in exchanges)
    answers = sorted(each.ended_at for each in exchanges if each.good)
    found = []
    for before, after in zip([exchanges[0].started_at, *answers], [*answers, last_ended_at], strict=True):
        if after - before <= threshold_ns:
            continue
        waiting = [each for each in exchanges if each.started_at < after and _waits_in_vain(each, before, after)]
        from_ns = max(before, min((each.started_at for each in waiting), default=after))
        if after - from_ns > threshold_ns and len(waiting) >= FEWEST_ASKED:
            outcomes = Counter(each.outcome for each in waiting)
            ended = bool(answers) and after <= answers[-1]
            kept = [each for each in waiting if not each.good or each.ended_at - each.started_at > usual_ns]
            found.append(Standstill(from_ns, after, ended, _by_count(outcomes), _hosts(waiting), _hosts(kept)))
    return tuple(found)


def _hosts(exchanges: Iterable[Exchange]) -> tuple[str, ...]:
    return tuple(sorted({each.host for each in exchanges}))


def _waits_in_vain(each: Exchange, before: int, after: int) -> bool:
    """Whether this one was asked, or still open, with no good answer to anybody between `before` and `after`."""
    return each.ended_at >= after or (not each.good and each.started_at >= before)


def bad_spells(exchanges: Sequence[Exchange], quiet_ns: int = QUIET_NS) -> tuple[BadSpell, ...]:
    """Failures that lie less than `quiet_ns` apart, together. `exchanges` are in the order they started."""
    groups: list[list[int]] = []
    for index, each in enumerate(exchanges):
        if each.good:
            continue
        if groups and each.started_at - exchanges[groups[-1][-1]].started_at < quiet_ns:
            groups[-1].append(index)
        else:
            groups.append([index])
    return tuple(_spell(exchanges, group) for group in groups)


def _spell(exchanges: Sequence[Exchange], failed: Sequence[int]) -> BadSpell:
    first, last = failed[0], failed[-1]
    ended = last + 1 < len(exchanges)
    return BadSpell(
        from_ns=exchanges[first].started_at,
        to_ns=exchanges[last + 1].started_at if ended else exchanges[last].ended_at,
        ended=ended,
        first_failed_at_ns=exchanges[first].ended_at,
        asked_count=last - first + 1,
        failed_count=len(failed),
        reasons=_reasons([exchanges[index] for index in failed]),
        asked_at=tuple(sorted({exchanges[index].host for index in failed} - {""})),
    )


def _latency(latencies: Sequence[int]) -> Latency | None:
    if not latencies:
        return None
    return Latency(*(quantile(latencies, percent) for percent in (50, 95, 99, 100)))


def _outcomes(exchanges: Sequence[Exchange]) -> dict[str, int]:
    counts = Counter(each.outcome for each in exchanges)
    good = counts.pop("good", 0)
    return {"good": good, **_by_count(counts)}


def _reasons(exchanges: Sequence[Exchange]) -> tuple[Reason, ...]:
    counts = Counter(
        (each.outcome, each.failure, each.said, each.host if each.said else "") for each in exchanges if not each.good
    )
    return tuple(
        Reason(outcome, failure, said, count, host)
        for (outcome, failure, said, host), count in counts.most_common(MAX_REASONS)
    )


def _by_count(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
