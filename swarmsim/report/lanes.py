"""The life of each host: whether it had power and a daemon, and what it was in Raft, with its term.

Times of power are those of the facts, which are exact; a recording without facts has what the recorder saw.
"""

from msgspec import Struct

from swarmsim.recording import HostRecord, RecordedFact
from swarmsim.report.evidence import Evidence
from swarmsim.report.spans import Span, spans_of, state_at

UP = "up"
POWER_AFTER = {
    "powered-on": "no-daemon",
    "powered-off": "off",
    "daemon-started": UP,
    "daemon-stopped": "no-daemon",
    "paused": "paused",
    "resumed": UP,
}


RAFT_ROLES = frozenset({"leader", "candidate", "pre-candidate", "follower"})
OUTSIDE = frozenset({"inactive", "joining", "leaving"})
"""Phases in which a host is no member of a swarm, whatever others still believe."""

LOCKED = "locked"
"""The phase of a manager that waits for the unlock key: it is a member and takes part in nothing."""


class RoleSpan(Struct, frozen=True, gc=False):
    """What a host was: of a term one of `RAFT_ROLES`; or its phase, such as `worker`, with term 0.

    A manager that has heard of no term yet since its start is just a `manager`.
    """

    role: str
    term: int
    from_ns: int
    to_ns: int


class HostLane(Struct, frozen=True, gc=False):
    """One host's row of the timeline. Only a living daemon has a role."""

    host: str
    rack: str
    started_as: str
    power: tuple[Span, ...]
    roles: tuple[RoleSpan, ...]

    def takes_part_at(self, at_ns: int) -> bool:
        """Whether its daemon lives, is a member by its own account and is not locked."""
        role = self._role_at(at_ns)
        return state_at(self.power, at_ns) == UP and role not in OUTSIDE and role != LOCKED

    def locked_at(self, at_ns: int) -> bool:
        """Whether it waits for the unlock key."""
        return state_at(self.power, at_ns) == UP and self._role_at(at_ns) == LOCKED

    def _role_at(self, at_ns: int) -> str:
        return next((role.role for role in self.roles if role.from_ns <= at_ns < role.to_ns), "")


def host_lanes(evidence: Evidence) -> tuple[HostLane, ...]:
    """Every host in the recording's order."""
    return tuple(_lane(evidence, host) for host in evidence.recording.hosts)


def _lane(evidence: Evidence, host: HostRecord) -> HostLane:
    facts = [fact for fact in evidence.of(*POWER_AFTER, "role-changed", "host-phase-changed") if fact.host == host.name]
    return HostLane(host.name, host.rack, host.role, _power(facts, host, evidence.end_ns), _roles(facts, evidence))


def _power(facts: list[RecordedFact], host: HostRecord, end_ns: int) -> tuple[Span, ...]:
    changes = [(fact.at_ns, POWER_AFTER[fact.kind]) for fact in facts if fact.kind in POWER_AFTER]
    if changes:
        return spans_of(changes, end_ns)
    return tuple(Span(span.power, span.from_ns, span.to_ns) for span in host.power)


def _roles(facts: list[RecordedFact], evidence: Evidence) -> tuple[RoleSpan, ...]:
    changes: list[tuple[int, str]] = []
    current = ""
    for fact in facts:
        current = _role_after(fact, current)
        changes.append((fact.at_ns, current))
    return tuple(_role_span(span) for span in spans_of(changes, evidence.end_ns))


def _role_after(fact: RecordedFact, current: str) -> str:
    if fact.kind == "daemon-stopped":
        return ""
    if fact.kind == "role-changed":
        return f"{fact.data['role']} {fact.data['term']}"
    if fact.kind != "host-phase-changed":
        return current
    knows_its_role = current.split()[:1] and current.split()[0] in RAFT_ROLES
    return current if fact.data["phase"] == "manager" and knows_its_role else f"{fact.data['phase']} 0"


def _role_span(span: Span) -> RoleSpan:
    role, term = span.state.split()
    return RoleSpan(role, int(term), span.from_ns, span.to_ns)
