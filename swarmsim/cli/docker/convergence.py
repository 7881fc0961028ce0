"""When a service has come to what its spec says, told from what the API shows of it again and again.

A replicated service has converged when as many tasks run as are declared, a global one when one runs on each of its
nodes. It must stay so for its update's monitoring period, else the wait begins anew; a job ends once it is complete.
Tasks on nodes that are down do not count, nor do those of an earlier spec (they are not to be among `tasks`).
"""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from core.timing import SECOND
from swarmsim.cli.docker.client import Json

STATES: Final = ("new", "pending", "assigned", "accepted", "preparing", "ready", "starting", "running", "complete")
"""That a task passes on its way, in their order."""
_DEFAULT_MONITOR_NS: Final = 5 * SECOND
_PAUSED: Final = {"paused": "service update paused", "rollback_paused": "service rollback paused"}
_ENDED: Final = ("completed", "rollback_completed")


class Seen(Struct, frozen=True):
    """How far it has come."""

    done: int
    wanted: int
    what: str = "overall progress"
    tasks: Mapping[str, str] = {}
    """The state of the best task of each slot, or of each node by its id."""
    wait_s: int | None = None
    """Whole seconds for which all has yet to stay as it is; None: it is not yet as it should be."""
    message: str = ""
    """What is to be told of a rollback."""
    is_job: bool = False
    ended: bool = False
    failure: str = ""
    """Why it will not converge any more."""


class Convergence:
    """Of one service, from when it was declared anew."""

    def __init__(self) -> None:
        self._converged_at: float | None = None

    def look(self, service: Json, tasks: Iterable[Json], down: frozenset[str], now_s: float) -> Seen:
        """`down` are the ids of nodes that are; `now_s` is any clock of seconds that never goes back."""
        best = _best_of_slots(service, tasks, down)
        status = service.get("UpdateStatus") or {}
        state = status.get("State", "")
        if state in _PAUSED:
            return Seen(0, 0, failure=f"{_PAUSED[state]}: {status.get('Message', '')}")
        mode = service["Spec"]["Mode"]
        if "ReplicatedJob" in mode or "GlobalJob" in mode:
            return _job(mode, best)
        wanted = mode["Replicated"]["Replicas"] if "Replicated" in mode else len(best)
        return self._service(service, wanted, best, state, now_s)

    def _service(self, service: Json, wanted: int, best: Mapping[str, Json], state: str, now_s: float) -> Seen:
        running = sum(task["Status"]["State"] == "running" for task in best.values())
        back = state.startswith("rollback")
        seen = Seen(
            min(running, wanted),
            wanted,
            "overall progress: rolling back update" if back else "overall progress",
            {slot: task["Status"]["State"] for slot, task in sorted(best.items(), key=lambda each: each[0].zfill(9))},
            message=f"rollback: {service['UpdateStatus'].get('Message', '')}" if back else "",
        )
        if running < wanted or len(best) > wanted or ("Global" in service["Spec"]["Mode"] and not best):
            self._converged_at = None
            return seen
        if self._converged_at is None:
            self._converged_at = now_s
        left_s = self._converged_at + _monitor_s(service) - now_s
        if left_s > 0:
            return replace(seen, wait_s=ceil(left_s))
        return replace(seen, ended=state in ("", *_ENDED), wait_s=0)


def _job(mode: Json, best: Mapping[str, Json]) -> Seen:
    total = mode["ReplicatedJob"]["TotalCompletions"] if "ReplicatedJob" in mode else len(best)
    complete = sum(task["Status"]["State"] == "complete" for task in best.values())
    states = {slot: task["Status"]["State"] for slot, task in best.items()}
    return Seen(complete, total, "job progress", states, is_job=True, ended=bool(best) and complete >= total)


def _best_of_slots(service: Json, tasks: Iterable[Json], down: frozenset[str]) -> dict[str, Json]:
    execution = (service.get("JobStatus") or {}).get("JobIteration", {}).get("Index")
    is_global = service["Spec"]["Mode"].keys() & {"Global", "GlobalJob"}
    best: dict[str, Any] = {}
    for task in tasks:
        state = task["Status"]["State"]
        if task.get("NodeID") in down or state not in STATES or task["DesiredState"] in ("shutdown", "remove"):
            continue
        if execution is not None and task.get("JobIteration", {}).get("Index") != execution:
            continue
        slot = str(task.get("NodeID", "") if is_global else task.get("Slot", ""))
        if slot not in best or STATES.index(best[slot]["Status"]["State"]) < STATES.index(state):
            best[slot] = task
    return best


def _monitor_s(service: Json) -> float:
    monitor_ns = (service["Spec"].get("UpdateConfig") or {}).get("Monitor") or _DEFAULT_MONITOR_NS
    return float(monitor_ns / SECOND)
