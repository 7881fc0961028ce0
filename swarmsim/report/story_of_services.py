"""What is told of services: which were short of tasks and why, how their updates went, what their jobs came to."""

from collections.abc import Iterator
from typing import Final

from core.timing import MS, SECOND
from swarmsim.counting import counted
from swarmsim.report.anatomy import Anatomy
from swarmsim.report.jobs import Execution
from swarmsim.report.summary import RunSummary
from swarmsim.report.updates import REPLACED, Update, UpdateState, failures, said
from swarmsim.report.waiting import Waiting
from swarmsim.report.wording import duration, instant, listed, mark, replica_seconds

MOST_TOLD: Final = 5
"""Of anything; the tables have the rest."""


def told_of_tasks(run: RunSummary) -> Iterator[str]:
    """Who was short of tasks, for how long, and what tasks waited for."""
    incomplete = [(service.service, *service.never_complete) for service in run.replicas if service.never_complete]
    short = [service for service in run.replicas if service.shortages]
    for anatomy in run.anatomies:
        yield from _recovery(run, anatomy)
    if short:
        missing = sum(service.missing_replica_ns for service in short)
        if missing >= SECOND // 20:
            yield f"Over the run {replica_seconds(missing)} replica-seconds were missing."
    elif run.replicas and not incomplete:
        yield "No service was ever short of tasks."
    yield from (_incomplete(*each) for each in incomplete[:MOST_TOLD])
    longest = sorted(run.waitings, key=lambda each: each.from_ns - each.to_ns)[:MOST_TOLD]
    yield from (_waiting(each) for each in sorted(longest, key=lambda each: each.from_ns))


def _recovery(run: RunSummary, anatomy: Anatomy) -> Iterator[str]:
    begun_ns = _short_from(run, anatomy)
    delay_ns = begun_ns - anatomy.at_ns
    for stage in anatomy.stages:
        if stage.name == "tasks-running" and not stage.inherited:
            fell_short = _fell_short(anatomy, stage.note, begun_ns)
            yield f"{fell_short}; all ran again {duration(stage.since_ns - delay_ns)} later."
    for each in anatomy.unfinished:
        if each.name == "tasks-running":
            late = None if each.came_ns is None else f"all ran again only {duration(each.came_ns - delay_ns)} later"
            rest = " to the end" if late is None else f"; {late}, after “{each.after}”"
            yield f"{_fell_short(anatomy, each.note, begun_ns)}{rest}."


def _fell_short(anatomy: Anatomy, services: str, begun_ns: int) -> str:
    """What showed only later may have another reason, so that no more is said than which came first."""
    done = f"“{anatomy.text}” at {mark(anatomy.at_ns)}"
    if begun_ns - anatomy.at_ns >= SECOND:
        return f"After {done} {services} fell short of tasks at {instant(begun_ns)}"
    since = "" if begun_ns - anatomy.at_ns < MS else f" from {instant(begun_ns)}"
    return f"{done} left {services} short of tasks{since}"


def _short_from(run: RunSummary, anatomy: Anatomy) -> int:
    """When the first service fell short after this disturbance: it may have taken its time to show."""
    begun = [shortage.from_ns for service in run.replicas for shortage in service.shortages]
    return min((at_ns for at_ns in begun if anatomy.at_ns <= at_ns < anatomy.until_ns), default=anatomy.at_ns)


def _incomplete(service: str, running: int, desired: int) -> str:
    return f"{service} never had all its tasks: {running} of {desired} at best."


def _waiting(waiting: Waiting) -> str:
    until = f"until {instant(waiting.to_ns)}" if waiting.ended else "to the end"
    return f"{waiting.who()} waited from {instant(waiting.from_ns)} {until}: {waiting.reason}."


def told_of_updates(run: RunSummary) -> Iterator[str]:
    """How each went and why it ended so."""
    yield from (_update(update) for update in run.updates[:MOST_TOLD])
    more_count = len(run.updates) - MOST_TOLD
    if more_count > 0:
        over_count = sum(each.states[-1].state in ("completed", "rollback_completed") for each in run.updates)
        verb = "was" if over_count == 1 else "were"
        yield f"There was {counted(more_count, 'more update')}; {over_count} of all {verb} completed."


def _update(update: Update) -> str:
    first, *later = update.states
    what = "The rollback" if first.state == "rollback_started" else "The update"
    begun = f"{what} of {update.service} to {update.image} began at {instant(first.at_ns)}"
    steps = [f"{_became(each.state)} at {instant(each.at_ns)}{_because(each)}" for each in later]
    if not update.ended:
        steps.append(f"{'was so' if later else 'was not over'} to the end of the run")
    failed = failures(update)
    return f"{listed([begun, *steps])}{f' ({failed})' if failed else ''}."


def _became(state: str) -> str:
    words = {
        "updating": "went on",
        "rollback_started": "was turned into a rollback",
        "rollback_completed": "was rolled back in full",
        "rollback_paused": "was paused on its way back",
        REPLACED: "gave way to another declaration",
    }
    return words.get(state, f"was {said(state)}")


def _because(state: UpdateState) -> str:
    _, due, reason = state.message.partition("due to ")
    return f" due to {reason}" if due else ""


def told_of_jobs(run: RunSummary) -> Iterator[str]:
    """How many tasks of each execution completed."""
    yield from (_execution(each) for each in run.jobs[:MOST_TOLD])


def _execution(execution: Execution) -> str:
    all_count = execution.total_count
    if execution.complete_at_ns is not None:
        done = f"had completed {'its one task' if all_count == 1 else f'all {all_count} tasks'}"
        took = duration(execution.complete_at_ns - execution.from_ns)
        return f"{execution.job}, executed from {instant(execution.from_ns)}, {done} {took} later."
    part = f"{execution.completed_count} of {counted(all_count, 'task')}"
    return f"{execution.job}, executed from {instant(execution.from_ns)}, completed {part}."
