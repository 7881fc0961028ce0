"""The records of a routing table, and the parts in which a table travels.

A host's table maps keys to records. Records are immutable and shared: every host that takes part in a network holds
the very same objects. A table goes from one version to the next by a transfer of `RouteChanges`; a version is the
index of the last log entry the table was computed from.
"""

from msgspec import Struct

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.objects.port import PortConfig
from core.objects.service import EndpointMode

RouteKey = tuple[str, ...]
"""Kind of record, network, and what it is about; unique within a table, sortable."""


class ServiceRoute(Struct, frozen=True, gc=False, tag="service"):
    """A service on one network: balanced virtual address, names, and on the ingress network the published ports.

    `virtual_ip` is empty for `dnsrr`. `names` are what resolves to it: the service's name and its aliases there;
    `tasks.NAME` resolves to the addresses of its backends, which are records of their own.
    """

    network_id: NetworkId
    service_id: ServiceId
    mode: EndpointMode
    virtual_ip: str
    names: tuple[str, ...]
    ports: tuple[PortConfig, ...]

    @property
    def key(self) -> RouteKey:
        return ("service", self.network_id, self.service_id)


class Backend(Struct, frozen=True, gc=False, tag="backend"):
    """A task that may be sent connections: running, healthy and not about to stop. `address` without prefix.

    Without its service's route it leads nowhere, and has no name of its own (`core.mesh.names`).
    """

    network_id: NetworkId
    service_id: ServiceId
    task_id: TaskId
    node_id: NodeId
    address: str
    slot: int = 0
    """0 for a task of a global service, or from a host that does not tell."""
    ports: tuple[PortConfig, ...] | None = None
    """What it publishes on this network (`core.mesh.publishing`); None from a host that does not tell."""

    @property
    def key(self) -> RouteKey:
        return ("backend", self.network_id, self.service_id, self.task_id)

    @property
    def service_key(self) -> RouteKey:
        """The key of its service's route."""
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
    internal: bool = False
    """Nothing on it has to do with the world outside (`core.mesh.outside`)."""

    @property
    def key(self) -> RouteKey:
        return ("network", self.network_id)


RouteRecord = ServiceRoute | Backend | Neighbour | NetworkRoute
RouteTable = dict[RouteKey, RouteRecord]


class RouteChanges(Struct, frozen=True, gc=False):
    """One part of a transfer from one version of a table to a later one; from version 0 it replaces the whole table.

    Parts are programmed in order: this one follows on those that hold the first `position` records and keys of its
    transfer. Between the first and the last part the table is of no version. A whole table is programmed over the one
    that is there, and its last part removes what none of its parts has brought: what is in both is never missing.
    """

    from_version: int
    to_version: int
    position: int = 0
    last: bool = True
    changed: tuple[RouteRecord, ...] = ()
    removed: tuple[RouteKey, ...] = ()

    @property
    def end_position(self) -> int:
        """How many records and keys of the transfer are programmed after this part."""
        return self.position + len(self.changed) + len(self.removed)
