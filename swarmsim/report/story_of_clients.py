"""What clients could not get, told in sentences with the reason that the run itself gives."""

from collections.abc import Iterator, Sequence
from typing import Final

from swarmsim.counting import counted, number
from swarmsim.report.availability import Availability, BadSpell, Standstill
from swarmsim.report.blame import blamed
from swarmsim.report.causes import gone_unnoticed, quorum_counts, quorum_gap_in
from swarmsim.report.leadership import leaderless
from swarmsim.report.reasons import ToldReason, grouped, with_the_rest
from swarmsim.report.summary import RunSummary
from swarmsim.report.wording import duration, instant, listed, share

MOST_TOLD: Final = 4
MOST_REASONS: Final = 5
FEW: Final = 20
"""Reasons are told until less than this part of the failures is left."""
WORST_TOLD: Final = 2
"""Of bad spells, where there are more than `MOST_TOLD`."""
MOST_STANDSTILLS: Final = 3
"""More than these are told together."""
_BECAME: Final = {
    "good": ("waited and was acknowledged", "waited and were acknowledged"),
    "refused": ("was refused", "were refused"),
    "rejected": ("was rejected", "were rejected"),
    "unknown": ("has an unknown outcome", "have an unknown outcome"),
}


FAILED: Final = {
    "timeout": ("timed out", "timed out"),
    "error": ("got an error", "got an error"),
    "reset": ("was cut off", "were cut off"),
    "no-route": ("found no route", "found no route"),
    "slow": ("was answered too late", "were answered too late"),
    **_BECAME,
}
"""What became of one request, and of several."""


def told_of_writes(run: RunSummary, source: Availability) -> Iterator[str]:
    """One writer's writes; reads are in the tables."""
    good = source.outcomes["good"]
    rest = [_became(outcome, count) for outcome, count in source.outcomes.items() if outcome != "good"]
    others = f"; {listed(rest)}" if rest else ""
    were = "was" if good == 1 else "were"
    yield f"{number(good)} of {counted(source.asked_count, 'write')} {were} acknowledged{others}."
    if not source.standstills:
        yield "The swarm never kept them waiting." if source.bad_luck else "They never stood still."
    elif len(source.standstills) <= MOST_STANDSTILLS:
        yield from (_standstill(run, source, each) for each in source.standstills)
    else:
        longest = sorted(source.standstills, key=lambda each: each.length_ns, reverse=True)
        times = listed(
            [f"{duration(each.length_ns)} from {instant(each.from_ns)}" for each in longest[:MOST_STANDSTILLS]]
        )
        together = duration(source.standstill_ns)
        yield f"They stood still {len(longest)} times, {together} in all; the longest times were {times}."
        yield _standstill(run, source, longest[0])
    yield from _bad_luck(run, source)
    yield from _spells(run, source, source.spells_beside_standstills())


def _bad_luck(run: RunSummary, source: Availability) -> Iterator[str]:
    """When it was the hosts asked that could not write, and not the swarm."""
    longest = sorted(source.bad_luck, key=lambda each: each.length_ns, reverse=True)
    if len(longest) <= MOST_STANDSTILLS:
        yield from (_standstill(run, source, each) for each in source.bad_luck)
        return
    together = duration(sum(each.length_ns for each in longest))
    yield f"{len(longest)} times, for {together} in all, the managers asked could not write while another led."
    yield _standstill(run, source, longest[0])


def _standstill(run: RunSummary, source: Availability, standstill: Standstill) -> str:
    unended = "" if standstill.ended else ", and it was still so when the run ended"
    led_by, asked = standstill.led_by, listed(standstill.in_vain_at)
    were = "was" if len(standstill.in_vain_at) == 1 else "were"
    led = f"; {led_by} led meanwhile, and {asked} alone {were} asked in vain" if led_by else ""
    why = blamed(run, source, standstill) if led_by else _no_leader(run, source, standstill)
    return (
        f"For {duration(standstill.length_ns)}, from {instant(standstill.from_ns)} to {instant(standstill.to_ns)}, "
        f"no write was acknowledged{why}{unended}: {_asked(standstill)}{led}."
    )


def _asked(standstill: Standstill) -> str:
    """`of the 4 asked meanwhile at m2, 3 waited and were acknowledged and 1 has an unknown outcome`."""
    hosts = [host for host in standstill.asked_at if host]
    where = f" at {listed(hosts)}" if hosts else ""
    asked = f"the {number(sum(standstill.asked.values()))} asked meanwhile{where}"
    if len(standstill.asked) == 1:
        [(outcome, count)] = standstill.asked.items()
        return f"{asked} {_BECAME[outcome][count != 1]}"
    return f"of {asked}, {listed([_became(outcome, count) for outcome, count in standstill.asked.items()])}"


def _became(outcome: str, count: int) -> str:
    return f"{number(count)} {_BECAME[outcome][count != 1]}"


def _no_leader(run: RunSummary, source: Availability, standstill: Standstill) -> str:
    if gap := quorum_gap_in(run, standstill.from_ns, standstill.to_ns):
        return f" because there was no quorum{quorum_counts(gap)} and so no leader"
    gaps = leaderless(run.reigns, run.end_ns)
    if any(from_ns < standstill.to_ns and to_ns > standstill.from_ns for from_ns, to_ns in gaps):
        return " because no leader could act"
    return blamed(run, source, standstill)


def told_of_requests(run: RunSummary, source: Availability) -> Iterator[str]:
    """One source of traffic."""
    if not source.failed_count:
        yield f"All {counted(source.asked_count, 'request')} to {source.target} succeeded."
        return
    failed, part = number(source.failed_count), share(source.failed_count, source.asked_count)
    yield f"{failed} of {counted(source.asked_count, 'request')} to {source.target} ({part}) failed."
    yield from _spells(run, source, source.bad_spells)


def _spells(run: RunSummary, source: Availability, spells: Sequence[BadSpell]) -> Iterator[str]:
    """The worst of them in order of time, then what the others come to."""
    most = MOST_TOLD if len(spells) <= MOST_TOLD else WORST_TOLD
    worst = sorted(spells, key=lambda spell: spell.failed_count, reverse=True)
    yield from (_spell(run, source, spell) for spell in spells if spell in worst[:most])
    if more := worst[most:]:
        failed = number(sum(each.failed_count for each in more))
        yield f"{failed} more failed in {counted(len(more), 'other bad spell')}."


def _spell(run: RunSummary, source: Availability, spell: BadSpell) -> str:
    part = share(spell.failed_count, spell.asked_count)
    if spell.asked_count == 1:
        part = f"1 {source.kind.removesuffix('s')}"
    why = gone_unnoticed(run, source, spell) if source.kind == "requests" else ""
    unended = "" if spell.ended else ", and the last failed too,"
    span = f"from {instant(spell.from_ns)}{_asked_before(run, source, spell)} to {instant(spell.to_ns)}{unended or ','}"
    why = why or blamed(run, source, spell)
    return f"For {duration(spell.to_ns - spell.from_ns)}, {span} {part} failed{why}: {_reasons(spell)}."


def _asked_before(run: RunSummary, source: Availability, spell: BadSpell) -> str:
    """What a request ran into that had been under way already: it must not seem to have failed before its cause.

    One that had been under way for longer than answers take was in trouble before.
    """
    usual_ns = source.latency.p99_ns if source.latency is not None else 0
    until_ns = min(spell.first_failed_at_ns, spell.from_ns + usual_ns)
    struck = [each for each in run.anatomies if spell.from_ns < each.at_ns <= until_ns]
    if not struck:
        return ""
    early = duration(struck[0].at_ns - spell.from_ns)
    return f" (the first had been asked {early} before “{struck[0].text}” and was still under way)"


def _reasons(spell: BadSpell) -> str:
    """The most frequent, until few are left."""
    rest, told_count = spell.failed_count, 0
    for reason in grouped(spell.reasons)[:MOST_REASONS]:
        if rest * FEW < spell.failed_count:
            break
        told_count += 1
        rest -= reason.count
    told = with_the_rest(spell.reasons, told_count)
    forgotten = spell.failed_count - sum(each.count for each in told)
    return listed([*map(_reason, told), *([f"{number(forgotten)} otherwise"] if forgotten else [])])


def _reason(reason: ToldReason) -> str:
    words = f" ({reason.words})" if reason.words else ""
    return f"{number(reason.count)} {FAILED[reason.outcome][reason.count != 1]}{words}{reason.also}"
