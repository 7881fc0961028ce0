"""The few numbers of a run to see first."""

from collections.abc import Iterator

from core.timing import SECOND
from swarmsim.recording import Ruling
from swarmsim.report.anatomy import Anatomy
from swarmsim.report.summary import RunSummary
from swarmsim.report.wording import duration, number, share


def key_figures(run: RunSummary) -> Iterator[tuple[str, str, str]]:
    """Value, what it is, and a remark; those that do not apply left out."""
    failovers = [anatomy for anatomy in run.anatomies if anatomy.failover]
    if failovers:
        slowest = max(failovers, key=lambda each: _reached(each, "elected"))
        yield duration(_reached(slowest, "elected")), "until a new leader was elected", f"after {slowest.text}"
    for source in run.availability:
        if source.kind == "writes":
            longest = max((each.length_ns for each in source.standstills), default=0)
            part = share(source.outcomes["good"], source.asked_count)
            yield (
                duration(longest) if longest else "none",
                f"longest standstill of {source.name}'s writes",
                f"{part} acknowledged",
            )
        if source.kind == "requests":
            part = f"of {number(source.asked_count)} ({share(source.failed_count, source.asked_count)})"
            yield number(source.failed_count), f"requests of {source.name} lost", part
    recovered = [_reached(each, "tasks-running") for each in run.anatomies if _reached(each, "tasks-running")]
    if recovered:
        yield duration(max(recovered)), "until all tasks ran again", f"{_missing(run)} replica-seconds missing"
    held = sum(verdict.ruling is Ruling.HELD for verdict in run.verdicts)
    looks = sum(verdict.checked_count for verdict in run.verdicts)
    yield f"{held} / {len(run.verdicts)}", "expectations and checks held", f"{number(looks)} looks"


def _reached(anatomy: Anatomy, name: str) -> int:
    return next((stage.since_ns for stage in anatomy.stages if stage.name == name), 0)


def _missing(run: RunSummary) -> str:
    return f"{sum(service.missing_replica_ns for service in run.replicas) / SECOND:.1f}"
