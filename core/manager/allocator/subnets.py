"""Subnets and VXLAN identifiers for networks that come without: the next free ones."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from core.objects.cluster import Cluster
from core.objects.network import Network, Subnet

FIRST_VNI = 4096
LAST_VNI = (1 << 24) - 1


def next_subnet(cluster: Cluster, networks: Iterable[Network]) -> Subnet | None:
    """The lowest subnet of the cluster's pools that overlaps with no network; None if there is none."""
    taken = [_pool(subnet) for network in networks for subnet in (*network.subnets, *network.spec.subnets)]
    same_size = {int(pool.network_address) for pool in taken if pool.prefixlen == cluster.subnet_prefix_length}
    others = [pool for pool in taken if pool.prefixlen != cluster.subnet_prefix_length]
    for candidate in _candidates(cluster):
        if int(candidate.network_address) not in same_size and not any(map(candidate.overlaps, others)):
            return with_gateway(Subnet(str(candidate)))
    return None


def with_gateway(subnet: Subnet) -> Subnet:
    """The subnet with its first address as gateway unless it names one."""
    if subnet.gateway:
        return subnet
    return Subnet(subnet.subnet, str(_pool(subnet).network_address + 1), subnet.ip_range)


def next_vni(networks: Iterable[Network]) -> int | None:
    """The lowest free VXLAN identifier; None if there is none."""
    taken = {network.vni for network in networks}
    return next((vni for vni in range(FIRST_VNI, LAST_VNI + 1) if vni not in taken), None)


def _candidates(cluster: Cluster) -> Iterator[IPv4Network]:
    for pool in cluster.default_address_pools:
        yield from IPv4Network(pool).subnets(new_prefix=cluster.subnet_prefix_length)


def _pool(subnet: Subnet) -> IPv4Network:
    return IPv4Network(subnet.subnet)
