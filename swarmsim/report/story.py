"""A run told in sentences: who led when, what failed for how long and why, what it took to get over it."""

from collections.abc import Iterator, Sequence
from typing import Final

from swarmsim.recording import Ruling
from swarmsim.report.anatomy import STAGES, Anatomy
from swarmsim.report.availability import Availability, BadSpell, Reason, Standstill
from swarmsim.report.disturbances import lasts
from swarmsim.report.leadership import Reign
from swarmsim.report.summary import RunSummary
from swarmsim.report.wording import counted, duration, instant, listed, number, share

MOST_TOLD: Final = 4
"""Of anything; the tables have the rest."""


def headline(rulings: Sequence[Ruling]) -> str:
    """The whole report in a line."""
    held = sum(ruling is Ruling.HELD for ruling in rulings)
    if len(rulings) == 1:
        return {
            Ruling.HELD: "Everything that was expected held.",
            Ruling.VIOLATED: "Something that was expected did not hold.",
            Ruling.UNKNOWN: "It could not be told whether everything that was expected held.",
        }[rulings[0]]
    return f"Everything that was expected held in {held} of {counted(len(rulings), 'seed')}."


def story_of(run: RunSummary) -> tuple[str, ...]:
    """One paragraph each on leadership, writes, requests, tasks and verdicts; those that have nothing to say left out."""
    paragraphs = (_leadership(run), _writes(run), _requests(run), _tasks(run), _verdicts(run))
    return tuple(" ".join(sentences) for told in paragraphs if (sentences := list(told)))


# --- who led


def _leadership(run: RunSummary) -> Iterator[str]:
    if not run.reigns:
        yield "Nobody ever led."
        return
    for position, reign in enumerate(run.reigns[:MOST_TOLD]):
        previous = run.reigns[position - 1] if position else None
        yield _reign(reign, previous, run.end_ns)
    if len(run.reigns) > MOST_TOLD:
        yield f"After that {counted(len(run.reigns) - MOST_TOLD, 'more leader')} followed."


def _reign(reign: Reign, previous: Reign | None, end_ns: int) -> str:
    start = "" if previous is None or reign.elected_at_ns <= 0 else _election(reign, previous)
    began = f"{reign.host} led in term {reign.term}" if not start else f"{start} and led"
    if not reign.ending:
        return f"{began} to the end of the run." if start else f"{began} throughout."
    return f"{began} until {instant(_lost_at(reign))}, {_why(reign)}."


def _election(reign: Reign, previous: Reign) -> str:
    after_ns = reign.elected_at_ns - _lost_at(previous)
    tries = sum(not each.pre for each in reign.campaigns)
    several = (
        f" at the {tries}th campaign"
        if tries > 3
        else {2: " at the second campaign", 3: " at the third"}.get(tries, "")
    )
    return f"{reign.host} was elected in term {reign.term}{several} at {instant(reign.elected_at_ns)}, {duration(after_ns)} later,"


def _lost_at(reign: Reign) -> int:
    """When a leader was of no use any more: with the fault that struck it, if that is what ended its rule."""
    return reign.until_ns if reign.cause_at_ns is None else min(reign.cause_at_ns, reign.until_ns)


def _why(reign: Reign) -> str:
    if reign.cause:
        seen = "" if "was elected" in reign.ending else f" ({reign.ending})"
        return f"when it was hit by “{reign.cause}”{seen}"
    return f"when {reign.ending}" if " " in reign.ending else f"because of {reign.ending}"


def leaderless(run: RunSummary) -> list[tuple[int, int]]:
    """Stretches with no leader that acts."""
    gaps = []
    for before, after in zip(run.reigns, [*run.reigns[1:], None], strict=True):
        if not before.ending:
            continue
        to_ns = run.end_ns if after is None else after.acts_from_ns or after.until_ns
        gaps.append((_lost_at(before), to_ns))
    return gaps


# --- what clients got


def _writes(run: RunSummary) -> Iterator[str]:
    for source in [source for source in run.availability if source.kind == "writes"]:
        yield f"{_by(source)}{number(source.outcomes['good'])} of {counted(source.asked_count, 'write')} were acknowledged{_others(source)}."
        if not source.standstills:
            yield "Writes never stood still."
        for standstill in source.standstills[:MOST_TOLD]:
            yield _standstill(run, standstill)
        if rest := source.standstills[MOST_TOLD:]:
            yield f"{counted(len(rest), 'more standstill')} followed, {duration(sum(each.length_ns for each in rest))} in all."
        beside = [spell for spell in source.bad_spells if not _covered(spell, source.standstills)]
        for spell in beside[:MOST_TOLD]:
            yield _spell(run, spell)


def _covered(spell: BadSpell, standstills: Sequence[Standstill]) -> bool:
    return any(
        each.from_ns <= spell.from_ns and spell.to_ns <= each.to_ns + (each.to_ns - each.from_ns)
        for each in standstills
    )


def _by(source: Availability) -> str:
    return f"By {source.name}: " if source.name else ""


def _others(source: Availability) -> str:
    rest = [_became(outcome, count) for outcome, count in source.outcomes.items() if outcome != "good"]
    return f"; {listed(rest)}" if rest else ""


def _standstill(run: RunSummary, standstill: Standstill) -> str:
    unended = "" if standstill.ended else " and had not resumed when the run ended"
    asked = listed([_became(outcome, count) for outcome, count in standstill.asked.items()])
    return (
        f"None was acknowledged for {duration(standstill.length_ns)}, from {instant(standstill.from_ns)} to "
        f"{instant(standstill.to_ns)}{unended}{_cause(run, standstill.from_ns, standstill.to_ns)}; "
        f"of those asked meanwhile {asked}."
    )


def _became(outcome: str, count: int) -> str:
    one, many = {
        "good": ("waited and was acknowledged", "waited and were acknowledged"),
        "refused": ("was refused", "were refused"),
        "rejected": ("was rejected", "were rejected"),
        "unknown": ("has an unknown outcome", "have an unknown outcome"),
    }[outcome]
    return f"{number(count)} {one if count == 1 else many}"


def _cause(run: RunSummary, from_ns: int, to_ns: int) -> str:
    if any(start < to_ns and end > from_ns for start, end in leaderless(run)):
        return ", because no leader could act"
    active = _active(run, from_ns, to_ns)
    return f", under {active}" if active else ""


def _active(run: RunSummary, from_ns: int, to_ns: int) -> str:
    bands = [
        band
        for band in run.faults
        if lasts(band) and band.from_ns < to_ns and (band.to_ns is None or band.to_ns > from_ns)
    ]
    return listed([f"“{band.text}”" for band in bands[-2:]])


def _requests(run: RunSummary) -> Iterator[str]:
    for source in [source for source in run.availability if source.kind == "requests"]:
        if not source.failed_count:
            yield f"All {counted(source.asked_count, 'request')} of {source.name} to {source.target} succeeded."
            continue
        lost = f"{number(source.failed_count)} of {counted(source.asked_count, 'request')} ({share(source.failed_count, source.asked_count)})"
        yield f"{source.name} lost {lost} to {source.target}."
        for spell in source.bad_spells[:MOST_TOLD]:
            yield _spell(run, spell)
        if len(source.bad_spells) > MOST_TOLD:
            rest = source.bad_spells[MOST_TOLD:]
            yield f"{number(sum(each.failed_count for each in rest))} more failed in {counted(len(rest), 'later bad spell')}."


def _spell(run: RunSummary, spell: BadSpell) -> str:
    part = share(spell.failed_count, spell.asked_count)
    reasons = listed([_reason(reason) for reason in spell.reasons[:2]])
    return (
        f"For {duration(spell.to_ns - spell.from_ns)}, from {instant(spell.from_ns)} to {instant(spell.to_ns)}, "
        f"{part} failed: {reasons}{_under(run, spell)}{_how_it_ended(run, spell)}."
    )


def _under(run: RunSummary, spell: BadSpell) -> str:
    active = _active(run, spell.from_ns, spell.to_ns)
    return f", under {active}" if active else ""


def _reason(reason: Reason) -> str:
    detail = f" ({reason.detail})" if reason.detail else ""
    return f"{number(reason.count)} by {reason.outcome}{detail}"


def _how_it_ended(run: RunSummary, spell: BadSpell) -> str:
    """What the swarm did just before requests were good again."""
    for anatomy in run.anatomies:
        for stage in anatomy.stages:
            if stage.name == "hosts-down" and abs(stage.at_ns - spell.to_ns) * 4 <= spell.to_ns - spell.from_ns:
                after = f"{duration(stage.since_ns)} after the fault"
                return f"; it ended when {stage.note} had been declared down, {after}, and had left the routing tables"
    return ""


# --- tasks and verdicts


def _tasks(run: RunSummary) -> Iterator[str]:
    short = [service for service in run.replicas if service.shortages]
    for anatomy in run.anatomies:
        yield from (
            _recovery(anatomy, stage.since_ns, stage.note) for stage in anatomy.stages if stage.name == "tasks-running"
        )
    if short:
        missing = sum(service.missing_replica_ns for service in short)
        yield f"Over the run {missing / 1e9:.1f} replica-seconds were missing."
    elif run.replicas:
        yield "No service was ever short of tasks."


def _recovery(anatomy: Anatomy, since_ns: int, services: str) -> str:
    return (
        f"Tasks of {services} that were lost to “{anatomy.text}” ran again on other hosts after {duration(since_ns)}."
    )


def _verdicts(run: RunSummary) -> Iterator[str]:
    checked = sum(verdict.checked_count for verdict in run.verdicts)
    failed = [verdict for verdict in run.verdicts if verdict.ruling is not Ruling.HELD]
    if not failed and run.verdicts:
        yield f"All {len(run.verdicts)} expectations and checks held, over {number(checked)} single looks."
    for verdict in failed[:MOST_TOLD]:
        word = "did not hold" if verdict.ruling is Ruling.VIOLATED else "could not be judged"
        yield f"“{verdict.name}” {word}: {verdict.detail}."
    waited = [STAGES[name] for anatomy in run.anatomies for name in anatomy.unfinished]
    if waited:
        yield f"Waited for in vain: {listed(list(dict.fromkeys(waited)))}."
    yield from (f"Not played as written: {problem}." for problem in run.problems)
