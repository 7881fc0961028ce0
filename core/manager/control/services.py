"""Creating, updating and removing services."""

from random import Random
from typing import Final

from msgspec.msgpack import Encoder
from msgspec.structs import replace

from core.ids import ServiceId, draw_id
from core.manager.control.endpoints import (
    check_endpoint_spec,
    check_port_conflicts,
)
from core.manager.control.names import check_dns_name
from core.manager.control.networks import ingress_of
from core.manager.control.references import resolve
from core.manager.control.refusal import invalid, name_taken, not_possible, not_supported, out_of_sequence
from core.manager.control.task_specs import bound_task_spec
from core.manager.draft import Draft
from core.manager.update.previous import goes_on, previous_after
from core.manager.update.states import UpdateEvent, moved
from core.objects.drain_grace import labelled_drain_grace_ns
from core.objects.fence import check_fence
from core.objects.labels import BadLabel
from core.objects.restart_backoff import check_restart_backoff
from core.objects.service import (
    JobStatus,
    Replicated,
    ReplicatedJob,
    Service,
    ServiceSpec,
    UpdateConfig,
    UpdateOrder,
    is_job,
)
from core.operations import CreateService, Kind, Remove, UpdateService
from core.store import Store

MAX_SPEC_BYTES: Final = 200_000
"""Every task carries a copy of its template: a draft that is nearly full must still have room for two of them."""

_ENCODER: Final = Encoder()


def create_service(draft: Draft, operation: CreateService, rng: Random) -> str:
    """Answers with the new service's id."""
    spec = _bound_spec(draft.head, operation.spec, None)
    if draft.head.id_named(Kind.SERVICE, spec.name) is not None:
        raise name_taken("service", spec.name)
    job = JobStatus(last_execution=draft.wall_ns) if is_job(spec.mode) else None
    service = Service(ServiceId(draw_id(rng)), spec, spec_version=draft.index, job=job)
    return draft.create(service).id


def update_service(draft: Draft, operation: UpdateService, rng: Random) -> None:
    """Declare another spec; `core.manager.update` replaces the tasks that it makes out of date.

    What the client read may have got other addresses or another update status since: only another spec stands
    in its way, where Docker refuses (moby #39891). What leaves the tasks as they are does not disturb an update that is
    under way, nor become what it is rolled back to (`core.manager.update.previous`).
    """
    service: Service = resolve(draft.head, Kind.SERVICE, operation.id)
    if not service.spec_version <= operation.version <= service.version:
        raise out_of_sequence()
    event, spec = UpdateEvent.SPEC_UPDATED, operation.spec
    if operation.rollback:
        if service.previous_spec is None:
            raise not_possible(f"service {service.spec.name} does not have a previous spec")
        event, spec = UpdateEvent.ROLLBACK_REQUESTED, service.previous_spec
    spec = _bound_spec(draft.head, spec, service.id)
    _check_change(service.spec, spec)
    if service.job is not None:
        job = JobStatus(service.job.iteration + 1, draft.wall_ns)
        draft.update(replace(service, spec=spec, spec_version=draft.index, previous_spec=service.spec, job=job))
        return
    before: ServiceSpec | None = service.spec
    status = moved(service.update_status, event, draft.wall_ns)
    if not operation.rollback:
        before = previous_after(draft.head, service, spec)
        status = service.update_status if goes_on(service, spec) else status
    draft.update(replace(service, spec=spec, spec_version=draft.index, previous_spec=before, update_status=status))


def remove_service(draft: Draft, operation: Remove, rng: Random) -> None:
    """The service goes at once; its tasks are then stopped and removed."""
    service: Service = resolve(draft.head, Kind.SERVICE, operation.reference)
    draft.delete(Kind.SERVICE, service.id)


def _bound_spec(store: Store, spec: ServiceSpec, own_id: ServiceId | None) -> ServiceSpec:
    check_dns_name(spec.name)
    size = len(_ENCODER.encode(spec))
    if size > MAX_SPEC_BYTES:
        raise invalid(f"the spec of service {spec.name} is too large: {size} bytes of at most {MAX_SPEC_BYTES}")
    check_mode(spec)
    for update in (spec.update, spec.rollback):
        _check_update(update)
    check_endpoint_spec(spec.endpoint)
    check_port_conflicts(store, spec.endpoint, own_id)
    if spec.endpoint.uses_ingress and ingress_of(store) is None:
        raise not_possible("service needs ingress network, but no ingress network is present")
    _check_labels(spec)
    return replace(spec, task=bound_task_spec(store, spec.task))


def _check_labels(spec: ServiceSpec) -> None:
    try:
        labelled_drain_grace_ns(spec.labels)
        check_restart_backoff(spec.labels, spec.task.restart.delay_ns)
        check_fence(spec.labels, UpdateOrder.START_FIRST in (spec.update.order, spec.rollback.order))
    except BadLabel as error:
        raise invalid(f"service {spec.name}: {error}") from None


def check_mode(spec: ServiceSpec) -> None:
    """Refuse numbers that cannot be, and settings of updates for jobs, which each update runs anew."""
    if isinstance(spec.mode, Replicated) and spec.mode.replicas < 0:
        raise invalid("Number of replicas must be non-negative")
    if isinstance(spec.mode, ReplicatedJob):
        if spec.mode.max_concurrent < 0:
            raise invalid("Maximum concurrent jobs must not be negative")
        if spec.mode.total_completions < 0:
            raise invalid("Total completed jobs must not be negative")
    if is_job(spec.mode) and (spec.update, spec.rollback) != (UpdateConfig(), UpdateConfig()):
        raise invalid(f"service {spec.name}: job-mode services cannot have an update or rollback config")


def _check_update(update: UpdateConfig) -> None:
    if update.parallelism < 0:
        raise invalid("TaskSpec: update-parallelism cannot be negative")
    if update.delay_ns < 0:
        raise invalid("TaskSpec: update-delay cannot be negative")
    if update.monitor_ns < 0:
        raise invalid("TaskSpec: update-monitor cannot be negative")
    if not 0 <= update.max_failure_ratio <= 1:
        raise invalid("TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1")


def _check_change(old: ServiceSpec, new: ServiceSpec) -> None:
    """Refuse what Docker refuses."""
    if old.name != new.name:
        raise not_supported("renaming services is not supported")
    if type(old.mode) is not type(new.mode):
        raise not_supported("service mode change is not allowed")
