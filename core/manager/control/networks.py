"""Creating and removing overlay networks."""

from ipaddress import IPv4Address, IPv4Network
from random import Random

from core.ids import NetworkId, draw_id
from core.manager.control.names import check_dns_name
from core.manager.control.references import resolve
from core.manager.control.refusal import Refusal, forbidden, invalid, name_taken
from core.manager.draft import Draft
from core.manager.orchestrator.tasks import holds_addresses
from core.manager.update.previous import specs_in_use
from core.objects.network import Network, NetworkSpec, Subnet
from core.operations import CreateNetwork, ErrorCode, Kind, Remove
from core.store import Store

PREDEFINED = ("bridge", "host", "none", "default")
SHORTEST_POOL_PREFIX = 8
LONGEST_POOL_PREFIX = 30


def create_network(draft: Draft, operation: CreateNetwork, rng: Random) -> str:
    """Answers with the new network's id; the allocator gives it a VXLAN identifier and a subnet."""
    spec = operation.spec
    check_dns_name(spec.name)
    if spec.name in PREDEFINED:
        raise forbidden(f"operation is not permitted on predefined {spec.name} network")
    if spec.driver != "overlay":
        raise invalid(f"network {spec.name}: driver {spec.driver} is not supported; use overlay")
    if spec.ingress and spec.attachable:
        raise invalid("ingress network cannot be attachable")
    _check_subnets(draft.head, spec)
    if draft.head.id_named(Kind.NETWORK, spec.name) is not None:
        raise name_taken("network", spec.name)
    if spec.ingress and ingress_of(draft.head) is not None:
        raise Refusal(ErrorCode.ALREADY_EXISTS, f"ingress network ({ingress_name(draft.head)}) is already present")
    return draft.create(Network(NetworkId(draw_id(rng)), spec)).id


def remove_network(draft: Draft, operation: Remove, rng: Random) -> None:
    """Refused while a service uses it, or may be rolled back to where it does, or a task still has an address of it."""
    network: Network = resolve(draft.head, Kind.NETWORK, operation.reference)
    for service in draft.head.services.values():
        specs = specs_in_use(draft.head, service)
        if network.spec.ingress and any(spec.endpoint.uses_ingress for spec in specs):
            raise invalid(f"ingress network cannot be removed because service {service.spec.name} depends on it")
        if any(target.network_id == network.id for spec in specs for target in spec.task.networks):
            raise invalid(f"network {network.spec.name} is in use by service {service.spec.name}")
    for task in draft.head.tasks.values():
        if holds_addresses(task) and any(attachment.network_id == network.id for attachment in task.attachments):
            raise invalid(f"network {network.spec.name} is in use by task {task.id}")
    draft.delete(Kind.NETWORK, network.id)


def ingress_of(store: Store) -> Network | None:
    """The one ingress network, if there is one."""
    return next((network for network in store.networks.values() if network.spec.ingress), None)


def ingress_name(store: Store) -> str:
    """Its name, for messages."""
    network = ingress_of(store)
    return "" if network is None else network.spec.name


def _check_subnets(store: Store, spec: NetworkSpec) -> None:
    if len(spec.subnets) > 1:
        raise invalid(f"network {spec.name}: more than one subnet is not supported")
    for subnet in spec.subnets:
        _check_subnet(subnet)
        for other in store.networks.values():
            if any(_overlap(subnet, taken) for taken in (*other.spec.subnets, *other.subnets)):
                raise invalid(f"network {spec.name}: subnet {subnet.subnet} overlaps with network {other.spec.name}")


def _overlap(one: Subnet, other: Subnet) -> bool:
    return IPv4Network(one.subnet).overlaps(IPv4Network(other.subnet))


def _check_subnet(subnet: Subnet) -> None:
    """Refuse, in Docker's words, what does not fit together."""
    pool = _network(subnet.subnet, "subnet")
    if not SHORTEST_POOL_PREFIX <= pool.prefixlen <= LONGEST_POOL_PREFIX:
        limits = f"its prefix must be between /{SHORTEST_POOL_PREFIX} and /{LONGEST_POOL_PREFIX}"
        raise invalid(f"ipam configuration: invalid subnet {subnet.subnet}: {limits}")
    if subnet.ip_range and not _network(subnet.ip_range, "range").subnet_of(pool):
        raise invalid(f"ipam configuration: subnet {subnet.subnet} does not contain range {subnet.ip_range}")
    if subnet.gateway:
        gateway = _address(subnet.gateway)
        if gateway not in pool:
            raise invalid(f"ipam configuration: subnet {subnet.subnet} does not contain gateway {subnet.gateway}")
        if gateway in (pool.network_address, pool.broadcast_address):
            reason = f"it is the first or last address of {subnet.subnet}"
            raise invalid(f"ipam configuration: invalid gateway {subnet.gateway}: {reason}")


def _network(text: str, what: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise invalid(f"ipam configuration: invalid {what} {text}: {error}") from None


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError as error:
        raise invalid(f"ipam configuration: invalid gateway {text}: {error}") from None
