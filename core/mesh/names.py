"""What a name means to a container: the rules of the swarm's DNS, as a function of its host's routing table.

A name is looked up on the container's networks in their order; the first that knows it answers. A service's name and
its aliases there stand for its virtual address or, without one (`dnsrr`), for the addresses of its tasks that take
connections; `tasks.NAME` always for the latter (swarm.md §3.11). On the ingress network nothing has a name.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from core.ids import NetworkId
from core.mesh.routes import RouteTable, ServiceRoute

_TASKS: Final = "tasks."


class Resolution(Struct, frozen=True, gc=False):
    """A network and the addresses on it that a name stands for, in order of task id;

    there may be none at the moment.
    """

    network_id: NetworkId
    addresses: tuple[str, ...]


def resolve(table: RouteTable, networks: Iterable[NetworkId], name: str) -> Resolution | None:
    """The meaning of `name` to a container on `networks`; None for a name that no service there has."""
    service_name = name.removeprefix(_TASKS)
    for network_id in networks:
        route = named(table, network_id, service_name)
        if route is None:
            continue
        if route.virtual_ip and service_name == name:
            return Resolution(network_id, (route.virtual_ip,))
        return Resolution(network_id, tuple(backend.address for backend in route.backends))
    return None


def named(table: RouteTable, network_id: NetworkId, name: str) -> ServiceRoute | None:
    """The service that has this name on a network.

    If several do, the first by id that has it as its own, then as an alias.
    """
    routes = [
        record
        for record in table.values()
        if isinstance(record, ServiceRoute) and record.network_id == network_id and name in record.names
    ]
    return min(routes, key=lambda route: (route.names[0] != name, route.service_id), default=None)
