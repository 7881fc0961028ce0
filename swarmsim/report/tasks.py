"""What stood behind each slot of each service: which task on which host, and whether the swarm's belief was true.

States of a task, by what its container does and what the swarm knows of it:

| state | its container | the swarm |
| --- | --- | --- |
| `pending` | none | has found no host yet |
| `starting` | being prepared or started, not yet healthy | waits for it |
| `running` | healthy | counts on it |
| `unhealthy` | runs, its health check fails | |
| `stopping` | still there | wants it gone |
| `lost` | gone | still counts on it: requests sent to it are lost |
"""

from msgspec import Struct

from swarmsim.recording import RecordedFact
from swarmsim.report.evidence import Evidence
from swarmsim.report.spans import Span, spans_of

_CONTAINER_AFTER = {
    "prepared": "starting",
    "started": "starting",
    "healthy": "running",
    "unhealthy": "unhealthy",
    "exited": "gone",
    "failed": "gone",
    "removed": "gone",
}
_OVER = ("complete", "shutdown", "failed", "rejected", "remove", "orphaned")
_WANTED = ("new", "pending", "assigned", "accepted", "preparing", "ready", "starting", "running", "complete")


class TaskLife(Struct, frozen=True, gc=False):
    """One task on one host."""

    task_id: str
    host: str
    states: tuple[Span, ...]


class SlotRow(Struct, frozen=True, gc=False):
    """One slot of a service (or, for a global service, its one slot on a host) and every task it had, in order."""

    service: str
    slot: str
    lives: tuple[TaskLife, ...]


class _Task:
    """A task in the making: follows the facts that name it."""

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        self.service_id = ""
        self.service = ""
        self.slot = 0
        self.host = ""
        self.container = ""
        self.wanted = True
        self.over = False
        self.changes: list[tuple[int, str]] = []

    def take(self, fact: RecordedFact, host: str) -> None:
        self.host = host or self.host
        if fact.kind == "container-changed":
            self.service = str(fact.data["service_name"])
            self.container = _CONTAINER_AFTER.get(fact.data["phase"], self.container)
        elif fact.kind == "task-moved":
            self.service_id, self.slot = str(fact.data["service_id"]), int(fact.data["slot"])
            self.wanted = fact.data["desired_state"] in _WANTED
            self.over = fact.data["state"] in _OVER
        else:
            self.wanted, self.over = False, True
        self.changes.append((fact.at_ns, self.state()))

    def state(self) -> str:
        if self.container == "gone":
            return "lost" if self.wanted and not self.over else ""
        if not self.wanted or self.over:
            return "stopping" if self.container else ""
        return self.container or ("starting" if self.host else "pending")


def slot_rows(evidence: Evidence) -> tuple[SlotRow, ...]:
    """By service and slot; services in the order they first appeared."""
    tasks = _tasks(evidence)
    names = {task.service_id: task.service for task in tasks if task.service} | evidence.recording.service_names
    rows: dict[tuple[str, str], list[TaskLife]] = {}
    for task in tasks:
        life = TaskLife(task.task_id, task.host, spans_of(task.changes, evidence.end_ns))
        if life.states:
            service = task.service or names.get(task.service_id, task.service_id)
            rows.setdefault((service, str(task.slot) if task.slot else task.host), []).append(life)
    order = {service: place for place, service in enumerate(dict.fromkeys(service for service, _ in rows))}
    ordered = sorted(rows, key=lambda key: (order[key[0]], len(key[1]), key[1]))
    return tuple(SlotRow(service, slot, tuple(rows[service, slot])) for service, slot in ordered)


def _tasks(evidence: Evidence) -> list[_Task]:
    tasks: dict[str, _Task] = {}
    for fact in evidence.of("task-moved", "container-changed", "task-removed"):
        task_id = str(fact.data["task_id"])
        task = tasks.setdefault(task_id, _Task(task_id))
        node_id = str(fact.data.get("node_id", ""))
        task.take(fact, fact.host if fact.kind == "container-changed" else evidence.host_of(node_id))
    return list(tasks.values())
