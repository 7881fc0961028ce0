"""How the swarm got over each disturbance: which stages it went through, and when each was reached.

Stages come in the order in which one waits for the other; those that were not needed are left out. Where no leader was
lost there is no election to show, where no task was lost none to replace.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from core.timing import SECOND
from swarmsim.player.recorder import LOOK_NS
from swarmsim.report.availability import Availability
from swarmsim.report.disturbances import Disturbance
from swarmsim.report.evidence import Evidence
from swarmsim.report.exchanges import Clients
from swarmsim.report.lanes import UP, HostLane
from swarmsim.report.leadership import Reign
from swarmsim.report.replicas import Replicas
from swarmsim.report.spans import state_at
from swarmsim.report.tasks import SlotRow

STAGES: Final = {
    "detected": "leader's silence noticed",
    "campaign": "votes asked for",
    "elected": "new leader elected",
    "first-commit": "its first entry committed",
    "first-write": "first write acknowledged",
    "sessions-back": "all agents in session again",
    "hosts-down": "lost hosts declared down",
    "daemons-started": "daemons started again",
    "hosts-back": "hosts back in session",
    "tasks-running": "all tasks running again",
    "tables-consistent": "all routing tables up to date",
    "requests-good": "no request fails any more",
}
AFTER: Final = {
    "campaign": ("detected",),
    "elected": ("campaign", "detected"),
    "first-commit": ("elected",),
    "first-write": ("first-commit",),
    "sessions-back": ("first-commit",),
    "hosts-down": ("first-commit",),
    "daemons-started": (),
    "hosts-back": ("daemons-started",),
    "tasks-running": ("hosts-down", "first-commit"),
    "tables-consistent": ("tasks-running", "hosts-back", "hosts-down", "sessions-back"),
    "requests-good": ("hosts-down", "first-commit"),
}
"""What each stage waits for: it is drawn from the latest of these that came before it, else from the disturbance."""

TABLES_QUIET_NS: Final = 5 * SECOND
"""A change of tables this long after the one before is not part of the same recovery."""


MOST_NAMED: Final = 3


class Stage(Struct, frozen=True, gc=False):
    """One stage, reached at `at_ns`."""

    name: str
    at_ns: int
    since_ns: int
    """After the disturbance."""
    waited_from_ns: int
    """After the disturbance: when what it waits for was there."""
    note: str
    """Who, or how many."""


class Anatomy(Struct, frozen=True, gc=False):
    """One disturbance and the stages of getting over it, as they were reached."""

    at_ns: int
    until_ns: int
    text: str
    hosts: tuple[str, ...]
    failover: bool
    """Whether another leader had to be elected."""
    stages: tuple[Stage, ...]
    unfinished: tuple[str, ...]
    """Names of stages that were waited for in vain."""


class Course(Struct, frozen=True):
    """What is known of a run by the time its anatomy is asked for."""

    evidence: Evidence
    lanes: tuple[HostLane, ...]
    reigns: tuple[Reign, ...]
    replicas: tuple[Replicas, ...]
    clients: tuple[Clients, ...]
    availability: tuple[Availability, ...]
    slots: tuple[SlotRow, ...]


Found = tuple[str, int | None, str]
"""Name of a stage, when it was reached (None: never), and a note."""


def anatomy_of(course: Course, disturbance: Disturbance) -> Anatomy:
    """The stages after one disturbance."""
    reign = _new_reign(course, disturbance)
    found: list[Found] = []
    if reign is not None:
        found += _election(course, disturbance, reign)
        found += _sessions(course, disturbance, reign)
    found += _hosts_down(course, disturbance)
    found += _hosts_back(course, disturbance)
    found += _tasks(course, disturbance)
    found += _tables(course, disturbance, max((at for _, at, _ in found if at is not None), default=disturbance.at_ns))
    found += _requests(course, disturbance)
    reached = {name: at - disturbance.at_ns for name, at, _ in found if at is not None}
    stages = [
        Stage(name, at, at - disturbance.at_ns, _waited_from(name, reached), note)
        for name, at, note in found
        if at is not None
    ]
    return Anatomy(
        at_ns=disturbance.at_ns,
        until_ns=disturbance.next_at_ns,
        text=disturbance.text,
        hosts=disturbance.hosts,
        failover=reign is not None,
        stages=tuple(sorted(stages, key=lambda stage: stage.at_ns)),
        unfinished=tuple(name for name, at, _ in found if at is None),
    )


def _waited_from(name: str, reached: dict[str, int]) -> int:
    before = (reached[other] for other in AFTER.get(name, ()) if other in reached)
    return max((since_ns for since_ns in before if since_ns <= reached[name]), default=0)


def _within(disturbance: Disturbance, at_ns: int) -> bool:
    return disturbance.at_ns <= at_ns < disturbance.next_at_ns


def _new_reign(course: Course, disturbance: Disturbance) -> Reign | None:
    return next((reign for reign in course.reigns if _within(disturbance, reign.elected_at_ns)), None)


def _election(course: Course, disturbance: Disturbance, reign: Reign) -> Iterator[Found]:
    campaigns = [each for each in reign.campaigns if each.at_ns >= disturbance.at_ns]
    had_leader = any(other.elected_at_ns < disturbance.at_ns <= other.until_ns for other in course.reigns)
    if campaigns and had_leader:
        yield "detected", campaigns[0].at_ns, f"by {campaigns[0].host}"
    real = [each for each in campaigns if not each.pre]
    if real:
        several = f", {len(real)} campaigns" if len(real) > 1 else ""
        yield "campaign", real[0].at_ns, f"by {real[0].host} for term {real[0].term}{several}"
    yield "elected", reign.elected_at_ns, f"{reign.host} in term {reign.term}"
    yield "first-commit", reign.acts_from_ns, reign.host
    writes = [clients for clients in course.clients if clients.kind == "writes"]
    answers = [each.ended_at for source in writes for each in source.exchanges if each.good]
    if answers:
        yield "first-write", min((at for at in answers if at >= reign.elected_at_ns), default=None), ""


def _sessions(course: Course, disturbance: Disturbance, reign: Reign) -> Iterator[Found]:
    """When every host that was up at the election had a session with the new leader."""
    waiting = {lane.host for lane in course.lanes if state_at(lane.power, reign.elected_at_ns) == UP}
    joined = {
        course.evidence.host_of(fact.data["node_id"])
        for fact in course.evidence.of("session-opened")
        if fact.at_ns < reign.elected_at_ns
    }
    waiting &= joined
    count = len(waiting)
    for fact in course.evidence.between(reign.elected_at_ns, disturbance.next_at_ns, "session-opened"):
        waiting.discard(course.evidence.host_of(fact.data["node_id"]))
        if not waiting:
            yield "sessions-back", fact.at_ns, f"{count} hosts"
            return
    if count:
        yield "sessions-back", None, ""


def _hosts_down(course: Course, disturbance: Disturbance) -> Iterator[Found]:
    facts = course.evidence.between(disturbance.at_ns, disturbance.next_at_ns, "node-state-changed")
    down: dict[str, int] = {}
    for fact in facts:
        if fact.data["state"] == "down":
            down.setdefault(course.evidence.host_of(fact.data["node_id"]), fact.at_ns)
    if down:
        yield "hosts-down", max(down.values()), ", ".join(sorted(down))


def _hosts_back(course: Course, disturbance: Disturbance) -> Iterator[Found]:
    """When the last of the hosts whose daemon started or woke after the disturbance was in session."""
    kinds = ("daemon-started", "resumed")
    started = list(course.evidence.between(disturbance.at_ns, disturbance.next_at_ns, *kinds))
    back = {fact.host: fact.at_ns for fact in started}
    if not back:
        return
    starts = [fact.at_ns for fact in started if fact.kind == "daemon-started"]
    if starts:
        yield "daemons-started", max(starts), ", ".join(sorted(back))
    opened: dict[str, int] = {}
    for fact in course.evidence.between(disturbance.at_ns, disturbance.next_at_ns, "session-opened"):
        host = course.evidence.host_of(fact.data["node_id"])
        if host in back and fact.at_ns >= back[host]:
            opened.setdefault(host, fact.at_ns)
    everybody = len(opened) == len(back)
    yield "hosts-back", max(opened.values()) if everybody else None, ", ".join(sorted(back))


def _tasks(course: Course, disturbance: Disturbance) -> Iterator[Found]:
    shortages = [
        (shortage, service.service)
        for service in course.replicas
        for shortage in service.shortages
        if _within(disturbance, shortage.from_ns)
    ]
    if shortages:
        ended = all(shortage.ended for shortage, _ in shortages)
        names = list(dict.fromkeys(name for _, name in shortages))
        note = ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} services"
        yield "tasks-running", _healthy_at(course, max(each.to_ns for each, _ in shortages)) if ended else None, note


def _healthy_at(course: Course, seen_ns: int) -> int:
    """When the task that made a service complete became healthy, exactly: counts are only taken every so often."""
    starts = (
        span.from_ns for row in course.slots for life in row.lives for span in life.states if span.state == "running"
    )
    return max((at_ns for at_ns in starts if seen_ns - 2 * LOOK_NS <= at_ns <= seen_ns), default=seen_ns)


def _tables(course: Course, disturbance: Disturbance, others_done_at: int) -> Iterator[Found]:
    """The last change of any host's table before they are quiet."""
    done_at, hosts = None, set()
    for fact in course.evidence.between(disturbance.at_ns, disturbance.next_at_ns, "routes-programmed"):
        if fact.at_ns > max(others_done_at, done_at or 0) + TABLES_QUIET_NS:
            break
        done_at = fact.at_ns
        hosts.add(fact.host)
    if done_at is not None:
        yield "tables-consistent", done_at, f"{len(hosts)} hosts"


def _requests(course: Course, disturbance: Disturbance) -> Iterator[Found]:
    spells = [
        (spell, source.name)
        for source in course.availability
        if source.kind == "requests"
        for spell in source.bad_spells
        if _within(disturbance, spell.to_ns)
    ]
    if spells:
        names = ", ".join(dict.fromkeys(name for _, name in spells))
        yield "requests-good", max(spell.to_ns for spell, _ in spells), names
