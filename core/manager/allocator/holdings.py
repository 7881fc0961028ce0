"""Who holds which address, read off the objects themselves: what allocation, audit and rebuilding agree on."""

from collections.abc import Iterator

from msgspec import Struct

from core.ids import NetworkId
from core.manager.control.networks import ingress_of
from core.manager.orchestrator.tasks import holds_addresses
from core.objects import Node, Service, Task
from core.objects.endpoint import EndpointSpec
from core.objects.task import TaskSpec, TaskState
from core.store import Store


class Holding(Struct, frozen=True, gc=False):
    """An address, as CIDR, on a network."""

    network_id: NetworkId
    address: str


def awaits_node(task: Task) -> bool:
    """Whether a task has addresses, and the node that its networks will have to be on is not settled."""
    return task.status.state < TaskState.ASSIGNED and bool(task.attachments) and holds_addresses(task)


def occupies_node(task: Task) -> bool:
    """Whether a task's networks have to be on its node: while its container may still be there, as an orphan's may."""
    state = task.status.state
    return TaskState.ASSIGNED <= state <= TaskState.RUNNING or state is TaskState.ORPHANED


def holdings_of(stored: Node | Service | Task | None) -> tuple[Holding, ...]:
    """The addresses an object keeps from others."""
    if stored is None:
        return ()
    if isinstance(stored, Service):
        return tuple(Holding(ip.network_id, ip.address) for ip in stored.endpoint.virtual_ips)
    if isinstance(stored, Task) and not holds_addresses(stored):
        return ()
    return tuple(Holding(attachment.network_id, attachment.address) for attachment in stored.attachments)


def all_holders(store: Store) -> Iterator[Node | Service | Task]:
    """Everything that may hold addresses."""
    for table in (store.services, store.nodes, store.tasks):
        yield from table.values()


def all_holdings(store: Store) -> Iterator[tuple[str, Holding]]:
    """Every holder's id with each of its holdings."""
    for stored in all_holders(store):
        for holding in holdings_of(stored):
            yield stored.id, holding


def networks_of_service(store: Store, service: Service) -> list[NetworkId]:
    """The networks on which it is reached: the ones it names, and ingress if it publishes there."""
    return _networks_of(store, service.spec.task, service.spec.endpoint)


def networks_of_task(store: Store, task: Task) -> list[NetworkId]:
    """The networks it is to be attached to, by what its service was when it was made."""
    return _networks_of(store, task.spec, task.endpoint)


def _networks_of(store: Store, spec: TaskSpec, endpoint: EndpointSpec) -> list[NetworkId]:
    """Each once: a template may name one network several times, perhaps with different aliases."""
    network_ids = list(dict.fromkeys(target.network_id for target in spec.networks))
    ingress = ingress_of(store) if endpoint.uses_ingress else None
    return network_ids if ingress is None else [*network_ids, ingress.id]


def networks_of_node(store: Store, node: Node) -> list[NetworkId]:
    """The networks a node takes part in: ingress always, and those of the tasks it has."""
    ingress = ingress_of(store)
    found: dict[NetworkId, None] = {} if ingress is None else {ingress.id: None}
    for task in store.tasks_on_node(node.id):
        if occupies_node(task):
            found.update((attachment.network_id, None) for attachment in task.attachments)
    return list(found)
