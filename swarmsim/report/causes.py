"""Why requests failed: what their own words say, held against what is known of tasks, hosts and tables.

A failure's detail names the service that was called last and the host at which the request was lost. Only tasks of that
service on that host can have been its cause, however many others were lost beside them.
"""

import re
from collections.abc import Iterator
from typing import Final

from core.timing import MS
from swarmsim.report.availability import Availability, BadSpell, Reason
from swarmsim.report.exchanges import AT_ITS_ENTRY
from swarmsim.report.quorum import QuorumGap
from swarmsim.report.summary import RunSummary
from swarmsim.report.wording import instant, listed

CHANGE_NS: Final = 100 * MS
_CALL: Final = re.compile(r"\S+ calls (\S+): ")
"""As the simulator's fabric words it: `vote_vote calls kv: timeout: m3 has no power`."""


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
        places = set(_places(source, reason))
        met = {each for each in lost if any(_is(each[0], name) and each[2] == host for name, host in places)}
        explained += reason.count if met else 0
        found |= met
    if 2 * explained < spell.failed_count or not found:
        return ""
    gone = [(f"{each[0]}.{each[1]} on {each[2]}", each[3]) for each in lost if each in found]
    names, noticed_at = listed([name for name, _ in gone]), max(to_ns for _, to_ns in gone)
    verb = "was" if len(gone) == 1 else "were"
    until = f"{instant(noticed_at)}{_told_by(run, noticed_at)}"
    swarm = f"the swarm{_without_quorum(run, spell)}"
    return (
        f", since {names} {verb} gone and {swarm} did not know it until {until}{_still_misled(run, spell, noticed_at)}"
    )


def _places(source: Availability, reason: Reason) -> Iterator[tuple[str, str]]:
    """The service that was called last, with words of which one may be a host."""
    if reason.detail.startswith(AT_ITS_ENTRY):
        return
    calls = list(_CALL.finditer(reason.detail))
    name = (calls[-1][1] if calls else source.target).partition(":")[0]
    for word in reason.detail[calls[-1].end() if calls else 0 :].split():
        yield name, word


def _is(service: str, name: str) -> bool:
    """Whether a service is known by this name: its own, or that which it has within its stack."""
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
