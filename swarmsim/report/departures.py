"""Who had left the swarm on purpose, was removed from it or was refused: nobody waits for those to be in session."""

from swarmsim.report.evidence import Evidence
from swarmsim.scenario.steps import RemoveNode, verb_of

_REMOVED = verb_of(RemoveNode)
_ADMITTED = ("worker", "manager")


def left_on_purpose(evidence: Evidence, host: str, at_ns: int) -> bool:
    """Whether at this instant a host had left, been refused, or was to be removed, and had not joined again."""
    phases = [
        (fact.at_ns, fact.data["phase"])
        for fact in evidence.of("host-phase-changed")
        if fact.host == host and fact.at_ns <= at_ns
    ]
    bands = [band for band in evidence.recording.faults if host in band.hosts and band.from_ns <= at_ns]
    refused_at = [band.from_ns for band in bands if band.refused]
    if refused_at and not any(phase in _ADMITTED and since_ns > refused_at[-1] for since_ns, phase in phases):
        return True
    left = [since_ns for since_ns, phase in phases if phase == "leaving"]
    removed = [band.from_ns for band in bands if band.verb == _REMOVED]
    gone_at = max([*left, *removed], default=None)
    return gone_at is not None and not any(phase == "joining" and since_ns > gone_at for since_ns, phase in phases)
