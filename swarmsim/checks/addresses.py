"""No two live holders of one address, subnet, VXLAN identifier or published port; every address inside its subnet.

Whoever may still have a container holds its addresses: also a task that was given up with its node. So does the load
balancer that the container's host forwards by, as the host's own table says, however long it has been cut off. A port
of the mesh is one service's in the whole swarm, so that no other has its tasks open it on their nodes; one that tasks
open there is on each node one task's. A swarm begun anew knows nothing of what another group gives out at the same
time, to containers and load balancers that are not the swarm's (`swarmsim.checks.beginnings`).
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from core.facts import BegunAnew
from core.ids import NetworkId, TaskId
from core.mesh.routes import NetworkRoute
from core.objects.port import PortConfig, PublishMode
from core.objects.task import Task, TaskState
from core.store import Store
from swarmsim.checks.beginnings import Beginnings
from swarmsim.checks.check import Check, furthest_store
from swarmsim.world import FactListener, World

Claim = tuple[tuple[str, ...], str]
"""What is held, such as ("address", network, address), and by whom."""


class UniqueAddresses(Check):
    """Judged on what managers have stored, and on the containers that really run, known to a manager or not."""

    name = "unique-addresses"

    def __init__(self) -> None:
        super().__init__()
        self._beginnings = Beginnings()
        self._apart: set[TaskId] = set()
        """Tasks that only a group has which the swarm does not follow."""

    def handlers(self) -> Mapping[type, FactListener]:
        return {BegunAnew: self._beginnings.note}

    def judge_store(self, at_ns: int, store: Store) -> None:
        """This is what a manager has stored."""
        self._judge_claims(at_ns, claims_of(store))
        for problem in (*strays_of(store), *overlaps_of(store)):
            self.fail(at_ns, problem)

    def judge_containers(self, at_ns: int, claims: list[Claim]) -> None:
        """These containers run at this instant, on hosts with these load balancers."""
        self._judge_claims(at_ns, iter(claims))

    def sample(self, world: World) -> None:
        store = furthest_store(world)
        if store is not None:
            self.judge_store(world.now_ns, store)
            for other in self._beginnings.stores_apart(world, store):
                self._apart.update(other.tasks.keys() - store.tasks.keys())
            self.judge_containers(world.now_ns, list(self._in_use(world, store)))

    def _in_use(self, world: World, store: Store) -> Iterator[Claim]:
        """By the swarm's members: a host that was removed while it could not be told may go on with what it had."""
        ingress = [network.id for network in store.networks.values() if network.spec.ingress]
        for host in world.hosts():
            if world.node_id(host) not in store.nodes:
                continue
            networks = dict.fromkeys(ingress)
            for container in world.containers(host):
                if container.running and container.task_id not in self._apart:
                    for network_id, address in container.addresses:
                        networks[network_id] = None
                        yield _address(network_id, address), f"container of task {container.task_id} on {host}"
            version, table = world.programmed_routes(host) or (0, {})
            if self._beginnings.excuse(version, store.index):
                continue  # it forwards by what another group has given out
            for network_id in networks:
                route = table.get(("network", network_id))
                if isinstance(route, NetworkRoute) and route.load_balancer_address:
                    yield _address(network_id, route.load_balancer_address), f"load balancer of {host}"

    def _judge_claims(self, at_ns: int, claims: Iterator[Claim]) -> None:
        self.checked_count += 1
        holders: dict[tuple[str, ...], str] = {}
        for what, holder in claims:
            other = holders.setdefault(what, holder)
            if other != holder:
                self.fail(at_ns, f"{' '.join(what)} is held by {other} and by {holder}")


def claims_of(store: Store) -> Iterator[Claim]:
    """Everything in a store that must have one holder only."""
    for network in store.networks.values():
        if network.vni:
            yield ("vni", str(network.vni)), f"network {network.id}"
    meshed: dict[tuple[str, str], str] = {}
    for service in store.services.values():
        for virtual_ip in service.endpoint.virtual_ips:
            yield _address(virtual_ip.network_id, virtual_ip.address), f"service {service.id}"
        for port in service.endpoint.ports:
            if port.publish_mode is PublishMode.INGRESS and port.published_port:
                meshed[_port(port)] = f"service {service.id}"
                yield ("port", *_port(port)), f"service {service.id}"
    for service in store.services.values():
        for port in service.endpoint.ports:
            if port.publish_mode is PublishMode.HOST and _port(port) in meshed:
                yield ("port", *_port(port)), f"service {service.id}"
    for task in store.tasks.values():
        if TaskState.ASSIGNED <= task.status.state <= TaskState.RUNNING:
            for port in task.endpoint.host_ports:
                if port.published_port:
                    yield ("host port", task.node_id, *_port(port)), f"task {task.id}"
    for network_id, address, holder in _attachments(store):
        yield _address(network_id, address), holder


def overlaps_of(store: Store) -> Iterator[str]:
    """Networks whose subnets have addresses in common."""
    subnets = [
        (network.id, IPv4Network(each.subnet)) for network in store.networks.values() for each in network.subnets
    ]
    for one, other in combinations(subnets, 2):
        if one[1].overlaps(other[1]):
            yield f"networks {one[0]} and {other[0]} share addresses of {one[1]}"


def strays_of(store: Store) -> Iterator[str]:
    """Addresses outside their network's subnets, and the networks' own first and last address."""
    subnets = {
        network.id: [IPv4Network(subnet.subnet) for subnet in network.subnets] for network in store.networks.values()
    }
    for network_id, text, holder in _attachments(store):
        if network_id not in subnets or not text:
            continue
        address = IPv4Address(text.partition("/")[0])
        if not any(
            address in subnet and address not in (subnet.network_address, subnet.broadcast_address)
            for subnet in subnets[network_id]
        ):
            yield f"{holder} has address {text}, which network {network_id} does not have to give"


def _attachments(store: Store) -> Iterator[tuple[NetworkId, str, str]]:
    for task in store.tasks.values():
        if _may_run(task):
            for attachment in task.attachments:
                if attachment.address:
                    yield attachment.network_id, attachment.address, f"task {task.id}"
    for node in store.nodes.values():
        for attachment in node.attachments:
            if attachment.address:
                yield attachment.network_id, attachment.address, f"node {node.id}"


def _may_run(task: Task) -> bool:
    """Whether it has a container, may get one, or had one of which nobody has heard."""
    state = task.status.state
    waits = state < TaskState.ASSIGNED and task.desired_state <= TaskState.COMPLETE
    return waits or TaskState.ASSIGNED <= state <= TaskState.RUNNING or state is TaskState.ORPHANED


def _port(port: PortConfig) -> tuple[str, str]:
    return port.protocol.value, str(port.published_port)


def _address(network_id: str, address: str) -> tuple[str, ...]:
    return ("address", network_id, address.partition("/")[0])
