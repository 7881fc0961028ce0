"""Why requests failed: what they met, held against what is known of tasks, hosts and tables.

A failure has the service that was called last and the host at which the request was lost. Only tasks of that service
on that host can have been its cause, however many others were lost beside them.
"""

from typing import Final

from core.timing import MS
from core.trials.clients import Why
from swarmsim.report.availability import Availability, BadSpell, Reason
from swarmsim.report.quorum import QuorumGap
from swarmsim.report.summary import RunSummary
from swarmsim.report.wording import instant, listed
from swarmsim.task_names import task_name

CHANGE_NS: Final = 100 * MS
AT_ITS_TASK: Final = frozenset(
    {
        Why.WITHOUT_POWER,
        Why.UNREACHED,
        Why.NOBODY_ANSWERS,
        Why.NOT_LISTENING,
        Why.BEING_SERVED,
        Why.ENDED,
        Why.UNHEALTHY,
    }
)
"""Met where a table had sent the request, so that the task there may be the cause; all else is met before."""


def gone_unnoticed(run: RunSummary, source: Availability, spell: BadSpell) -> str:
    """Tasks that were gone while the swarm still sent them these requests, until when and why so long.

    Nothing, if most of what failed failed otherwise.
    """
    lost = [
        (row.service, row.slot, life.host, span.to_ns)
        for row in run.slots
        for life in row.lives
        for span in life.states
        if span.state == "lost" and span.from_ns < spell.to_ns and span.to_ns > spell.from_ns
    ]
    explained, found = 0, set()
    for reason in spell.reasons:
        met = {each for each in lost if _is_met(source, reason, each[0], each[2])}
        explained += reason.count if met else 0
        found |= met
    if 2 * explained < spell.failed_count or not found:
        return ""
    gone = [(task_name(*each[:3]), each[3]) for each in lost if each in found]
    names, noticed_at = listed([name for name, _ in gone]), max(to_ns for _, to_ns in gone)
    verb = "was" if len(gone) == 1 else "were"
    until = f"{instant(noticed_at)}{_told_by(run, noticed_at)}"
    swarm = f"the swarm{_without_quorum(run, spell)}"
    return (
        f", since {names} {verb} gone and {swarm} did not know it until {until}{_still_misled(run, spell, noticed_at)}"
    )


def _is_met(source: Availability, reason: Reason, service: str, host: str) -> bool:
    """Whether these requests were lost at a task of this service on this host."""
    failure = reason.failure
    if failure is None or failure.why not in AT_ITS_TASK or failure.host != host:
        return False
    name = (failure.called or source.service).removeprefix("tasks.")
    # A service is known by its own name, and within its stack by what follows the stack's.
    return service == name or service.endswith(f"_{name}")


def _told_by(run: RunSummary, noticed_at: int) -> str:
    for anatomy in run.anatomies:
        for stage in anatomy.stages:
            if stage.name == "hosts-down" and stage.at_ns == noticed_at:
                return f", when it gave up {listed(stage.note.split(', '))}"
    return ""


def _without_quorum(run: RunSummary, spell: BadSpell) -> str:
    gap = quorum_gap_in(run, spell.from_ns, spell.to_ns)
    return f", without a quorum{quorum_counts(gap)}," if gap else ""


def quorum_gap_in(run: RunSummary, from_ns: int, to_ns: int) -> QuorumGap | None:
    """The last gap of the quorum that overlaps this stretch."""
    gaps = [gap for gap in run.quorum_gaps if gap.from_ns < to_ns and gap.to_ns > from_ns]
    return gaps[-1] if gaps else None


def quorum_counts(gap: QuorumGap) -> str:
    """` until 42.000 s (2 of 5 managers up, 3 needed)`."""
    until = f" until {instant(gap.to_ns)}" if gap.ended else " to the end"
    return f"{until} ({gap.up()})"


def _still_misled(run: RunSummary, spell: BadSpell, noticed_at: int) -> str:
    """Whose tables led there even then, longer than it takes to change them."""
    late = [each for each in run.misled if each.from_ns < spell.to_ns and each.lasts_beyond(noticed_at + CHANGE_NS)]
    if not late or noticed_at > spell.to_ns:
        return ""
    hosts, to_ns = listed(late[-1].last), late[-1].to_ns
    until = "to the end" if to_ns is None else f"until {instant(to_ns)}"
    return f"; the tables of {hosts} led there even then, {until}"
