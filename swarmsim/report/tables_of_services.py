"""The tables of what came of services: what was missing of each, their updates, their jobs, what tasks waited for."""

from collections.abc import Sequence
from typing import Final

from swarmsim.counting import counted
from swarmsim.report.summary import RunSummary
from swarmsim.report.tables import NEVER, Table
from swarmsim.report.updates import Update, failures, said
from swarmsim.report.wording import duration, instant, replica_seconds

MOST_ROWS: Final = 24
"""Of updates and waits; report.json has the rest."""


def service_table(run: RunSummary) -> Table:
    """What was missing of each service."""
    rows = tuple(
        (
            service.service,
            NEVER if service.complete_at_ns is None else instant(service.complete_at_ns),
            "always" if service.never_complete else str(len(service.shortages)),
            duration(max(each.to_ns - each.from_ns for each in service.shortages)) if service.shortages else "–",
            "–" if service.never_complete else replica_seconds(service.missing_replica_ns),
        )
        for service in run.replicas
        if not service.is_job
    )
    return Table(("service", "complete from", "times short", "longest", "replica-seconds missing"), rows, (1, 2, 3, 4))


def update_table(run: RunSummary) -> Table:
    """Each update with all it went through."""
    rows = [
        (
            update.service,
            update.image,
            instant(update.from_ns),
            instant(update.to_ns) if update.ended else "–",
            duration(update.to_ns - update.from_ns) if update.ended else "–",
            _course(update),
            why(update),
        )
        for update in run.updates[:MOST_ROWS]
    ]
    columns = ("service", "to image", "from", "to", "took", "how it went", "why")
    return Table(columns, _with_the_rest(rows, len(run.updates), "update", len(columns)), (2, 3, 4))


def _course(update: Update) -> str:
    first, *later = update.states
    return ", ".join([said(first.state), *(f"{said(each.state)} at {instant(each.at_ns)}" for each in later)])


def why(update: Update) -> str:
    """What led to the states that an update was not meant to come to."""
    wanted = ("updating", "completed", "rollback_completed")
    said_by_states = [each.message for each in update.states if each.message and each.state not in wanted]
    return "; ".join(each for each in (*said_by_states, failures(update)) if each)


def job_table(run: RunSummary) -> Table:
    """Each execution of each job."""
    rows = tuple(
        (
            each.job,
            instant(each.from_ns),
            f"{each.completed_count} of {each.total_count}",
            NEVER if each.complete_at_ns is None else instant(each.complete_at_ns),
        )
        for each in run.jobs
    )
    return Table(("job", "executed from", "tasks completed", "all completed at"), rows, (1, 2, 3))


def waiting_table(run: RunSummary) -> Table:
    """What tasks waited for."""
    rows = [
        (
            each.who(),
            instant(each.from_ns),
            instant(each.to_ns) if each.ended else "the run's end",
            duration(each.to_ns - each.from_ns),
            each.reason,
        )
        for each in run.waitings[:MOST_ROWS]
    ]
    columns = ("tasks", "from", "to", "for", "what the swarm says")
    return Table(columns, _with_the_rest(rows, len(run.waitings), "wait", len(columns)), (1, 2, 3))


def _with_the_rest(
    rows: Sequence[tuple[str, ...]], count: int, what: str, column_count: int
) -> tuple[tuple[str, ...], ...]:
    if count == len(rows):
        return tuple(rows)
    return (*rows, (f"and {counted(count - len(rows), f'more {what}')}", *[""] * (column_count - 1)))
