"""What a routing table means, spelled out: the specification of every data plane.

How a table is made of the parts of its transfers, what a name stands for, and which way a new connection takes. A data
plane indexes all this; here it is written to be read and to be compared with. Each host decides by its own table alone:
the way from one host may be open while it is closed from another whose table is older.
"""

from collections.abc import Iterable

from msgspec import Struct

from core.ids import NetworkId
from core.mesh.balance import RoundRobin
from core.mesh.names import TASKS, Resolution, claim, in_order, is_called, look_ups, task_id_in, task_name
from core.mesh.outside import has_way_out
from core.mesh.publishing import target_port
from core.mesh.routes import (
    Backend,
    Neighbour,
    NetworkRoute,
    RouteChanges,
    RouteKey,
    RouteTable,
    ServiceRoute,
)
from core.mesh.transfer import Transfer
from core.objects.port import PortConfig, Protocol

# How a table is made


class Programmed(Struct, frozen=True):
    """A table, the version it is of (0: none) and, between two versions, the transfer under way.

    `stale` are the keys that a whole table has not brought yet.
    """

    version: int = 0
    table: RouteTable = {}
    under_way: tuple[int, int, int] | None = None
    stale: frozenset[RouteKey] = frozenset()

    def takes(self, part: RouteChanges) -> bool:
        """Whether this part follows on what is programmed: a whole table may begin at any time."""
        if part.position:
            return (part.from_version, part.to_version, part.position) == self.under_way
        return part.from_version == 0 or (self.under_way is None and part.from_version == self.version)

    def after(self, part: RouteChanges) -> "Programmed":
        """What is programmed when the part is."""
        begins_whole = part.from_version == 0 and part.position == 0
        brought = {record.key for record in part.changed}
        stale = (frozenset(self.table) if begins_whole else self.stale) - brought
        gone = {*part.removed, *(stale if part.last else ())}
        table = {key: record for key, record in self.table.items() if key not in gone}
        table.update((record.key, record) for record in part.changed)
        if part.last:
            return Programmed(part.to_version, table)
        return Programmed(0, table, (part.from_version, part.to_version, part.end_position), stale)


def parts(transfer: Transfer) -> list[RouteChanges]:
    """All parts of a transfer, in order."""
    found = [transfer.part(0)]
    while not found[-1].last:
        found.append(transfer.part(found[-1].end_position))
    return found


def applied(transfer: Transfer, table: RouteTable) -> RouteTable:
    """What a transfer makes of a table of the version that it is from."""
    programmed = Programmed(transfer.from_version, table)
    for part in parts(transfer):
        assert programmed.takes(part)
        programmed = programmed.after(part)
    assert programmed.version == transfer.to_version
    return programmed.table


# What a name stands for


def resolve(table: RouteTable, networks: Iterable[NetworkId], name: str) -> Resolution | None:
    """The meaning of `name` to a container on `networks`; None for a name that nothing there has."""
    called = {network_id: network_name(table, network_id) for network_id in networks}
    found = (_resolve_on(table, *look_up) for look_up in look_ups(name, called))
    return next((each for each in found if each is not None), None)


def reverse(table: RouteTable, networks: Iterable[NetworkId], address: str) -> str | None:
    """The name of the task with this address, as it is found from every network."""
    for network_id in networks:
        there = [backend for backend in _backends_on(table, network_id) if backend.address == address]
        backend, called = min(there, key=in_order, default=None), network_name(table, network_id)
        route = table.get(backend.service_key) if backend is not None else None
        if called and backend is not None and isinstance(route, ServiceRoute) and route.names:
            return f"{task_name(route, backend)}.{called}"
    return None


def network_name(table: RouteTable, network_id: NetworkId) -> str:
    """What a network is called; "" if this host takes no part in it."""
    route = table.get(("network", network_id))
    return route.name if isinstance(route, NetworkRoute) else ""


def _resolve_on(table: RouteTable, network_id: NetworkId, name: str) -> Resolution | None:
    service_name = name.removeprefix(TASKS)
    route = named(table, network_id, service_name)
    if route is None:
        return _resolve_task(table, network_id, name)
    if route.virtual_ip and service_name == name:
        return Resolution(network_id, (route.virtual_ip,))
    return Resolution(network_id, tuple(backend.address for backend in backends(table, route)))


def _resolve_task(table: RouteTable, network_id: NetworkId, name: str) -> Resolution | None:
    there = [backend for backend in _backends_on(table, network_id) if backend.task_id == task_id_in(name)]
    backend = min(there, key=in_order, default=None)
    route = table.get(backend.service_key) if backend is not None else None
    if backend is None or not isinstance(route, ServiceRoute) or not is_called(name, route, backend):
        return None
    return Resolution(network_id, (backend.address,))


def _backends_on(table: RouteTable, network_id: NetworkId) -> list[Backend]:
    return [record for record in table.values() if isinstance(record, Backend) and record.network_id == network_id]


def named(table: RouteTable, network_id: NetworkId, name: str) -> ServiceRoute | None:
    """The service that has this name on a network."""
    routes = [route for route in _services(table) if route.network_id == network_id and name in route.names]
    return min(routes, key=lambda route: claim(name, route), default=None)


def backends(table: RouteTable, route: ServiceRoute) -> list[Backend]:
    """The backends of a service on one network, in order of task id."""
    found = [record for record in table.values() if isinstance(record, Backend) and record.service_key == route.key]
    return sorted(found, key=lambda backend: backend.task_id)


# Which way a connection takes


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
    for route in _services(table):
        for published in route.ports:
            if (published.published_port, published.protocol) == (port, protocol):
                return _to_target(table, turns, route, published)
    return None


def _to_target(
    table: RouteTable, turns: RoundRobin, route: ServiceRoute, published: PortConfig
) -> tuple[Hop, int] | None:
    """To a backend that publishes the port itself, and to what it publishes by it."""
    backend = turns.choose(route.key, backends(table, route), published)
    hop = _from_load_balancer(table, route, backend)
    port = target_port(backend, published) if backend is not None else None
    return None if hop is None or port is None else (hop, port)


def to_own_ports(table: RouteTable, networks: Iterable[NetworkId]) -> bool:
    """Whether ports that a container on these networks has opened on this host lead to it, and it out of them."""
    routes = [route for network_id in networks if isinstance(route := table.get(("network", network_id)), NetworkRoute)]
    return has_way_out(routes)


def virtual(table: RouteTable, network_id: NetworkId, address: str) -> ServiceRoute | None:
    """The service whose virtual address on a network this is."""
    for route in _services(table):
        if address and (route.network_id, route.virtual_ip) == (network_id, address):
            return route
    return None


def _services(table: RouteTable) -> list[ServiceRoute]:
    """By id and network: where several claim the same, the first has it."""
    found = [record for record in table.values() if isinstance(record, ServiceRoute)]
    return sorted(found, key=lambda route: (route.service_id, route.network_id))


def _balanced(table: RouteTable, turns: RoundRobin, route: ServiceRoute) -> Hop | None:
    """To the backend whose turn it is, from this host's load balancer, so that the answer comes back the same way."""
    return _from_load_balancer(table, route, turns.choose(route.key, backends(table, route)))


def _from_load_balancer(table: RouteTable, route: ServiceRoute, backend: Backend | None) -> Hop | None:
    network = table.get(("network", route.network_id))
    if backend is None or not isinstance(network, NetworkRoute) or not network.load_balancer_address:
        return None
    return _hop(table, route.network_id, network.load_balancer_address, backend.address)


def _hop(table: RouteTable, network_id: NetworkId, source: str, address: str) -> Hop | None:
    neighbour = table.get(("neighbour", network_id, address))
    return Hop(network_id, source, address, neighbour) if isinstance(neighbour, Neighbour) else None
