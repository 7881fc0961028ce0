"""Who had left the swarm on purpose, or was removed from it: nobody waits for those to come back."""

from swarmsim.report.evidence import Evidence
from swarmsim.scenario.steps import RemoveNode, verb_of

_REMOVED = verb_of(RemoveNode)


def left_on_purpose(evidence: Evidence, host: str, at_ns: int) -> bool:
    """Whether at this instant a host had left, or the operator had asked to remove it, and it had not joined again."""
    phases = [
        (fact.at_ns, fact.data["phase"])
        for fact in evidence.of("host-phase-changed")
        if fact.host == host and fact.at_ns <= at_ns
    ]
    left = [since_ns for since_ns, phase in phases if phase == "leaving"]
    removed = [
        band.from_ns
        for band in evidence.recording.faults
        if band.verb == _REMOVED and host in band.hosts and band.from_ns <= at_ns
    ]
    gone_at = max([*left, *removed], default=None)
    return gone_at is not None and not any(phase == "joining" and since_ns > gone_at for since_ns, phase in phases)
