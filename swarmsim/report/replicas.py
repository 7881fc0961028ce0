"""Tasks desired and running, and what was missing: the area between the two, in replica-seconds.

The first start of a service is no outage: it counts from when a service first had all its tasks.
"""

from msgspec import Struct

from swarmsim.recording import Recording, ServicePoint


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


def replicas_of(recording: Recording) -> tuple[Replicas, ...]:
    """Every service in the order they appeared."""
    points: dict[str, list[ServicePoint]] = {}
    for point in recording.services:
        if point.at_ns <= recording.end_ns:
            points.setdefault(point.service, []).append(point)
    return tuple(_replicas(service, own, recording.end_ns) for service, own in points.items())


def _replicas(service: str, points: list[ServicePoint], end_ns: int) -> Replicas:
    complete_at = next((point.at_ns for point in points if point.running >= point.desired), None)
    ends = [point.at_ns for point in points[1:]] + [end_ns]
    missing = [
        (point.at_ns, to_ns, point.desired - point.running)
        for point, to_ns in zip(points, ends, strict=True)
        if complete_at is not None and point.at_ns >= complete_at and point.running < point.desired
    ]
    return Replicas(
        service=service,
        points=tuple((point.at_ns, point.desired, point.running) for point in points),
        complete_at_ns=complete_at,
        shortages=_joined(missing, end_ns),
        missing_replica_ns=sum((to_ns - from_ns) * count for from_ns, to_ns, count in missing),
    )


def _joined(missing: list[tuple[int, int, int]], end_ns: int) -> tuple[Shortage, ...]:
    joined: list[Shortage] = []
    for from_ns, to_ns, count in missing:
        if joined and joined[-1].to_ns == from_ns:
            earlier = joined.pop()
            from_ns, count = earlier.from_ns, max(count, earlier.worst_count)
        joined.append(Shortage(from_ns, to_ns, to_ns < end_ns, count))
    return tuple(joined)
