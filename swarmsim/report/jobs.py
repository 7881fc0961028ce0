"""What came of each execution of each job: how many of its tasks completed, and when all had."""

from collections.abc import Sequence

from msgspec import Struct

from swarmsim.recording import Recording, ServicePoint


class Execution(Struct, frozen=True, gc=False):
    """A job's tasks from one update to the next, which has them all run again."""

    job: str
    from_ns: int
    total_count: int
    completed_count: int
    complete_at_ns: int | None
    """When all had completed; None: never."""


def executions_of(recording: Recording) -> tuple[Execution, ...]:
    """In order of time."""
    parts: dict[tuple[str, int], list[ServicePoint]] = {}
    for point in recording.services:
        if point.iteration is not None and point.desired and point.at_ns <= recording.end_ns:
            parts.setdefault((point.service, point.iteration), []).append(point)
    return tuple(_execution(job, points) for (job, _), points in parts.items())


def _execution(job: str, points: Sequence[ServicePoint]) -> Execution:
    # Of a global job those on nodes that are lost later no longer count; that they completed remains.
    best = max(points, key=lambda point: point.running)
    complete_at = next((point.at_ns for point in points if point.running >= point.desired), None)
    return Execution(job, points[0].at_ns, best.desired, best.running, complete_at)
