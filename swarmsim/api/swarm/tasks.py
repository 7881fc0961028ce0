"""`/tasks`: one attempt each to run a container somewhere."""

from collections.abc import Iterable
from typing import Final

from core.codec.docker.task import encode_task
from core.manager.update.out_of_date import is_out_of_date
from core.objects import Node, Service, Task
from core.objects.task import TaskState
from core.operations import Kind
from core.store import Store
from swarmsim.api.call import Call, Json
from swarmsim.api.filters import Filters
from swarmsim.api.host import ApiHost, named
from swarmsim.api.route import FILTERS, Route

_FILTERS: Final = ("id", "label", "name", "service", "node", "desired-state", "runtime", "_up-to-date")
_DESIRED: Final = ("accepted", "running", "shutdown")


async def list_tasks(call: Call) -> Json:
    """All tasks, or those that the filters let through."""
    filters = call.filters(*_FILTERS)
    filters.check("desired-state", _DESIRED)
    store = await call.host.read()
    service_ids = _ids(store, Kind.SERVICE, filters.of("service"))
    node_ids = _ids(store, Kind.NODE, [_self(call.host, each) for each in filters.of("node")])
    only_up_to_date = any(each in ("1", "true") for each in filters.of("_up-to-date"))
    return [
        encode_task(task, store.networks)
        for task in store.tasks.values()
        if (not filters.of("service") or task.service_id in service_ids)
        and (not filters.of("node") or task.node_id in node_ids)
        and _passes(filters, store, task)
        and not (only_up_to_date and _is_out_of_date(store, task))
    ]


async def inspect_task(call: Call) -> Json:
    """One task."""
    store = await call.host.read()
    return encode_task(named(store, Kind.TASK, Task, call.path("id")), store.networks)


def _passes(filters: Filters, store: Store, task: Task) -> bool:
    return (
        filters.prefix("id", task.id)
        and filters.prefix("name", full_name(store, task))
        and filters.one_of("desired-state", (_desired_word(task),))
        and filters.one_of("runtime", ("container",))
        and filters.labels("label", task.service_labels)
    )


def full_name(store: Store, task: Task) -> str:
    """`web.1.ID`; of a global service, with the node's id in place of the slot."""
    service = store.services.get(task.service_id)
    name = service.spec.name if service is not None else task.service_name
    return f"{name}.{task.slot or task.node_id}.{task.id}"


def _desired_word(task: Task) -> str:
    if task.desired_state is TaskState.RUNNING:
        return "running"
    return "accepted" if task.desired_state < TaskState.RUNNING else "shutdown"


def _is_out_of_date(store: Store, task: Task) -> bool:
    service = store.services.get(task.service_id)
    return service is not None and is_out_of_date(service, task, store.nodes.get(task.node_id))


def _self(host: ApiHost, reference: str) -> str:
    return host.status.node_id if reference == "self" else reference


def _ids(store: Store, kind: Kind, references: Iterable[str]) -> set[str]:
    """What the words mean; ApiError for one that means nothing, as a list of nothing would hide the mistake."""
    return {named(store, kind, Service if kind is Kind.SERVICE else Node, reference).id for reference in references}


ROUTES: Final = (
    Route("GET", "/tasks", list_tasks, "The tasks.", query=(FILTERS,), answer="Task[]", errors=(404, 503)),
    Route("GET", "/tasks/{id}", inspect_task, "One task.", answer="Task", errors=(404, 503)),
)
