"""Who takes part in a network, who may be sent connections, and the records made of it: plain functions of objects.

Both the incremental tables and their naive twin are built from these; what differs is only when they are asked.
"""

from core.ids import NetworkId
from core.mesh.routes import Backend, Neighbour, NetworkRoute, ServiceRoute
from core.objects.network import Network
from core.objects.node import Node, NodeState
from core.objects.port import PortConfig, PublishMode
from core.objects.service import EndpointMode, Service
from core.objects.task import Task, TaskState, is_wanted


def bare(address: str) -> str:
    """An address without its prefix length."""
    return address.partition("/")[0]


def is_placed(task: Task) -> bool:
    """Whether the task holds its addresses on a node: from its assignment until its container has ended."""
    return bool(task.node_id) and TaskState.ASSIGNED <= task.status.state <= TaskState.RUNNING


def takes_connections(task: Task, node: Node | None) -> bool:
    """Whether a task belongs in the tables: running and healthy, wanted so, on a node that is not lost.

    A task that is to stop leaves at once, long before it stops: that is the first half of draining.
    """
    return (
        task.status.state == TaskState.RUNNING
        and is_wanted(task)
        and node is not None
        and node.status.state != NodeState.DOWN
    )


def service_networks(service: Service, ingress_id: NetworkId | None) -> tuple[NetworkId, ...]:
    """The networks on which a service can be reached, each once:

    where it has an address, or tasks, or published ports.
    """
    found = dict.fromkeys(target.network_id for target in service.spec.task.networks)
    found.update(dict.fromkeys(virtual_ip.network_id for virtual_ip in service.endpoint.virtual_ips))
    if ingress_id is not None and _ingress_ports(service):
        found[ingress_id] = None
    return tuple(found)


def service_route(service: Service, network: Network) -> ServiceRoute:
    """A service as seen on one network.

    Names resolve on networks of the user's only, ports are open on ingress only.
    """
    virtual_ips = (virtual.address for virtual in service.endpoint.virtual_ips if virtual.network_id == network.id)
    ingress = network.spec.ingress
    return ServiceRoute(
        network_id=network.id,
        service_id=service.id,
        mode=service.endpoint.spec.mode,
        virtual_ip="" if service.endpoint.spec.mode is EndpointMode.DNSRR else bare(next(virtual_ips, "")),
        names=() if ingress else _names(service, network.id),
        ports=_ingress_ports(service) if ingress else (),
    )


def network_route(network: Network, node: Node) -> NetworkRoute:
    """A network as this node takes part in it."""
    addresses = (place.address for place in node.attachments if place.network_id == network.id)
    return NetworkRoute(
        network_id=network.id,
        name=network.spec.name,
        vni=network.vni,
        subnet=network.subnets[0].subnet if network.subnets else "",
        ingress=network.spec.ingress,
        load_balancer_address=bare(next(addresses, "")),
        internal=network.spec.internal,
    )


def task_neighbours(task: Task, node: Node) -> list[Neighbour]:
    """Where the addresses of a placed task live."""
    return [
        Neighbour(place.network_id, bare(place.address), node.id, node.status.address)
        for place in task.attachments
        if place.address
    ]


def node_neighbours(node: Node) -> list[Neighbour]:
    """Where the node's load balancers live."""
    return [
        Neighbour(place.network_id, bare(place.address), node.id, node.status.address)
        for place in node.attachments
        if place.address
    ]


def task_backends(task: Task, node: Node | None) -> list[Backend]:
    """A task as a backend of its service, on each network where it has an address; nothing unless it is one.

    On the networks of the user's that it names it publishes nothing; on the one it was given besides, its ports.
    """
    if not takes_connections(task, node):
        return []
    own, named = task.endpoint.ingress_ports, {target.network_id for target in task.spec.networks}
    return [
        Backend(
            network_id=place.network_id,
            service_id=task.service_id,
            task_id=task.id,
            node_id=task.node_id,
            address=bare(place.address),
            slot=task.slot,
            ports=() if place.network_id in named else own,
        )
        for place in task.attachments
        if place.address
    ]


def _ingress_ports(service: Service) -> tuple[PortConfig, ...]:
    return tuple(port for port in service.endpoint.ports if port.publish_mode is PublishMode.INGRESS)


def _names(service: Service, network_id: NetworkId) -> tuple[str, ...]:
    """Its own first, and none twice."""
    return tuple(dict.fromkeys((service.spec.name, *service.spec.task.aliases_on(network_id))))
