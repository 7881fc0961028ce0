"""Everything a report says of one run, derived from its recording and from nothing else."""

from msgspec import Struct

from core.timing import MS, SECOND
from swarmsim.recording import FaultBand, Recording, Ruling, Verdict
from swarmsim.report.anatomy import Anatomy, anatomies_of
from swarmsim.report.availability import Availability, availability_of
from swarmsim.report.bad_luck import with_bad_luck_apart
from swarmsim.report.costs import Costs, costs_of
from swarmsim.report.course import Course
from swarmsim.report.disturbances import disturbances
from swarmsim.report.evidence import Evidence
from swarmsim.report.exchanges import Clients, clients_of
from swarmsim.report.figures import Figure, figures_of
from swarmsim.report.jobs import Execution, executions_of
from swarmsim.report.lanes import HostLane, host_lanes
from swarmsim.report.leadership import Reign, reigns
from swarmsim.report.quorum import QuorumGap, quorum_gaps
from swarmsim.report.replicas import Replicas, replicas_of
from swarmsim.report.series import Series, series_of
from swarmsim.report.tasks import SlotRow, slot_rows
from swarmsim.report.updates import Update, updates_of
from swarmsim.report.waiting import Waiting, waitings
from swarmsim.report.wrong_tables import WrongTables, lagging_tables, misled_tables

MOST_CLOSE_UPS = 3
_BEFORE_NS = SECOND
"""A multiple of every width of bins that a close-up may have, so that a disturbance begins a bin."""
_ROUND_NS = 500 * MS
_SHORTEST_NS = 2 * SECOND
_LONGEST_NS = 15 * SECOND


class Window(Struct, frozen=True, gc=False):
    """A stretch of the run as it is drawn, with what clients got in bins that fit it."""

    from_ns: int
    to_ns: int
    title: str
    series: tuple[Series, ...]


class RunSummary(Struct, frozen=True):
    """One run. All times are nanoseconds since the scenario's time 0."""

    seed: int
    ruling: Ruling
    end_ns: int
    formed_ns: int
    hosts: tuple[HostLane, ...]
    faults: tuple[FaultBand, ...]
    reigns: tuple[Reign, ...]
    quorum_gaps: tuple[QuorumGap, ...]
    anatomies: tuple[Anatomy, ...]
    availability: tuple[Availability, ...]
    replicas: tuple[Replicas, ...]
    slots: tuple[SlotRow, ...]
    updates: tuple[Update, ...]
    jobs: tuple[Execution, ...]
    waitings: tuple[Waiting, ...]
    """Tasks that were wanted and waited, where the swarm says what for."""
    lagging: tuple[WrongTables, ...]
    """When tables of hosts with power were not what the store amounts to."""
    misled: tuple[WrongTables, ...]
    """When they led to tasks that were gone."""
    costs: Costs
    verdicts: tuple[Verdict, ...]
    situations: dict[str, int]
    problems: tuple[str, ...]
    remarks: tuple[str, ...]
    """What came of steps otherwise than a reader might think."""
    warnings: tuple[str, ...]
    """What leaders warned users of, each once."""
    figures: tuple[Figure, ...]
    whole: Window
    close_ups: tuple[Window, ...]
    """Around the disturbances that took the longest to get over, in order of time."""


def summarise(recording: Recording) -> RunSummary:
    """Everything that can be said of a recording; equal recordings give equal summaries."""
    evidence = Evidence(recording)
    clients = tuple(clients_of(recording))
    slots = slot_rows(evidence)
    replicas = replicas_of(recording, slots)
    lanes = host_lanes(evidence)
    gaps = quorum_gaps(evidence, lanes)
    led = reigns(evidence)
    availability = tuple(
        with_bad_luck_apart(availability_of(source), lanes, led, gaps, recording.end_ns) for source in clients
    )
    course = Course(
        evidence=evidence,
        lanes=lanes,
        reigns=led,
        quorum_gaps=gaps,
        replicas=replicas,
        clients=clients,
        availability=availability,
        slots=slots,
        lagging=lagging_tables(recording),
        misled=misled_tables(recording),
    )
    anatomies = anatomies_of(course, disturbances(evidence))
    costs = costs_of(recording)
    return RunSummary(
        seed=recording.seed,
        ruling=recording.ruling,
        end_ns=recording.end_ns,
        formed_ns=recording.formed_ns,
        hosts=course.lanes,
        faults=recording.faults,
        reigns=course.reigns,
        quorum_gaps=gaps,
        anatomies=anatomies,
        availability=availability,
        replicas=replicas,
        slots=course.slots,
        updates=updates_of(evidence, slots),
        jobs=executions_of(recording),
        waitings=waitings(evidence),
        lagging=course.lagging,
        misled=course.misled,
        costs=costs,
        verdicts=recording.verdicts,
        situations=recording.situations,
        problems=recording.problems,
        remarks=recording.remarks,
        warnings=_warnings(evidence),
        figures=figures_of(anatomies, availability, replicas, costs, recording.end_ns),
        whole=_window(clients, 0, recording.end_ns, "The whole run"),
        close_ups=tuple(_close_up(clients, each) for each in _worth_a_close_up(anatomies)),
    )


def _warnings(evidence: Evidence) -> tuple[str, ...]:
    told = (fact.data["warning"] for fact in evidence.of("managers-counted"))
    return tuple(dict.fromkeys(warning for warning in told if warning))


def _window(clients: tuple[Clients, ...], from_ns: int, to_ns: int, title: str) -> Window:
    return Window(from_ns, to_ns, title, tuple(series_of(source, from_ns, to_ns) for source in clients))


def _worth_a_close_up(anatomies: tuple[Anatomy, ...]) -> list[Anatomy]:
    """Failovers before all else, then those with the most stages; nothing that had none."""
    ranked = sorted((each for each in anatomies if each.stages), key=lambda each: (-each.failover, -len(each.stages)))
    return sorted(ranked[:MOST_CLOSE_UPS], key=lambda each: each.at_ns)


def _close_up(clients: tuple[Clients, ...], anatomy: Anatomy) -> Window:
    took_ns = max(stage.since_ns for stage in anatomy.stages)
    length_ns = min(max(took_ns + took_ns // 8, _SHORTEST_NS), _LONGEST_NS)
    to_ns = min(anatomy.at_ns + -(-length_ns // _ROUND_NS) * _ROUND_NS, anatomy.until_ns)
    return _window(clients, max(anatomy.at_ns - _BEFORE_NS, 0), to_ns, anatomy.text)
