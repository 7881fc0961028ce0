"""Tasks desired and running, and what was missing: the area between the two, in replica-seconds.

The first start of a service is no outage: it counts from when a service first had all its tasks; one that never had
them started too few for good, and is told so. Of a job, which is to end, completed tasks are counted, and nothing is
missing. Running tasks are only
counted every so often; when one began or ceased to run is taken from its own life, which is exact.
"""

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from swarmsim.player.recorder import LOOK_NS
from swarmsim.recording import Recording, ServicePoint
from swarmsim.report.tasks import SlotRow


class Shortage(Struct, frozen=True, gc=False):
    """A stretch in which a service had fewer healthy tasks than desired, and how many fewer at worst."""

    from_ns: int
    to_ns: int
    ended: bool
    worst_count: int


class Replicas(Struct, frozen=True, gc=False):
    """One service over the run."""

    service: str
    points: tuple[tuple[int, int, int], ...]
    """(from, desired, running), each until the next."""
    complete_at_ns: int | None
    """When it first had all its tasks."""
    shortages: tuple[Shortage, ...]
    missing_replica_ns: int
    is_job: bool = False
    """Then what is counted as running has completed."""

    @property
    def never_complete(self) -> tuple[int, int] | None:
        """Most tasks it ever had and how many it was to have at the end, if it never had all."""
        if self.complete_at_ns is not None or self.is_job or not self.points[-1][1]:
            return None
        return max(running for _, _, running in self.points), self.points[-1][1]


def replicas_of(recording: Recording, slots: Sequence[SlotRow]) -> tuple[Replicas, ...]:
    """Every service in the order they appeared."""
    points: dict[str, list[ServicePoint]] = {}
    for point in recording.services:
        if point.at_ns <= recording.end_ns:
            points.setdefault(point.service, []).append(point)
    return tuple(
        _replicas(service, _exact(own, [row for row in slots if row.service == service]), recording.end_ns)
        for service, own in points.items()
    )


def _exact(points: list[ServicePoint], slots: Sequence[SlotRow]) -> list[ServicePoint]:
    """Each change of what runs when the task that made it began or ceased to run, if one is known that did."""
    spans = [span for row in slots for life in row.lives for span in life.states if span.state == "running"]
    began, ceased = [span.from_ns for span in spans], [span.to_ns for span in spans]
    exact = points[:1]
    for before, point in pairwise(points):
        changes = began if point.running > before.running else ceased if point.running < before.running else []
        since_ns = max(point.at_ns - 2 * LOOK_NS, exact[-1].at_ns)
        at_ns = max((at_ns for at_ns in changes if since_ns <= at_ns <= point.at_ns), default=point.at_ns)
        exact.append(replace(point, at_ns=at_ns))
    return exact


def _replicas(service: str, points: list[ServicePoint], end_ns: int) -> Replicas:
    is_job = points[0].iteration is not None
    complete_at = next((point.at_ns for point in points if point.running >= point.desired), None)
    ends = [point.at_ns for point in points[1:]] + [end_ns]
    missing = [
        (point.at_ns, to_ns, point.desired - point.running)
        for point, to_ns in zip(points, ends, strict=True)
        if not is_job
        and complete_at is not None
        and complete_at <= point.at_ns < to_ns
        and point.running < point.desired
    ]
    return Replicas(
        service=service,
        points=tuple((point.at_ns, point.desired, point.running) for point in points),
        complete_at_ns=complete_at,
        shortages=_joined(missing, end_ns),
        missing_replica_ns=sum((to_ns - from_ns) * count for from_ns, to_ns, count in missing),
        is_job=is_job,
    )


def _joined(missing: list[tuple[int, int, int]], end_ns: int) -> tuple[Shortage, ...]:
    joined: list[Shortage] = []
    for from_ns, to_ns, count in missing:
        if joined and joined[-1].to_ns == from_ns:
            earlier = joined.pop()
            from_ns, count = earlier.from_ns, max(count, earlier.worst_count)
        joined.append(Shortage(from_ns, to_ns, to_ns < end_ns, count))
    return tuple(joined)
