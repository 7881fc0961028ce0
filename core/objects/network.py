"""Overlay networks, their address pools and attachments to them."""

from msgspec import Struct

from core.ids import NetworkId


class Subnet(Struct, frozen=True, gc=False):
    """One IPv4 pool of a network: `subnet` and `ip_range` as CIDR, `gateway` as an address."""

    subnet: str
    gateway: str = ""
    ip_range: str = ""


class NetworkSpec(Struct, frozen=True, gc=False):
    """What a user asks for. Without `subnets` the allocator takes the next one from the cluster's pool."""

    name: str
    labels: dict[str, str] = {}
    driver: str = "overlay"
    subnets: tuple[Subnet, ...] = ()
    internal: bool = False
    attachable: bool = False
    ingress: bool = False
    options: dict[str, str] = {}
    unsupported: str = ""
    """What Docker knows of it and has no effect here, kept to be shown as it was sent (`core.codec.docker`)."""


class Network(Struct, frozen=True, gc=False, tag="network"):
    """`vni` (VXLAN network identifier) and `subnets` are 0 and empty until the allocator has run."""

    id: NetworkId
    spec: NetworkSpec
    vni: int = 0
    subnets: tuple[Subnet, ...] = ()
    version: int = 0
    created_at: int = 0
    updated_at: int = 0


class NetworkAttachment(Struct, frozen=True, gc=False):
    """A task's or a node's place on a network. `address` is an IPv4 address with prefix length, as CIDR."""

    network_id: NetworkId
    address: str = ""
    aliases: tuple[str, ...] = ()
