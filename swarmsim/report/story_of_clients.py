"""What clients could not get, told in sentences with the reason that the run itself gives."""

from collections.abc import Iterator, Sequence
from typing import Final

from swarmsim.report.availability import Availability, BadSpell, Reason, Standstill
from swarmsim.report.disturbances import lasts
from swarmsim.report.leadership import leaderless
from swarmsim.report.summary import RunSummary
from swarmsim.report.wording import counted, duration, instant, listed, number, share

MOST_TOLD: Final = 4
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
    yield f"{number(good)} of {counted(source.asked_count, 'write')} were acknowledged{others}."
    if not source.standstills:
        yield "They never stood still."
    elif len(source.standstills) <= MOST_STANDSTILLS:
        yield from (_standstill(run, each) for each in source.standstills)
    else:
        longest = sorted(source.standstills, key=lambda each: each.length_ns, reverse=True)
        times = listed(
            [f"{duration(each.length_ns)} from {instant(each.from_ns)}" for each in longest[:MOST_STANDSTILLS]]
        )
        together = duration(source.standstill_ns)
        yield f"They stood still {len(longest)} times, {together} in all; the longest times were {times}."
        yield _standstill(run, longest[0])
    yield from _spells(run, source.spells_beside_standstills(), requests=False)


def _standstill(run: RunSummary, standstill: Standstill) -> str:
    unended = "" if standstill.ended else " and was still so when the run ended"
    asked = listed([_became(outcome, count) for outcome, count in standstill.asked.items()])
    return (
        f"For {duration(standstill.length_ns)}, from {instant(standstill.from_ns)} to {instant(standstill.to_ns)}, "
        f"none was acknowledged{_no_leader(run, standstill)}{unended}: of those asked meanwhile {asked}."
    )


def _became(outcome: str, count: int) -> str:
    return f"{number(count)} {_BECAME[outcome][count != 1]}"


def _no_leader(run: RunSummary, standstill: Standstill) -> str:
    gaps = leaderless(run.reigns, run.end_ns)
    if any(from_ns < standstill.to_ns and to_ns > standstill.from_ns for from_ns, to_ns in gaps):
        return " because no leader could act"
    return _under(run, standstill.from_ns, standstill.to_ns)


def told_of_requests(run: RunSummary, source: Availability) -> Iterator[str]:
    """One source of traffic."""
    if not source.failed_count:
        yield f"All {counted(source.asked_count, 'request')} to {source.target} succeeded."
        return
    failed, part = number(source.failed_count), share(source.failed_count, source.asked_count)
    yield f"{failed} of {counted(source.asked_count, 'request')} to {source.target} ({part}) failed."
    yield from _spells(run, source.bad_spells, requests=True)


def _spells(run: RunSummary, spells: Sequence[BadSpell], *, requests: bool) -> Iterator[str]:
    """The worst of them in order of time, then what the others come to."""
    most = MOST_TOLD if len(spells) <= MOST_TOLD else WORST_TOLD
    worst = sorted(spells, key=lambda spell: spell.failed_count, reverse=True)
    yield from (_spell(run, spell, requests=requests) for spell in spells if spell in worst[:most])
    if more := worst[most:]:
        failed = number(sum(each.failed_count for each in more))
        yield f"{failed} more failed in {counted(len(more), 'other bad spell')}."


def _spell(run: RunSummary, spell: BadSpell, *, requests: bool) -> str:
    part = share(spell.failed_count, spell.asked_count)
    otherwise = [f"{number(rest)} failed otherwise"] if (rest := _rest(spell)) else []
    reasons = listed([*(_reason(reason) for reason in spell.reasons[:2]), *otherwise])
    why = _gone_unnoticed(run, spell) if requests else ""
    span = f"For {duration(spell.to_ns - spell.from_ns)}, from {instant(spell.from_ns)} to {instant(spell.to_ns)},"
    return f"{span} {part} failed{why or _under(run, spell.from_ns, spell.to_ns)}: {reasons}."


def _rest(spell: BadSpell) -> int:
    return spell.failed_count - sum(reason.count for reason in spell.reasons[:2])


def _reason(reason: Reason) -> str:
    detail = f" ({reason.detail})" if reason.detail else ""
    return f"{number(reason.count)} {FAILED[reason.outcome][reason.count != 1]}{detail}"


def _gone_unnoticed(run: RunSummary, spell: BadSpell) -> str:
    """Tasks on hosts named in the reasons that were gone while the swarm still sent them requests, until when."""
    named = {word for reason in spell.reasons for word in reason.detail.split()}
    gone = [
        (f"{row.service}.{row.slot} on {life.host}", span.to_ns)
        for row in run.slots
        for life in row.lives
        for span in life.states
        if span.state == "lost" and life.host in named and span.from_ns < spell.to_ns and span.to_ns > spell.from_ns
    ]
    if not gone:
        return ""
    names, noticed_at = listed([name for name, _ in gone]), max(to_ns for _, to_ns in gone)
    verb = "was" if len(gone) == 1 else "were"
    until = f"{instant(noticed_at)}{_told_by(run, noticed_at)}"
    return f", since {names} {verb} gone and the swarm did not know it until {until}"


def _told_by(run: RunSummary, noticed_at: int) -> str:
    for anatomy in run.anatomies:
        for stage in anatomy.stages:
            if stage.name == "hosts-down" and stage.at_ns == noticed_at:
                return f", when it gave up {listed(stage.note.split(', '))}"
    return ""


def _under(run: RunSummary, from_ns: int, to_ns: int) -> str:
    """The faults that were on."""
    bands = [
        band
        for band in run.faults
        if lasts(band) and band.from_ns < to_ns and (band.to_ns is None or band.to_ns > from_ns)
    ]
    return f" under {listed([f'“{band.text}”' for band in bands[-2:]])}" if bands else ""
