"""The way of a new connection as one host's routing table has it: the specification of every data plane.

A data plane indexes all this; here it is spelled out, to be read and to be compared with. Each host decides by its
own table alone: the way from one host may be open while it is closed from another whose table is older.
"""

from msgspec import Struct

from core.ids import NetworkId
from core.mesh.balance import RoundRobin
from core.mesh.routes import Backend, Neighbour, NetworkRoute, RouteTable, ServiceRoute
from core.objects.port import Protocol


class Hop(Struct, frozen=True, gc=False):
    """Where a packet goes: to an address on an overlay network, which lives on this node at this underlay address.

    `source` is the address it comes from: the container's own, or the load balancer's of the host that chose the
    backend.
    """

    network_id: NetworkId
    source: str
    address: str
    node: Neighbour


def from_container(
    table: RouteTable, turns: RoundRobin, network_id: NetworkId, own_address: str, to: str
) -> Hop | None:
    """From a container on a network to an address there; None if it leads nowhere, as to any other network."""
    route = virtual(table, network_id, to)
    if route is None:
        return _hop(table, network_id, own_address, to)
    return _balanced(table, turns, route)


def from_outside(table: RouteTable, turns: RoundRobin, port: int, protocol: Protocol) -> tuple[Hop, int] | None:
    """From a published port of this host to a backend and its target port; None if nothing is published there."""
    routes = [record for record in table.values() if isinstance(record, ServiceRoute)]
    for route in routes:
        for published in route.ports:
            if (published.published_port, published.protocol) == (port, protocol):
                hop = _balanced(table, turns, route)
                return None if hop is None else (hop, published.target_port)
    return None


def virtual(table: RouteTable, network_id: NetworkId, address: str) -> ServiceRoute | None:
    """The service whose virtual address on a network this is."""
    for record in table.values():
        if isinstance(record, ServiceRoute) and (record.network_id, record.virtual_ip) == (network_id, address):
            return record
    return None


def _balanced(table: RouteTable, turns: RoundRobin, route: ServiceRoute) -> Hop | None:
    """To the backend whose turn it is, from this host's load balancer, so that the answer comes back the same way."""
    backend: Backend | None = turns.choose(route)
    network = table.get(("network", route.network_id))
    if backend is None or not isinstance(network, NetworkRoute):
        return None
    return _hop(table, route.network_id, network.load_balancer_address, backend.address)


def _hop(table: RouteTable, network_id: NetworkId, source: str, address: str) -> Hop | None:
    neighbour = table.get(("neighbour", network_id, address))
    return Hop(network_id, source, address, neighbour) if isinstance(neighbour, Neighbour) else None
