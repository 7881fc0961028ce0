"""A service's mode: an object with one name, which says the mode, and what goes with it."""

from typing import Any, Final

from core.codec.docker.kinds import INTEGER, Kind, Object
from core.codec.docker.tables import Field, Table
from core.document import Value
from core.json_schema import shape
from core.objects.service import Global, GlobalJob, Replicated, ReplicatedJob, ServiceMode

_JOB: Final = Table(
    ReplicatedJob,
    Field("MaxConcurrent", "max_concurrent", INTEGER, always=True),
    Field("TotalCompletions", "total_completions", INTEGER, always=True),
)


def _replicated_job(value: Value) -> ReplicatedJob:
    # One that does not say how many are to complete runs as many as may run at a time.
    return _JOB.read_over(value, {"total_completions": _JOB.read(value).max_concurrent})


_MODES: Final[dict[str, tuple[type[ServiceMode], Kind[Any]]]] = {
    "Replicated": (Replicated, Table(Replicated, Field("Replicas", "replicas", INTEGER, always=True)).kind()),
    "Global": (Global, Table(Global).kind()),
    "ReplicatedJob": (ReplicatedJob, Kind(_replicated_job, _JOB.write, _JOB.schema())),
    "GlobalJob": (GlobalJob, Table(GlobalJob).kind()),
}


def _read(value: Value) -> ServiceMode:
    kinds = {name.lower(): kind for name, (_, kind) in _MODES.items()}
    said = {name.lower(): place for name, place in value.mapping().items() if not place.is_null}
    found = [(kinds[name], place) for name, place in said.items() if name in kinds]
    if len(found) > 1:
        value.fail("must specify only one service mode")
    mode: ServiceMode = found[0][0].read(found[0][1]) if found else Replicated()
    return mode


def _write(mode: ServiceMode) -> Object:
    return {name: kind.write(mode) for name, (make, kind) in _MODES.items() if isinstance(mode, make)}


MODE: Final = Kind(
    _read, _write, {**shape({}, {name: kind.schema for name, (_, kind) in _MODES.items()}), "maxProperties": 1}
)


def job_iteration(number: int) -> Object:
    """Which run of a job, counted from 0; Docker leaves out that it is the first."""
    return {"Index": number} if number else {}
