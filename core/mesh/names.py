"""What a name means to a container: the rules of the swarm's DNS.

A name is looked up on the container's networks in their order; the first that knows it answers. A service's name and
its aliases there stand for its virtual address or, without one (`dnsrr`), for the addresses of its tasks that take
connections; `tasks.NAME` always for the latter (swarm.md §3.11). On the ingress network nothing has a name.
"""

from typing import Final

from msgspec import Struct

from core.ids import NetworkId
from core.mesh.routes import ServiceRoute

TASKS: Final = "tasks."
"""Before a service's name: its tasks, not its virtual address."""


class Resolution(Struct, frozen=True, gc=False):
    """A network and the addresses on it that a name stands for, in order of task id;

    there may be none at the moment.
    """

    network_id: NetworkId
    addresses: tuple[str, ...]


def claim(name: str, route: ServiceRoute) -> tuple[bool, str]:
    """Of the services that have this name on a network, the one with the least claim is meant.

    That is the first by id that has it as its own, then as an alias.
    """
    return route.names[0] != name, route.service_id
