"""A host's routing table computed afresh from a store: the definition that the incremental tables must equal."""

from core.ids import NetworkId, NodeId
from core.mesh.routes import RouteRecord, RouteTable
from core.mesh.rules import (
    is_placed,
    network_route,
    node_neighbours,
    service_networks,
    service_route,
    task_backends,
    task_neighbours,
)
from core.store import Store


def afresh(store: Store, node_id: NodeId) -> RouteTable:
    """Everything this host's data plane should carry at the store's index; nothing for a node that is not a member."""
    node = store.nodes.get(node_id)
    if node is None:
        return {}
    records: list[RouteRecord] = []
    for network_id in networks_of(store, node_id):
        records.append(network_route(store.networks[network_id], node))
        records.extend(_services_on(store, network_id))
        records.extend(_neighbours_on(store, network_id))
        records.extend(_backends_on(store, network_id))
    return {record.key: record for record in records}


def ingress_id(store: Store) -> NetworkId | None:
    """The ingress network; there is one at most."""
    return next((network.id for network in store.networks.values() if network.spec.ingress), None)


def networks_of(store: Store, node_id: NodeId) -> list[NetworkId]:
    """The networks a node takes part in: where it has tasks, and ingress."""
    placed = [task for task in store.tasks_on_node(node_id) if is_placed(task)]
    wanted = {place.network_id for task in placed for place in task.attachments} | {ingress_id(store)}
    return [network_id for network_id in store.networks if network_id in wanted]


def _services_on(store: Store, network_id: NetworkId) -> list[RouteRecord]:
    network, ingress = store.networks[network_id], ingress_id(store)
    return [
        service_route(service, network)
        for service in store.services.values()
        if network_id in service_networks(service, ingress)
    ]


def _neighbours_on(store: Store, network_id: NetworkId) -> list[RouteRecord]:
    neighbours = [neighbour for node in store.nodes.values() for neighbour in node_neighbours(node)]
    for task in store.tasks.values():
        node = store.nodes.get(task.node_id)
        if node is not None and is_placed(task):
            neighbours.extend(task_neighbours(task, node))
    return [neighbour for neighbour in neighbours if neighbour.network_id == network_id]


def _backends_on(store: Store, network_id: NetworkId) -> list[RouteRecord]:
    backends = (task_backends(task, store.nodes.get(task.node_id)) for task in store.tasks.values())
    return [backend for of_task in backends for backend in of_task if backend.network_id == network_id]
