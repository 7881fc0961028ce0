"""Which faults and steps can have to do with what failed: those on the hosts that played a part in it, at the time.

A part is played by the hosts that were asked, those that a failure names, and whoever led meanwhile. What parts hosts
from each other counts if it parted some of these; for a writer of any two managers, since a write needs most of them.
A fault that only touches the stretch at its edge did not cause it, nor does a drain make a write fail.
"""

from collections.abc import Iterator
from typing import Final

from core.timing import SECOND
from swarmsim.recording import FaultBand
from swarmsim.report.availability import Availability, BadSpell, Standstill
from swarmsim.report.disturbances import PUTS_RIGHT, lasts
from swarmsim.report.summary import RunSummary
from swarmsim.report.wording import listed
from swarmsim.scenario.steps import Drain, verb_of

EFFECT_NS: Final = SECOND
"""A step that does not last may show so much later."""
EDGE: Final = 20
"""A fault that covers less than this part of a stretch, at its edge, is none of its causes."""
MOST_NAMED: Final = 2
_MOVES_TASKS: Final = verb_of(Drain)
"""Says where tasks may run: no write fails for that."""


def blamed(run: RunSummary, source: Availability, stretch: BadSpell | Standstill) -> str:
    """` under “slow-disk: leader” and after “demote: m2”`; nothing if there is nobody to blame."""
    hosts = set(_with_a_part(run, stretch))
    managers = {lane.host for lane in run.hosts if lane.started_as == "manager" and source.kind != "requests"}
    bands = [
        band
        for band in run.faults
        if _is_at_the_time(band, stretch)
        and _concerns(band, hosts, managers)
        and not (source.kind != "requests" and band.verb == _MOVES_TASKS)
    ]
    told = [*_told("under", [band for band in bands if lasts(band)])]
    told += _told("after", [band for band in bands if not lasts(band)])
    return f" {' and '.join(told)}" if told else ""


def _told(how: str, bands: list[FaultBand]) -> Iterator[str]:
    """The last of these, each text once."""
    if texts := list(dict.fromkeys(f"“{band.text}”" for band in bands)):
        yield f"{how} {listed(texts[-MOST_NAMED:])}"


def _with_a_part(run: RunSummary, stretch: BadSpell | Standstill) -> Iterator[str]:
    yield from stretch.asked_at
    if isinstance(stretch, BadSpell):
        for reason in stretch.reasons:
            if reason.failure is not None:
                yield from (reason.failure.host, reason.failure.from_host)
    for reign in run.reigns:
        if reign.elected_at_ns < stretch.to_ns and reign.ending_at_ns > stretch.from_ns:
            yield reign.host


def _is_at_the_time(band: FaultBand, stretch: BadSpell | Standstill) -> bool:
    length_ns = stretch.to_ns - stretch.from_ns
    if not lasts(band):
        before_end_ns = stretch.to_ns - band.from_ns
        begun = stretch.from_ns - EFFECT_NS <= band.from_ns < stretch.to_ns and before_end_ns * EDGE >= length_ns
        return begun and band.verb not in PUTS_RIGHT
    to_ns = stretch.to_ns if band.to_ns is None else band.to_ns
    overlap_ns = min(to_ns, stretch.to_ns) - max(band.from_ns, stretch.from_ns)
    inside = band.from_ns > stretch.from_ns and to_ns < stretch.to_ns
    return overlap_ns > 0 and (inside or overlap_ns * EDGE >= length_ns)


def _concerns(band: FaultBand, hosts: set[str], managers: set[str]) -> bool:
    if band.groups:
        groups = (*band.groups, band.others)
        return sum(not (hosts | managers).isdisjoint(group) for group in groups) > 1
    if not band.hosts:
        return lasts(band)  # such as the loss of packets on every link
    return not hosts.isdisjoint(band.hosts)
