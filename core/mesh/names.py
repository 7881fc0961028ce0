"""What a name means to a container: the rules of the swarm's DNS (swarm.md §3.11).

A name is looked up on the container's networks in their order; the first that knows it answers. A service's name and
its aliases there stand for its virtual address or, without one (`dnsrr`), for the addresses of its tasks that take
connections; `tasks.NAME` always for the latter. What no service is called may be a task: its own name or its id stands
for its address while it takes connections. After all that, a name may end in that of a network, and is looked up there
alone without it. The reverse of such a task's address is its own name on that network; a virtual address has none. On
the ingress network nothing has a name.

Nothing is stored for a task's own name: it is put together from what its backend and its service's route say.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from core.ids import NetworkId, ServiceId, TaskId
from core.mesh.routes import Backend, ServiceRoute

TASKS: Final = "tasks."
"""Before a service's name: its tasks, not its virtual address."""


class Resolution(Struct, frozen=True, gc=False):
    """A network and the addresses on it that a name stands for, in order of task id;

    there may be none at the moment.
    """

    network_id: NetworkId
    addresses: tuple[str, ...]


def look_ups(name: str, networks: Mapping[NetworkId, str]) -> Iterator[tuple[NetworkId, str]]:
    """On which of a container's networks to look for which name, in order, until one is found.

    `networks` in the container's order, with what each is called; "" if that is not known.
    """
    for network_id in networks:
        yield network_id, name
    for network_id, called in sorted(networks.items(), key=lambda item: len(item[1])):
        if called and name.endswith(f".{called}"):
            yield network_id, name.removesuffix(f".{called}")


def claim(name: str, route: ServiceRoute) -> tuple[bool, str]:
    """Of the services that have this name on a network, the one with the least claim is meant.

    That is the first by id that has it as its own, then as an alias.
    """
    return route.names[0] != name, route.service_id


def task_name(route: ServiceRoute, backend: Backend) -> str:
    """What a task of this service is called: like its container. Empty where nothing has a name."""
    if not route.names:
        return ""
    return f"{route.names[0]}.{backend.slot or backend.node_id}.{backend.task_id}"


def task_id_in(name: str) -> TaskId:
    """The id of the only task that may be called so."""
    return TaskId(name.rpartition(".")[2])


def is_called(name: str, route: ServiceRoute, backend: Backend) -> bool:
    """Whether this is the name of a task, whose id is the one in the name."""
    return bool(route.names) and name in (backend.task_id, task_name(route, backend))


def in_order(backend: Backend) -> tuple[ServiceId, TaskId]:
    """Of several backends with one id or address on a network, the least is meant."""
    return backend.service_id, backend.task_id
