"""A run told in sentences: who led when, what failed for how long and why, what it took to get over it."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from core.timing import SECOND
from swarmsim.counting import counted, number
from swarmsim.recording import Ruling, Verdict
from swarmsim.report.causes import quorum_counts
from swarmsim.report.leadership import Reign, leaderless
from swarmsim.report.quorum import QuorumGap
from swarmsim.report.stages import STAGES
from swarmsim.report.story_of_clients import told_of_requests, told_of_writes
from swarmsim.report.story_of_services import told_of_jobs, told_of_tasks, told_of_updates
from swarmsim.report.summary import RunSummary
from swarmsim.report.wording import duration, instant, listed

MOST_TOLD: Final = 5
"""Of anything; the tables have the rest."""
_TIMES: Final = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}


class Paragraph(Struct, frozen=True, gc=False):
    """What is told on one topic."""

    topic: str
    text: str


def headline(rulings: Sequence[Ruling]) -> str:
    """The whole report in a line."""
    held = sum(ruling is Ruling.HELD for ruling in rulings)
    if len(rulings) == 1:
        return {
            Ruling.HELD: "Everything that was expected held.",
            Ruling.VIOLATED: "Something that was expected did not hold.",
            Ruling.UNKNOWN: "It could not be told whether everything that was expected held.",
        }[rulings[0]]
    return f"Everything that was expected held in {number(held)} of {counted(len(rulings), 'seed')}."


def story_of(run: RunSummary) -> tuple[Paragraph, ...]:
    """A paragraph on each topic that there is anything to say of."""
    tellers = {"writes": told_of_writes, "requests": told_of_requests}
    topics = (
        ("Who led", _leadership(run)),
        *(
            (f"{source.kind.capitalize()} of {source.name}", tellers[source.kind](run, source))
            for source in run.availability
            if source.kind in tellers
        ),
        ("Tasks", told_of_tasks(run)),
        ("Updates", told_of_updates(run)),
        ("Jobs", told_of_jobs(run)),
        ("Warnings", _warnings(run)),
        ("Verdict", _verdicts(run)),
    )
    paragraphs = ((topic, " ".join(sentences)) for topic, sentences in topics)
    told = [Paragraph(topic, text) for topic, text in paragraphs if text]
    # A reader of a failed run wants to know first what failed.
    return tuple(told if run.ruling is Ruling.HELD else [told[-1], *told[:-1]])


def _leadership(run: RunSummary) -> Iterator[str]:
    if not run.reigns:
        yield "Nobody ever led."
    if len(run.reigns) > MOST_TOLD:
        yield from _many_leaders(run)
        yield from _quorum_gaps(run, run.reigns[0].elected_at_ns, run.end_ns)
        return
    for position, reign in enumerate(run.reigns):
        previous = run.reigns[position - 1] if position else None
        yield from _quorum_gaps(run, previous.elected_at_ns if previous else 0, reign.elected_at_ns)
        yield _reign(reign, previous)
    yield from _quorum_gaps(run, run.reigns[-1].elected_at_ns if run.reigns else 0, run.end_ns)


def _warnings(run: RunSummary) -> Iterator[str]:
    yield from (f"{warning}." for warning in run.warnings)
    yield from (f"{remark[0].upper()}{remark[1:]}." for remark in run.remarks)


def _quorum_gaps(run: RunSummary, from_ns: int, to_ns: int) -> Iterator[str]:
    """Those that began between two elections."""
    gaps = [gap for gap in run.quorum_gaps if from_ns <= gap.from_ns < to_ns]
    yield from (_quorum_gap(run, gap) for gap in gaps[:MOST_TOLD])
    if len(gaps) > MOST_TOLD:
        yield f"{counted(len(gaps) - MOST_TOLD, 'more time')} there was no quorum."


def _quorum_gap(run: RunSummary, gap: QuorumGap) -> str:
    """With what was done last before it, if that was just before."""
    done = [each.text for each in run.anatomies if each.at_ns <= gap.from_ns < each.at_ns + SECOND]
    after = f" after “{done[-1]}”" if done else ""
    return f"From {instant(gap.from_ns)}{quorum_counts(gap)} there was no quorum{after}, so nobody could be elected."


def _many_leaders(run: RunSummary) -> Iterator[str]:
    hosts = list(dict.fromkeys(reign.host for reign in run.reigns))
    first, last = run.reigns[0], run.reigns[-1]
    yield f"Leaders changed often: {listed(hosts)} led {len(run.reigns)} times in terms {first.term} to {last.term}."
    gaps = leaderless(run.reigns, run.end_ns)
    if gaps:
        from_ns, to_ns = max(gaps, key=lambda gap: gap[1] - gap[0])
        together = duration(sum(end_ns - begin_ns for begin_ns, end_ns in gaps))
        longest = f"{duration(to_ns - from_ns)} from {instant(from_ns)}"
        yield f"No leader could act for {together} in all, the longest time being {longest}."
    yield _reign(first, None)
    yield _reign(last, run.reigns[-2])


def _reign(reign: Reign, previous: Reign | None) -> str:
    begins = f"{reign.host} led in term {reign.term}" if previous is None else f"{_election(reign, previous)} and led"
    if not reign.ending:
        return f"{begins} throughout." if previous is None else f"{begins} to the end of the run."
    return f"{begins} until {instant(reign.until_ns)}, {_why_it_ended(reign)}."


def _election(reign: Reign, previous: Reign) -> str:
    if reign.anew:
        return f"{reign.host} began the swarm anew at {instant(reign.elected_at_ns)}, in term {reign.term},"
    tries = sum(not each.pre for each in reign.campaigns)
    at_which = f" at the {_TIMES.get(tries, f'{tries}th')} campaign" if tries > 1 else ""
    later = duration(reign.elected_at_ns - previous.until_ns)
    when = f"at {instant(reign.elected_at_ns)}, {later} later,"
    return f"{reign.host} was elected in term {reign.term}{at_which} {when}"


def _why_it_ended(reign: Reign) -> str:
    if reign.cause:
        told_next = "was elected" in reign.ending
        return f"when it was hit by “{reign.cause}”{'' if told_next else f' ({reign.ending})'}"
    return f"when {reign.ending}" if " " in reign.ending else f"because of {reign.ending}"


def _verdicts(run: RunSummary) -> Iterator[str]:
    failed = [verdict for verdict in run.verdicts if verdict.ruling is not Ruling.HELD]
    if run.verdicts and not failed:
        checked = [verdict for verdict in run.verdicts if not verdict.idle]
        looks = sum(verdict.checked_count for verdict in checked)
        judged = counted(len(checked), "expectation or check", "expectations and checks")
        yield f"{f'All {judged}' if len(checked) > 1 else judged} held, over {counted(looks, 'single look')}."
        if len(checked) < len(run.verdicts):
            yield f"{counted(len(run.verdicts) - len(checked), 'more check')} had nothing to check."
    yield from (_verdict(verdict) for verdict in failed[:MOST_TOLD])
    waited = [STAGES[each.name] for anatomy in run.anatomies for each in anatomy.unfinished if each.came_ns is None]
    if waited:
        yield f"Waited for in vain: {listed(list(dict.fromkeys(waited)))}."
    yield from (f"Not played as written: {problem}." for problem in run.problems)


def _verdict(verdict: Verdict) -> str:
    word = "did not hold" if verdict.ruling is Ruling.VIOLATED else "could not be judged"
    return f"“{verdict.name}” {word}: {verdict.detail}."
