"""Each update and rollback of a service: to which image, through which states, how it ended and why.

An update goes from its first state to its completion, to that of the rollback it led to, or until the service is
declared anew; one that is paused goes on until then. A rollback asked for after the update was over is one of its own.
Where nothing is left to go back on, a rollback is over in the same transaction that begins it. What had failed shows in
no state then; tasks of the service that failed meanwhile are told of every update.
"""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from swarmsim.counting import counted
from swarmsim.report.evidence import Evidence
from swarmsim.report.spans import Span
from swarmsim.report.tasks import SlotRow
from swarmsim.task_names import task_name

_OVER: Final = ("completed", "rollback_completed")
REPLACED: Final = "replaced"
"""What became of an update whose service was declared anew."""
_TASK: Final = re.compile(r"\btask ([\w-]+)")


class UpdateState(Struct, frozen=True, gc=False):
    """From `at_ns` on, and why."""

    state: str
    at_ns: int
    message: str


class Update(Struct, frozen=True, gc=False):
    """One update, with every state it was in, in order."""

    service: str
    image: str
    """What was to run at its beginning."""
    states: tuple[UpdateState, ...]
    to_ns: int
    """When it was over; the end of the run if it was not."""
    ended: bool
    failed_count: int
    """Tasks of the service that failed or were refused meanwhile."""
    first_failed: str
    """The first of them and why."""

    @property
    def from_ns(self) -> int:
        """When it began."""
        return self.states[0].at_ns

    def spans(self) -> tuple[Span, ...]:
        """Its states, each until the next; those in which it was over left out."""
        ends = [*(each.at_ns for each in self.states[1:]), self.to_ns]
        return tuple(
            Span(each.state, each.at_ns, to_ns)
            for each, to_ns in zip(self.states, ends, strict=True)
            if to_ns > each.at_ns
        )


def updates_of(evidence: Evidence, slots: Sequence[SlotRow]) -> tuple[Update, ...]:
    """Every one in the order they began."""
    names = {life.task_id: task_name(row.service, row.slot, life.host) for row in slots for life in row.lives}
    failed = _failed(evidence, names)
    under_way: dict[str, tuple[str, list[UpdateState]]] = {}
    found: list[Update] = []

    def close(service_id: str, to_ns: int, *, ended: bool) -> None:
        image, states = under_way.pop(service_id)
        service = evidence.recording.service_names.get(service_id, service_id)
        own = [told for at_ns, told in failed.get(service_id, ()) if states[0].at_ns <= at_ns <= to_ns]
        found.append(Update(service, image, tuple(states), to_ns, ended, len(own), own[0] if own else ""))

    for fact in evidence.of("update-moved"):
        service_id, state = str(fact.data["service_id"]), fact.data["state"]
        if state is None and service_id not in under_way:
            continue
        _, states = under_way.setdefault(service_id, (str(fact.data["image"]), []))
        message = _TASK.sub(lambda match: names.get(match[1], match[0]), str(fact.data["message"]))
        states.append(UpdateState(state or REPLACED, fact.at_ns, message))
        if state is None or state in _OVER:
            close(service_id, fact.at_ns, ended=True)
    for service_id in list(under_way):
        close(service_id, evidence.end_ns, ended=False)
    return tuple(sorted(found, key=lambda each: each.from_ns))


def _failed(evidence: Evidence, names: dict[str, str]) -> dict[str, list[tuple[int, str]]]:
    """By service: when each task failed, its name and why."""
    found: dict[str, list[tuple[int, str]]] = {}
    for fact in evidence.of("task-moved"):
        if fact.data["state"] in ("failed", "rejected"):
            task_id, err = str(fact.data["task_id"]), str(fact.data.get("err", ""))
            told = f"{names.get(task_id, task_id)}{f': {err}' if err else ''}"
            found.setdefault(str(fact.data["service_id"]), []).append((fact.at_ns, told))
    return found


def said(state: str) -> str:
    """A state of an update in words."""
    return "replaced by another" if state == REPLACED else state.replace("_", " ")


def failures(update: Update) -> str:
    """`2 tasks failed, first web.1 on w2: task: non-zero exit (1)`, unless a state has said so; "" if none did."""
    if not update.failed_count or any("due to failure" in each.message for each in update.states):
        return ""
    first = "first " if update.failed_count > 1 else ""
    return f"{counted(update.failed_count, 'task')} failed, {first}{update.first_failed}"
