"""Getting over a disturbance, the managers' part: a leader again, its agents in session, hosts given up or back."""

from collections.abc import Iterator

from swarmsim.counting import counted
from swarmsim.report.course import Course, Found, within
from swarmsim.report.departures import left_on_purpose
from swarmsim.report.disturbances import Disturbance
from swarmsim.report.lanes import UP
from swarmsim.report.leadership import Campaign, Reign, campaigns_between
from swarmsim.report.quorum import QuorumGap
from swarmsim.report.spans import state_at
from swarmsim.report.wording import instant, listed


def leader_was_lost(course: Course, disturbance: Disturbance) -> bool:
    """Whether a leader was of no use any more after this disturbance."""
    return any(reign.ending and within(disturbance, reign.until_ns) for reign in course.reigns)


def next_reign(course: Course, disturbance: Disturbance) -> Reign | None:
    """The first leader elected after it, however late."""
    return next((reign for reign in course.reigns if reign.elected_at_ns >= disturbance.at_ns), None)


def election(course: Course, disturbance: Disturbance) -> Iterator[Found]:
    """From the loss of a leader to the next one's first entry; to be called where one was lost, or elected."""
    reign = next_reign(course, disturbance)
    elected_at = course.evidence.end_ns if reign is None else reign.elected_at_ns
    campaigns = campaigns_between(course.evidence, disturbance.at_ns, elected_at)
    lost = {other.host for other in course.reigns if other.elected_at_ns < disturbance.at_ns <= other.ending_at_ns}
    noticed = [each for each in campaigns if each.host not in lost]
    if reign is not None and reign.anew:
        campaigns = ()  # it votes for itself and asks nobody
    elif noticed and lost:
        yield Found("detected", noticed[0].at_ns, f"by {noticed[0].host}")
    yield from _votes(campaigns, reign)
    yield Found("elected", None if reign is None else reign.elected_at_ns, _who_was_elected(course, disturbance, reign))
    if reign is not None and within(disturbance, reign.elected_at_ns):
        yield Found("first-commit", reign.acts_from_ns, reign.host)
    yield from _first_write(course, reign)


def _votes(campaigns: tuple[Campaign, ...], reign: Reign | None) -> Iterator[Found]:
    real = [each for each in campaigns if not each.pre]
    if real:
        several = f", {len(real)} campaigns" if len(real) > 1 else ""
        yield Found("campaign", real[0].at_ns, f"by {real[0].host} for term {real[0].term}{several}")
    elif reign is None:
        asked = f"; asked {counted(len(campaigns), 'time')} whether they would" if campaigns else ""
        yield Found("campaign", None, f"no majority would have voted{asked}")


def _who_was_elected(course: Course, disturbance: Disturbance, reign: Reign | None) -> str:
    """Or why nobody was, if the quorum was lost by this disturbance."""
    anew = "; it began the swarm anew" if reign is not None and reign.anew else ""
    parts = [] if reign is None else [f"{reign.host} in term {reign.term}{anew}"]
    gaps = [gap for gap in course.quorum_gaps if within(disturbance, gap.from_ns)]
    return "; ".join([*parts, *(in_counts(gap) for gap in gaps[:1])])


def in_counts(gap: QuorumGap) -> str:
    """`no quorum until 42.000 s: 2 of 5 managers up, 3 needed`."""
    until = f"until {instant(gap.to_ns)}" if gap.ended else "to the end"
    return f"no quorum {until}: {gap.up()}"


def _first_write(course: Course, reign: Reign | None) -> Iterator[Found]:
    writes = [clients for clients in course.clients if clients.kind == "writes"]
    answers = [each.ended_at for source in writes for each in source.exchanges if each.good]
    if answers:
        after = [at_ns for at_ns in answers if reign is not None and at_ns >= reign.elected_at_ns]
        yield Found("first-write", min(after, default=None))


def sessions(course: Course, reign: Reign) -> Iterator[Found]:
    """When every host that was up at the election had a session with the new leader, as long as it led.

    Nobody waits for those that the operator had leave or removed, nor for those that are locked.
    """
    at_ns = reign.elected_at_ns
    waiting = {lane.host for lane in course.lanes if state_at(lane.power, at_ns) == UP and not lane.locked_at(at_ns)}
    joined = {
        course.evidence.host_of(fact.data["node_id"])
        for fact in course.evidence.of("session-opened")
        if fact.at_ns < reign.elected_at_ns
    }
    waiting &= joined
    waiting = {host for host in waiting if not left_on_purpose(course.evidence, host, reign.elected_at_ns)}
    count = len(waiting)
    for fact in course.evidence.between(reign.elected_at_ns, reign.ending_at_ns, "session-opened"):
        waiting.discard(course.evidence.host_of(fact.data["node_id"]))
        if not waiting:
            yield Found("sessions-back", fact.at_ns, counted(count, "host"))
            return
    waiting = {host for host in waiting if not left_on_purpose(course.evidence, host, reign.ending_at_ns)}
    if waiting:
        yield Found("sessions-back", None, f"not {listed(sorted(waiting))}")


def hosts_down(course: Course, disturbance: Disturbance) -> Iterator[Found]:
    """When the last of those that were given up was."""
    facts = course.evidence.between(disturbance.at_ns, disturbance.next_at_ns, "node-state-changed")
    down: dict[str, int] = {}
    for fact in facts:
        if fact.data["state"] == "down":
            down.setdefault(course.evidence.host_of(fact.data["node_id"]), fact.at_ns)
    if down:
        yield Found("hosts-down", max(down.values()), ", ".join(sorted(down)))


def hosts_back(course: Course, disturbance: Disturbance) -> Iterator[Found]:
    """When the last of the hosts whose daemon started or woke after the disturbance was in session."""
    kinds = ("daemon-started", "resumed")
    started = list(course.evidence.between(disturbance.at_ns, disturbance.next_at_ns, *kinds))
    back = {fact.host: fact.at_ns for fact in started}
    if not back:
        return
    starts = [fact.at_ns for fact in started if fact.kind == "daemon-started"]
    if starts:
        yield Found("daemons-started", max(starts), ", ".join(sorted(back)))
    opened: dict[str, int] = {}
    for fact in course.evidence.between(disturbance.at_ns, course.evidence.end_ns, "session-opened"):
        host = course.evidence.host_of(fact.data["node_id"])
        if host in back and fact.at_ns >= back[host]:
            opened.setdefault(host, fact.at_ns)
    end_ns = course.evidence.end_ns
    missing = sorted(host for host in back.keys() - opened.keys() if not left_on_purpose(course.evidence, host, end_ns))
    if not missing and not opened:
        return
    locked = [lane.host for lane in course.lanes if lane.host in missing and lane.locked_at(end_ns - 1)]
    why = f"; locked: {listed(locked)}" if locked else ""
    note = f"not {listed(missing)}{why}" if missing else ", ".join(sorted(opened))
    yield Found("hosts-back", None if missing else max(opened.values()), note)
