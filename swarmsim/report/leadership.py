"""Who led when, how each leader came to be elected, and what ended its rule.

A leader that is cut off or asleep goes on believing it leads. Its rule ends, wherever this report tells of that, as
the fault strikes that ended it: it is of no use from then on. A fault under which it still had its majority (an entry
committed, or a client answered that had asked since) did not end it, however long that lasted. A leader whose swarm
another manager begins anew leads no more once it is one of its workers. When that showed (it
stopped, it stepped down, another was elected) and how long it believed are kept beside that; without a fault its rule
ends when the end shows.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from core.timing import MS
from core.trials.clients import WriteOutcome
from swarmsim.recording import RecordedFact
from swarmsim.report.evidence import Evidence

_ENDINGS = ("daemon-stopped", "host-phase-changed", "quorum-lost", "role-changed")
_LEFT = frozenset({"leaving", "inactive"})


UNDER_WAY: Final = 2
"""So many times a message's usual time after a fault, answers that were on their way may still arrive."""
HANDLING_NS: Final = 5 * MS
"""And so much longer it may take to make something of them."""


class Campaign(Struct, frozen=True, gc=False):
    """One host asked for votes; `pre`: only whether it would get them."""

    at_ns: int
    host: str
    term: int
    pre: bool


class Reign(Struct, frozen=True, gc=False):
    """One leader of one term."""

    host: str
    term: int
    elected_at_ns: int
    acts_from_ns: int | None
    """When it had applied its first entry and took writes; None: never."""
    until_ns: int
    """When the fault struck that ended it; without one, when `ending` happened."""
    believed_until_ns: int
    """Beyond `ending_at_ns` if it did not know that another led."""
    ending: str
    """How its end showed: it stopped, stepped down, or another was elected; "" if it led to the end of the run."""
    ending_at_ns: int
    """When that was; the end of the run if there was none."""
    cause: str
    """The fault that was on this host when its rule ended, as the scenario writes it; "" if none."""
    campaigns: tuple[Campaign, ...]
    """Asked for votes since the leader before was elected, in order, this leader's among them."""
    anew: bool = False
    """Whether it began the swarm anew alone, in a term far above all before, and nobody else voted."""


def reigns(evidence: Evidence) -> tuple[Reign, ...]:
    """Every leader in the order of election."""
    elected = list(evidence.of("leader-elected"))
    found: list[Reign] = []
    for position, fact in enumerate(elected):
        following = elected[position + 1] if position + 1 < len(elected) else None
        found.append(_reign(evidence, fact, following, elected[position - 1].at_ns if position else None))
    return tuple(found)


def leaderless(reigns_in_order: Sequence[Reign], end_ns: int) -> list[tuple[int, int]]:
    """Stretches with no leader that could act, between the first election and the end of the run."""
    gaps = []
    for position, before in enumerate(reigns_in_order):
        if before.ending:
            after = reigns_in_order[position + 1] if position + 1 < len(reigns_in_order) else None
            to_ns = end_ns if after is None else after.acts_from_ns or after.until_ns
            gaps.append((before.until_ns, to_ns))
    return gaps


def _reign(evidence: Evidence, elected: RecordedFact, following: RecordedFact | None, previous_at: int | None) -> Reign:
    believed_until_ns, ending = _own_end(evidence, elected)
    ending_at_ns = believed_until_ns
    if following is not None and following.at_ns <= believed_until_ns:
        ending_at_ns = following.at_ns
        ending = f"{following.host} was elected in term {following.data['term']}"
    cause = _cause(evidence, elected, ending_at_ns) if ending else None
    return Reign(
        host=elected.host,
        term=elected.data["term"],
        elected_at_ns=elected.at_ns,
        acts_from_ns=_acts_from(evidence, elected),
        until_ns=cause[1] if cause else ending_at_ns,
        believed_until_ns=believed_until_ns,
        ending=ending,
        ending_at_ns=ending_at_ns,
        cause=cause[0] if cause else "",
        campaigns=campaigns_between(evidence, None if previous_at is None else previous_at + 1, elected.at_ns),
        anew=any(
            fact.host == elected.host
            and fact.at_ns <= elected.at_ns
            and (previous_at is None or fact.at_ns > previous_at)
            for fact in evidence.of("begun-anew")
        ),
    )


def _own_end(evidence: Evidence, elected: RecordedFact) -> tuple[int, str]:
    """When and why this host stopped leading by its own account."""
    for fact in evidence.of(*_ENDINGS):
        if fact.host != elected.host or fact.at_ns < elected.at_ns:
            continue
        if fact.kind == "daemon-stopped":
            return fact.at_ns, str(fact.data["reason"])
        if fact.kind == "quorum-lost":
            return fact.at_ns, "it lost its quorum and stepped down"
        if fact.kind == "host-phase-changed" and fact.data["phase"] in _LEFT:
            return fact.at_ns, "it left the swarm"
        if fact.kind == "host-phase-changed" and fact.data["phase"] == "worker":
            return fact.at_ns, _why_it_is_a_worker(evidence, elected, fact.at_ns)
        if fact.kind == "role-changed" and fact.data["role"] != "leader" and fact.at_ns > elected.at_ns:
            newer = fact.data["term"] > elected.data["term"]
            return fact.at_ns, f"it learnt of term {fact.data['term']}" if newer else "it stepped down"
    return evidence.end_ns, ""


def _why_it_is_a_worker(evidence: Evidence, elected: RecordedFact, at_ns: int) -> str:
    """A swarm begun anew has one manager: the others are its workers from then on."""
    begun = [fact.host for fact in evidence.between(elected.at_ns, at_ns + 1, "begun-anew")]
    return f"{begun[-1]} began the swarm anew" if begun else "it became a worker"


def _acts_from(evidence: Evidence, elected: RecordedFact) -> int | None:
    for fact in evidence.of("leading"):
        if fact.host == elected.host and fact.data["term"] == elected.data["term"]:
            return fact.at_ns
    return None


def _cause(evidence: Evidence, elected: RecordedFact, ending_at_ns: int) -> tuple[str, int] | None:
    bands = [
        band
        for band in evidence.faults_on(elected.host, ending_at_ns)
        if band.from_ns >= elected.at_ns and not _still_led(evidence, elected.host, band.from_ns, ending_at_ns)
    ]
    return (bands[-1].text, bands[-1].from_ns) if bands else None


def _still_led(evidence: Evidence, host: str, struck_at_ns: int, ending_at_ns: int) -> bool:
    """Whether a leader had its majority after it was struck: more than by answers that were under way already."""
    network = evidence.recording.network
    beyond_ns = struck_at_ns + UNDER_WAY * (network.latency_ns + network.jitter_ns) + HANDLING_NS
    if any(fact.host == host for fact in evidence.between(beyond_ns, ending_at_ns, "entries-committed")):
        return True
    return any(
        sample.outcome is WriteOutcome.ACKNOWLEDGED
        and struck_at_ns < sample.started_at
        and sample.ended_at < ending_at_ns
        for writer in evidence.recording.writers
        for sample in writer.samples
    )


def campaigns_between(evidence: Evidence, from_ns: int | None, to_ns: int) -> tuple[Campaign, ...]:
    """Every campaign from `from_ns` (None: the first fact) to `to_ns`, both included."""
    return tuple(
        Campaign(fact.at_ns, fact.host, fact.data["term"], fact.data["pre"])
        for fact in evidence.of("election-started")
        if (from_ns is None or fact.at_ns >= from_ns) and fact.at_ns <= to_ns
    )
