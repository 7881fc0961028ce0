"""What an allocator must never have done, found in a store alone: one sentence per fault.

`audit` finds what was handed out twice or is not for use, in any committed store. `leaks` finds what is held by nobody
who needs it: there is nothing of that once the leader has come to rest. What a node holds so it may hold for as long as
its data plane has not left the network.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from core.manager.allocator.addresses import address_number
from core.manager.allocator.holdings import (
    all_holdings,
    awaits_node,
    holdings_of,
    networks_of_node,
    networks_of_service,
)
from core.manager.allocator.ports import PortKey, host_ports, ingress_ports, named_ports
from core.objects import Node, Service, Task
from core.objects.service import EndpointMode
from core.objects.task import TaskState
from core.store import Store


def audit(store: Store) -> list[str]:
    """What was handed out twice, or lies outside of its subnet."""
    return [*_networks(store), *_addresses(store), *_ports(store)]


def leaks(store: Store) -> list[str]:
    """What is held for nothing, by services and tasks, and by nodes whose data planes have followed."""
    return [
        *(leak for node in store.nodes.values() for leak in leaks_of_node(store, node)),
        *leaks_beside_nodes(store),
    ]


def leaks_beside_nodes(store: Store) -> list[str]:
    """What services and tasks hold for nothing."""
    return [
        *(leak for service in store.services.values() for leak in _leaks_of_service(store, service)),
        *(leak for task in store.tasks.values() for leak in _leaks_of_task(store, task)),
    ]


def leaks_of_node(store: Store, node: Node) -> Iterator[str]:
    """What a node holds for nothing, if its data plane has left the networks where it has no task."""
    networks = networks_of_node(store, node)
    for holding in holdings_of(node):
        if holding.network_id not in networks:
            yield f"node {node.id} holds {holding.address} without a task on network {holding.network_id}"


def _leaks_of_service(store: Store, service: Service) -> Iterator[str]:
    spec = service.spec.endpoint
    networks = [] if spec.mode is EndpointMode.DNSRR else networks_of_service(store, service)
    for holding in holdings_of(service):
        if holding.network_id not in networks:
            yield f"service {service.id} holds {holding.address} without a use for it on network {holding.network_id}"
    named = named_ports(service)
    dynamic = sum(not port.published_port for port in spec.ports)
    extra = [key for key in ingress_ports(service.endpoint) if key not in named]
    for protocol, number in extra[dynamic:]:
        yield f"service {service.id} holds port {number}/{protocol.value}, which it does not publish"


def _leaks_of_task(store: Store, task: Task) -> Iterator[str]:
    """Orphans of nodes that are there may still run; those of nodes that are not never will be heard of."""
    node_is_gone = bool(task.node_id) and task.node_id not in store.nodes
    is_left = task.status.state is TaskState.ORPHANED and node_is_gone
    is_nobodys = awaits_node(task) and task.service_id not in store.services
    if is_left or is_nobodys:
        for holding in holdings_of(task):
            yield f"task {task.id} holds {holding.address} on network {holding.network_id}, and nobody will ever use it"


def _networks(store: Store) -> Iterator[str]:
    allocated = [network for network in store.networks.values() if network.subnets]
    for one, other in combinations(allocated, 2):
        if one.vni == other.vni:
            yield f"networks {one.spec.name} and {other.spec.name} share VXLAN identifier {one.vni}"
        if IPv4Network(one.subnets[0].subnet).overlaps(IPv4Network(other.subnets[0].subnet)):
            yield f"networks {one.spec.name} and {other.spec.name} overlap"


def _addresses(store: Store) -> Iterator[str]:
    holders: dict[tuple[str, int], str] = {}
    for holder, holding in all_holdings(store):
        network = store.networks.get(holding.network_id)
        if network is None or not network.subnets:
            continue  # a network that is gone: its last tasks are stopping
        subnet, number = network.subnets[0], address_number(holding.address)
        key = (holding.network_id, number)
        if holders.setdefault(key, holder) != holder:
            yield f"{holding.address} on {network.spec.name} is held by {holders[key]} and {holder}"
        if IPv4Address(number) not in IPv4Network(subnet.subnet) or str(IPv4Address(number)) == subnet.gateway:
            yield f"{holding.address} on {network.spec.name}, held by {holder}, is not for use"


def _ports(store: Store) -> Iterator[str]:
    owners: dict[PortKey, str] = {}
    for service in store.services.values():
        for key in ingress_ports(service.endpoint):
            owner = owners.setdefault(key, service.spec.name)
            if owner != service.spec.name:
                yield f"port {key[1]}/{key[0].value} is published by {owner} and {service.spec.name}"
    for service in store.services.values():
        for key in host_ports(service.endpoint):
            owner = owners.get(key, service.spec.name)
            if owner != service.spec.name:
                where = f"by {owner} and by tasks of {service.spec.name} on their nodes"
                yield f"port {key[1]}/{key[0].value} is published {where}"
