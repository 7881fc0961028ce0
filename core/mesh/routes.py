"""The records of a routing table.

A host's table maps keys to records. Records are immutable and shared: every host that takes part in a network holds
the very same objects. A table changes by `RouteChanges` from one version to the next; a version is the index of the
last log entry the table was computed from.
"""

from msgspec import Struct

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.objects.port import PortConfig
from core.objects.service import EndpointMode

RouteKey = tuple[str, ...]
"""Kind of record, network, and what it is about; unique within a table, sortable."""


class Backend(Struct, frozen=True, gc=False):
    """A task that may be sent connections: running, healthy and not about to stop. `address` without prefix."""

    task_id: TaskId
    node_id: NodeId
    address: str


class ServiceRoute(Struct, frozen=True, gc=False, tag="service"):
    """A service on one network: balanced virtual address, names, and on the ingress network the published ports.

    `virtual_ip` is empty for `dnsrr`. `names` are what resolves to it: the service's name and its aliases there;
    `tasks.NAME` resolves to the backends' addresses. `backends` are in order of task id.
    """

    network_id: NetworkId
    service_id: ServiceId
    mode: EndpointMode
    virtual_ip: str
    names: tuple[str, ...]
    ports: tuple[PortConfig, ...]
    backends: tuple[Backend, ...]

    @property
    def key(self) -> RouteKey:
        return ("service", self.network_id, self.service_id)


class Neighbour(Struct, frozen=True, gc=False, tag="neighbour"):
    """Where an overlay address lives: the forwarding and neighbour entry for a task's or a load balancer's address.

    `node_address` is the underlay IP of the node that holds it.
    """

    network_id: NetworkId
    address: str
    node_id: NodeId
    node_address: str

    @property
    def key(self) -> RouteKey:
        return ("neighbour", self.network_id, self.address)


class NetworkRoute(Struct, frozen=True, gc=False, tag="network"):
    """A network this host takes part in: its VXLAN identifier, subnet (CIDR) and this host's own address on it.

    The one kind of record that differs between hosts, in `load_balancer_address` only.
    """

    network_id: NetworkId
    name: str
    vni: int
    subnet: str
    ingress: bool
    load_balancer_address: str

    @property
    def key(self) -> RouteKey:
        return ("network", self.network_id)


RouteRecord = ServiceRoute | Neighbour | NetworkRoute
RouteTable = dict[RouteKey, RouteRecord]


class RouteChanges(Struct, frozen=True, gc=False):
    """From one version of a table to the next; `from_version` 0 replaces the whole table."""

    from_version: int
    to_version: int
    changed: tuple[RouteRecord, ...] = ()
    removed: tuple[RouteKey, ...] = ()

    def apply_to(self, table: RouteTable) -> RouteTable:
        """The table after these changes; the given one is left as it is."""
        result: RouteTable = {} if self.from_version == 0 else dict(table)
        for key in self.removed:
            result.pop(key, None)
        for record in self.changed:
            result[record.key] = record
        return result


def mac_address(address: str) -> str:
    """The hardware address of an overlay address: Docker's rule, 02:42 and the four bytes of the IPv4 address."""
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))
