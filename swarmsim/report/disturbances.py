"""What was done to the swarm and taken back again: those of one instant together."""

from typing import Final

from msgspec import Struct

from swarmsim.player.timeline import MAY_HIT_NOBODY
from swarmsim.recording import FaultBand
from swarmsim.report.evidence import Evidence
from swarmsim.scenario.steps import REVERSIBLE, verb_of

LASTING: Final = frozenset(verb_of(action) for action in REVERSIBLE)
"""Verbs whose effect goes on until it is taken back; the others happen at an instant."""

PUTS_RIGHT: Final = frozenset(verb_of(action) for action in MAY_HIT_NOBODY)
"""Verbs that undo: one that fitted nobody did nothing."""


class Disturbance(Struct, frozen=True, gc=False):
    """Steps played or ended at one instant. What happens before `next_at_ns` (the next one, or the end) follows it."""

    at_ns: int
    next_at_ns: int
    text: str
    """The steps as written; for one that ended by itself, that it did."""
    hosts: tuple[str, ...]
    next_text: str
    """Of the disturbance that follows; "" if none does."""


def disturbances(evidence: Evidence) -> tuple[Disturbance, ...]:
    """In order of time, those within the run; what was to put things right and fitted nobody was none."""
    texts: dict[int, dict[str, None]] = {}
    hosts: dict[int, dict[str, None]] = {}
    bands = [band for band in evidence.recording.faults if band.hosts or band.verb not in PUTS_RIGHT]
    begun = {band.from_ns for band in bands}
    for band in bands:
        instants = [(band.from_ns, band.text)]
        if band.to_ns is not None and band.to_ns not in begun:
            instants.append((band.to_ns, f"end of {band.text}"))
        for at_ns, text in instants:
            texts.setdefault(at_ns, {})[text] = None
            hosts.setdefault(at_ns, {}).update(dict.fromkeys(band.hosts))
    times = sorted(at_ns for at_ns in texts if at_ns < evidence.end_ns)
    told = ["; ".join(texts[at_ns]) for at_ns in times]
    following = zip([*times[1:], evidence.end_ns], [*told[1:], ""], strict=True)
    return tuple(
        Disturbance(at_ns, next_at, text, tuple(hosts[at_ns]), next_text)
        for at_ns, text, (next_at, next_text) in zip(times, told, following, strict=False)
    )


def whom(band: FaultBand) -> str:
    """Whom a step hit: `on m1, m5`; of one that parts hosts `m1, m2 | m3 | in no group named: w1`."""
    if not band.groups:
        nobody = "on nobody" if band.verb in PUTS_RIGHT else ""
        refused = f" (refused: {band.refused})" if band.refused else ""
        return f"on {', '.join(_hosts(band))}{refused}" if band.hosts else nobody
    groups = [", ".join(group) for group in band.groups]
    if band.others:
        groups.append(f"in no group named: {', '.join(band.others)}")
    between = [host for host in band.hosts if not any(host in group for group in band.groups)]
    return " | ".join(groups) + (f"; all hear {', '.join(between)}" if between else "")


def _hosts(band: FaultBand) -> list[str]:
    """Each, if it was moved with its addresses before and after."""
    if not band.addresses:
        return list(band.hosts)
    return [f"{host} ({old} → {new})" for host, (old, new) in zip(band.hosts, band.addresses, strict=True)]


def lasts(band: FaultBand) -> bool:
    """Whether a step began something that went on, rather than happened at once."""
    return band.verb in LASTING
