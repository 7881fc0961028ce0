"""Finds what an allocator must never have done, in a store alone."""

from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from core.manager.allocator.addresses import address_number
from core.manager.allocator.holdings import all_holdings, networks_of_node
from core.manager.allocator.ports import PortKey, ingress_ports
from core.store import Store


def audit(store: Store) -> list[str]:
    """One sentence per fault, in any committed store: what was handed out twice or lies outside of its subnet."""
    return [*_networks(store), *_addresses(store), *_ports(store)]


def leaks(store: Store) -> list[str]:
    """Addresses of nodes on networks that they have no part in: none once the allocator has nothing left to do."""
    return [
        f"node {node.id} holds {attachment.address} without a task on network {attachment.network_id}"
        for node in store.nodes.values()
        for attachment in node.attachments
        if attachment.network_id not in networks_of_node(store, node)
    ]


def _networks(store: Store) -> list[str]:
    faults = []
    allocated = [network for network in store.networks.values() if network.subnets]
    for one, other in combinations(allocated, 2):
        if one.vni == other.vni:
            faults.append(f"networks {one.spec.name} and {other.spec.name} share VXLAN identifier {one.vni}")
        if IPv4Network(one.subnets[0].subnet).overlaps(IPv4Network(other.subnets[0].subnet)):
            faults.append(f"networks {one.spec.name} and {other.spec.name} overlap")
    return faults


def _addresses(store: Store) -> list[str]:
    faults = []
    holders: dict[tuple[str, int], str] = {}
    for holder, holding in all_holdings(store):
        network = store.networks.get(holding.network_id)
        if network is None or not network.subnets:
            continue  # a network that is gone: its last tasks are stopping
        subnet, number = network.subnets[0], address_number(holding.address)
        key = (holding.network_id, number)
        if holders.setdefault(key, holder) != holder:
            faults.append(f"{holding.address} on {network.spec.name} is held by {holders[key]} and {holder}")
        if IPv4Address(number) not in IPv4Network(subnet.subnet) or str(IPv4Address(number)) == subnet.gateway:
            faults.append(f"{holding.address} on {network.spec.name}, held by {holder}, is not for use")
    return faults


def _ports(store: Store) -> list[str]:
    faults = []
    owners: dict[PortKey, str] = {}
    for service in store.services.values():
        for key in ingress_ports(service.endpoint):
            owner = owners.setdefault(key, service.spec.name)
            if owner != service.spec.name:
                faults.append(f"port {key[1]}/{key[0].value} is published by {owner} and {service.spec.name}")
    return faults
