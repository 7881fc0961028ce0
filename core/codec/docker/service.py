"""Services: what a user declares, and `Service` to Docker's."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core import json_schema
from core.codec.docker.endpoint import ENDPOINT, ENDPOINT_SPEC
from core.codec.docker.kinds import INTEGER, LABELS, NUMBER, TEXT, Object, word
from core.codec.docker.schemas import JOB_ITERATION, META, named
from core.codec.docker.service_mode import MODE, job_iteration
from core.codec.docker.tables import Field, Table, table
from core.codec.docker.task_template import NETWORK_TARGETS, TASK_SPEC
from core.codec.docker.times import meta, rfc3339
from core.document import Value
from core.json_schema import TIME, WHOLE, Schema, shape
from core.objects.service import (
    FailureAction,
    JobStatus,
    Service,
    ServiceSpec,
    UpdateConfig,
    UpdateOrder,
    UpdateState,
    UpdateStatus,
)
from core.objects.task import ContainerSpec, NetworkTarget, TaskSpec

_UPDATE: Final = table(
    UpdateConfig,
    Field("Parallelism", "parallelism", INTEGER, always=True, absent=0),
    Field("Delay", "delay_ns", INTEGER),
    Field("FailureAction", "failure_action", word(FailureAction), always=True),
    Field("Monitor", "monitor_ns", INTEGER),
    Field("MaxFailureRatio", "max_failure_ratio", NUMBER, always=True),
    Field("Order", "order", word(UpdateOrder), always=True),
)
SERVICE_SPEC: Final = Table(
    ServiceSpec,
    Field("Name", "name", TEXT, absent=""),
    Field("Labels", "labels", LABELS, always=True),
    Field("TaskTemplate", "task", TASK_SPEC.kind(), absent=TaskSpec(ContainerSpec(""))),
    Field("Mode", "mode", MODE),
    Field("UpdateConfig", "update", _UPDATE),
    Field("RollbackConfig", "rollback", _UPDATE),
    Field("EndpointSpec", "endpoint", ENDPOINT_SPEC),
)


class _Deprecated(Struct, frozen=True):
    networks: tuple[NetworkTarget, ...] = ()


_DEPRECATED: Final = Table(_Deprecated, Field("Networks", "networks", NETWORK_TARGETS))
"""Where clients used to write the networks that now belong to the template."""


class ServiceCounts(Struct, frozen=True, gc=False):
    """How many tasks of a service there are: in state RUNNING, wanted, and, of a job, in state COMPLETE."""

    running: int
    desired: int
    completed: int = 0


SERVICE: Final = shape(
    {"ID": json_schema.TEXT, **META, "Spec": named("ServiceSpec"), "Endpoint": ENDPOINT.schema},
    {
        "PreviousSpec": named("ServiceSpec"),
        "UpdateStatus": shape(
            {"State": word(UpdateState).schema, "Message": json_schema.TEXT}, {"StartedAt": TIME, "CompletedAt": TIME}
        ),
        "ServiceStatus": shape({"RunningTasks": WHOLE, "DesiredTasks": WHOLE, "CompletedTasks": WHOLE}),
        "JobStatus": shape({"JobIteration": JOB_ITERATION, "LastExecution": TIME}),
    },
)


def service_spec_schema() -> Schema:
    """What `decode_service_spec` reads."""
    schema = SERVICE_SPEC.schema()
    _DEPRECATED.schema_into(schema)
    return schema


def decode_service_spec(body: object) -> ServiceSpec:
    """The body of POST /services/create and /services/{id}/update; networks by id or by name, as the client wrote."""
    spec = SERVICE_SPEC.read(Value("", body))
    networks = spec.task.networks or _DEPRECATED.read(Value("", body)).networks
    return replace(spec, task=replace(spec.task, networks=networks))


def encode_service(service: Service, *, counts: ServiceCounts | None = None) -> Object:
    """An answer of GET /services; with `counts`, as clients ask by `status=true`."""
    body = {
        "ID": service.id,
        **meta(service.version, service.created_at, service.updated_at),
        "Spec": SERVICE_SPEC.write(service.spec),
        "Endpoint": ENDPOINT.write(service.endpoint),
    }
    if service.previous_spec is not None:
        body["PreviousSpec"] = SERVICE_SPEC.write(service.previous_spec)
    if service.update_status is not None:
        body["UpdateStatus"] = _update_status(service.update_status)
    if counts is not None:
        body |= encode_counts(counts)
    if service.job is not None:
        body["JobStatus"] = _job_status(service.job)
    return body


def _update_status(status: UpdateStatus) -> Object:
    times = {"StartedAt": status.started_at, "CompletedAt": status.completed_at}
    said = {name: rfc3339(time_ns) for name, time_ns in times.items() if time_ns}
    return {"State": status.state.value, **said, "Message": status.message}


def encode_counts(counts: ServiceCounts) -> Object:
    """What stands in such an answer beside what the service itself says."""
    status = {"RunningTasks": counts.running, "DesiredTasks": counts.desired, "CompletedTasks": counts.completed}
    return {"ServiceStatus": status}


def _job_status(job: JobStatus) -> Object:
    return {"JobIteration": job_iteration(job.iteration), "LastExecution": rfc3339(job.last_execution)}
