"""The few numbers of a run to see first."""

from collections.abc import Iterator

from swarmsim.counting import counted, number
from swarmsim.recording import Ruling
from swarmsim.report.anatomy import Anatomy
from swarmsim.report.availability import Availability
from swarmsim.report.replicas import Shortage
from swarmsim.report.summary import RunSummary
from swarmsim.report.tables import NEVER
from swarmsim.report.wording import duration, replica_seconds, share


def key_figures(run: RunSummary) -> Iterator[tuple[str, str, str]]:
    """Value, what it is, and a remark; those that do not apply left out."""
    failovers = [anatomy for anatomy in run.anatomies if anatomy.failover]
    if failovers:
        yield _slowest_election(failovers)
    for source in run.availability:
        if source.kind == "writes":
            longest = max((each.length_ns for each in source.standstills), default=0)
            part = share(source.outcomes["good"], source.asked_count)
            yield (
                duration(longest) if longest else "none",
                f"longest standstill of {source.name}'s writes",
                f"{part} acknowledged{_bad_luck(source)}",
            )
        if source.kind == "requests":
            part = f"of {number(source.asked_count)} ({share(source.failed_count, source.asked_count)})"
            yield number(source.failed_count), f"requests of {source.name} lost", part
    short = [shortage for service in run.replicas for shortage in service.shortages]
    if short:
        yield (
            _longest_shortage(short),
            "longest time a service was short of tasks",
            f"{replica_seconds(sum(each.missing_replica_ns for each in run.replicas))} replica-seconds missing",
        )
    for service in run.replicas:
        if service.never_complete:
            running, desired = service.never_complete
            yield f"{running} of {desired}", f"tasks of {service.service} at best", "it never had all"
    judged = [verdict for verdict in run.verdicts if not verdict.idle]
    held = sum(verdict.ruling is Ruling.HELD for verdict in judged)
    looks = sum(verdict.checked_count for verdict in judged)
    idle_count = len(run.verdicts) - len(judged)
    idle = f"; {counted(idle_count, 'more check')} had nothing to check" if idle_count else ""
    yield f"{held} / {len(judged)}", "expectations and checks held", f"{counted(looks, 'look')}{idle}"


def _bad_luck(source: Availability) -> str:
    worst = max((each.length_ns for each in source.bad_luck), default=0)
    return f"; {duration(worst)} at worst at managers that could not write while another led" if worst else ""


def _slowest_election(failovers: list[Anatomy]) -> tuple[str, str, str]:
    never = next((each for each in failovers if each.took_ns("elected") is None), None)
    slowest = never or max(failovers, key=lambda each: each.took_ns("elected") or 0)
    took_ns = slowest.took_ns("elected")
    return NEVER if took_ns is None else duration(took_ns), "until a new leader was elected", f"after {slowest.text}"


def _longest_shortage(shortages: list[Shortage]) -> str:
    longest = max(shortages, key=lambda each: each.to_ns - each.from_ns)
    return f"{duration(longest.to_ns - longest.from_ns)}{'' if longest.ended else ', and still so at the end'}"
