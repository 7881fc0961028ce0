"""What tasks waited for that were wanted and did not start, as far as the swarm gives a reason.

Two waits are told: the scheduler found no node, with what its status says; and the task before it in its slot has a
fence and may still run, on a host that is not heard of. Waits for a restart's delay, and those shorter than a second
for a task before it to stop, are left out.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from core.objects.task import TaskState
from core.timing import SECOND
from swarmsim.recording import RecordedFact
from swarmsim.report.evidence import Evidence
from swarmsim.report.wording import listed
from swarmsim.task_names import task_name

MOST_NAMED: Final = 3
_JOIN_NS: Final = SECOND
"""Waits of one service for one reason that are no further apart are told as one."""
_SHORTEST_NS: Final = SECOND
_ASSIGNED: Final = TaskState.ASSIGNED
_ORDER: Final = {state.name.lower(): state for state in TaskState}


class Waiting(Struct, frozen=True, gc=False):
    """Tasks of one service that waited for one reason."""

    service: str
    from_ns: int
    to_ns: int
    ended: bool
    tasks: tuple[str, ...]
    """By their slots: `web.1`; of a global service by their hosts."""
    reason: str

    def who(self) -> str:
        """`web.1, web.2, web.3 and 4 more`."""
        more_count = len(self.tasks) - MOST_NAMED
        return listed([*self.tasks[:MOST_NAMED], *([f"{more_count} more"] if more_count > 0 else [])])


class _Wait(Struct):
    service_id: str
    task: str
    from_ns: int
    reason: str
    to_ns: int | None = None


class _Task(Struct):
    """A task as the leader told of it last."""

    id: str
    service_id: str
    slot: int
    host: str
    state: TaskState
    desired: TaskState
    fenced: bool
    pending: _Wait | None = None
    waits_for_fence: _Wait | None = None

    @property
    def may_run(self) -> bool:
        return self.state < TaskState.COMPLETE and self.state >= _ASSIGNED

    @property
    def is_wanted(self) -> bool:
        return self.desired <= TaskState.COMPLETE


def waitings(evidence: Evidence) -> tuple[Waiting, ...]:
    """In order of time."""
    waits = list(_Follower(evidence).waits())
    groups: dict[tuple[str, str], list[_Wait]] = {}
    for wait in sorted(waits, key=lambda each: each.from_ns):
        groups.setdefault((wait.service_id, wait.reason), []).append(wait)
    found = [
        each
        for (service_id, _), members in groups.items()
        for each in _joined(evidence.recording.service_names.get(service_id, service_id), members, evidence.end_ns)
    ]
    return tuple(sorted(found, key=lambda each: each.from_ns))


def _joined(service: str, waits: Sequence[_Wait], end_ns: int) -> Iterator[Waiting]:
    part: list[_Wait] = []
    until_ns = 0
    for wait in waits:
        if part and wait.from_ns > until_ns + _JOIN_NS:
            yield _together(service, part, end_ns)
            part = []
        part.append(wait)
        until_ns = max(until_ns, end_ns if wait.to_ns is None else wait.to_ns)
    yield _together(service, part, end_ns)


def _together(service: str, waits: Sequence[_Wait], end_ns: int) -> Waiting:
    ends = [wait.to_ns for wait in waits if wait.to_ns is not None]
    ended = len(ends) == len(waits)
    tasks = tuple(dict.fromkeys(f"{service}{wait.task}" for wait in waits))
    return Waiting(service, waits[0].from_ns, max(ends) if ended else end_ns, ended, tasks, waits[0].reason)


class _Follower:
    """Follows the facts of tasks."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._tasks: dict[str, _Task] = {}
        self._slots: dict[tuple[str, int], dict[str, _Task]] = {}
        self._waits: list[_Wait] = []
        self._down: set[str] = set()
        """Hosts that the leader does not hear of."""

    def waits(self) -> Iterator[_Wait]:
        for fact in self._evidence.of("node-state-changed", "task-moved", "task-pending", "task-removed"):
            if fact.kind == "node-state-changed":
                self._on_node(fact)
                continue
            task_id = str(fact.data["task_id"])
            if fact.kind == "task-moved":
                self._on_moved(task_id, fact)
            elif (task := self._tasks.get(task_id)) is not None:
                if fact.kind == "task-pending":
                    self._on_pending(task, fact)
                else:
                    self._on_removed(task, fact.at_ns)
        for wait in self._waits:
            to_ns = self._evidence.end_ns if wait.to_ns is None else wait.to_ns
            if to_ns - wait.from_ns >= _SHORTEST_NS:
                yield wait

    def _on_node(self, fact: RecordedFact) -> None:
        host = self._evidence.host_of(str(fact.data["node_id"]))
        if fact.data["state"] == "ready":
            self._down.discard(host)
        else:
            self._down.add(host)

    def _on_moved(self, task_id: str, fact: RecordedFact) -> None:
        data = fact.data
        task = self._tasks.get(task_id)
        state, desired = _ORDER[data["state"]], _ORDER[data["desired_state"]]
        host = self._evidence.host_of(str(data["node_id"])) if data["node_id"] else ""
        if task is None:
            fenced = bool(data.get("fenced"))
            task = _Task(task_id, str(data["service_id"]), int(data["slot"]), host, state, desired, fenced)
            self._tasks[task_id] = task
            self._slots.setdefault((task.service_id, task.slot), {})[task_id] = task
        task.host, task.state, task.desired = host or task.host, state, desired
        if state >= _ASSIGNED or not task.is_wanted:
            self._end(task.pending, fact.at_ns)
            task.pending = None
        if task.slot:
            for other in self._slots[task.service_id, task.slot].values():
                self._look_for_fence(other, fact.at_ns)

    def _on_pending(self, task: _Task, fact: RecordedFact) -> None:
        reason = str(fact.data["reason"])
        if task.pending is not None and task.pending.reason == reason:
            return
        self._end(task.pending, fact.at_ns)
        task.pending = self._begin(task, fact.at_ns, reason) if task.is_wanted else None

    def _on_removed(self, task: _Task, at_ns: int) -> None:
        self._end(task.pending, at_ns)
        self._end(task.waits_for_fence, at_ns)
        del self._tasks[task.id], self._slots[task.service_id, task.slot][task.id]

    def _look_for_fence(self, task: _Task, at_ns: int) -> None:
        """Whether a task that is to get ready has one before it that is told to stop, has a fence and may run."""
        before = None
        if task.desired is TaskState.READY:
            slot = self._slots[task.service_id, task.slot].values()
            before = next(
                (each for each in slot if each is not task and each.fenced and each.may_run and not each.is_wanted),
                None,
            )
        if before is None:
            self._end(task.waits_for_fence, at_ns)
            task.waits_for_fence = None
        elif task.waits_for_fence is None and before.host in self._down:
            reason = f"waits for the fence of its predecessor on {before.host}"
            task.waits_for_fence = self._begin(task, at_ns, reason)

    def _begin(self, task: _Task, at_ns: int, reason: str) -> _Wait:
        name = task_name("", task.slot, "").removesuffix(" on ") if task.slot else f".{task.host}" if task.host else ""
        wait = _Wait(task.service_id, name, at_ns, reason)
        self._waits.append(wait)
        return wait

    @staticmethod
    def _end(wait: _Wait | None, at_ns: int) -> None:
        if wait is not None:
            wait.to_ns = at_ns
