"""What an update may still lead back to.

As long as it may, what the previous spec names is in use, since nobody is asked again before failures bring it back:
networks and ports, secrets and configs. And no later update takes its place that leaves the tasks as they are.
"""

from msgspec.structs import replace

from core.manager.update.out_of_date import is_outdated
from core.manager.update.states import UNDER_WAY, has_not_ended
from core.objects.service import Service, ServiceSpec
from core.objects.task import Task, TaskState, is_wanted
from core.store import Store


def specs_in_use(store: Store, service: Service) -> list[ServiceSpec]:
    """What a service declares, and what it declared before if an update may still be rolled back to that."""
    specs = [service.spec]
    if service.previous_spec is not None and _may_go_back(store, service):
        specs.append(service.previous_spec)
    return specs


def previous_after(store: Store, service: Service, spec: ServiceSpec) -> ServiceSpec | None:
    """What to go back to once a client has declared this: what there was, or what an update under way goes back to.

    The latter if the tasks stay as they are, but with as many of them as are declared now.
    """
    if not _makes_same_tasks(service.spec, spec):
        return service.spec
    before, status = service.previous_spec, service.update_status
    if before is None:
        goes_on = status is not None and status.state in UNDER_WAY  # a rollback, from which nothing leads back
        return None if goes_on else service.spec
    if not _may_go_back(store, service):
        return service.spec
    return replace(before, mode=spec.mode) if spec.mode != service.spec.mode else before


def goes_on(service: Service, spec: ServiceSpec) -> bool:
    """Whether an update or rollback that is under way is not disturbed by declaring this."""
    status = service.update_status
    return status is not None and status.state in UNDER_WAY and _makes_same_tasks(service.spec, spec)


def _may_go_back(store: Store, service: Service) -> bool:
    """Whether an update has not ended: or, if nothing is said of one, has perhaps not begun."""
    before = service.previous_spec
    if before is None or _makes_same_tasks(before, service.spec):
        return False
    if service.update_status is not None:
        return has_not_ended(service.update_status)
    return any(is_wanted(task) and _is_to_come(store, service, task) for task in store.tasks_of_service(service.id))


def _is_to_come(store: Store, service: Service, task: Task) -> bool:
    """Whether an update has this task still to replace, or to see it run."""
    awaited = task.by_update and task.status.state < TaskState.RUNNING and task.spec_version != service.spec_version
    return awaited or is_outdated(store, service, task)


def _makes_same_tasks(one: ServiceSpec, other: ServiceSpec) -> bool:
    return one.task == other.task and one.endpoint == other.endpoint
