"""The allocator: gives networks, services, nodes and tasks what they need before they can work.

Theory of operation. What is held is a function of the store (`holdings`): pools follow the change feed, and a new
leader rebuilds them from its head, so that nothing is handed out twice. An address is held until its task has really
stopped: tasks on nodes that are down, and orphans, keep theirs. Likewise a node keeps that of its load balancer until
the dispatcher writes that its data plane has left the network (`core.manager.dispatcher.departures`).

Work is queued by kind and id, and done in the order in which one needs the other: networks (VXLAN identifier,
subnet; ingress first), nodes (a load balancer's address on each network they take part in, for which one was kept
back), services (ports, a virtual address per network), tasks (an address per network; state NEW -> PENDING). Whatever
cannot be had is written into the status of the tasks concerned, and tried again when what it waits for comes free
(`shortages`).
"""

from typing import Any

from msgspec.structs import replace

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.manager.allocator.holdings import (
    all_holders,
    networks_of_node,
    networks_of_service,
    networks_of_task,
)
from core.manager.allocator.pools import Holder, Pools
from core.manager.allocator.ports import PortPool
from core.manager.allocator.presence import Presence
from core.manager.allocator.shortages import ANYTHING_ELSE, Shortages
from core.manager.allocator.subnets import next_subnet, next_vni, with_gateway
from core.manager.control.networks import ingress_of
from core.manager.draft import Draft
from core.manager.task_moves import Writer
from core.objects import Network, Node, Service, Task
from core.objects.network import NetworkAttachment
from core.objects.service import Endpoint, EndpointMode, VirtualIP
from core.objects.task import TaskState, is_wanted
from core.operations import Kind
from core.parts import Parts, parts_of
from core.store import Changed, Store


class Allocator:
    """A reconciler: everything that needs an address, a port or a VXLAN identifier."""

    kinds = (Kind.NETWORK, Kind.NODE, Kind.SERVICE, Kind.TASK)
    writer = Writer.ALLOCATOR

    def __init__(self, head: Store) -> None:
        self._head = head
        self._pools = Pools(head)
        self._ports = PortPool()
        self._presence = Presence()
        self._networks: dict[NetworkId, None] = {}
        self._services: dict[ServiceId, None] = {}
        self._nodes: dict[NodeId, None] = {}
        self._tasks: dict[TaskId, None] = {}
        self._short = Shortages()
        self._freed = False
        """Whether anything but an address came free since those who are short were last tried."""

    def rebuild(self, now: int) -> Parts:
        for network in self._head.networks.values():
            self._follow_network(network)
        for holders in parts_of(all_holders(self._head)):
            for holder in holders:
                self._pools.follow(None, holder)
            yield
        for service in self._head.services.values():
            self._ports.follow(None, service)
        self._services = dict.fromkeys(self._head.services)
        self._nodes = dict.fromkeys(self._head.nodes)
        for tasks in parts_of(self._head.tasks.values()):
            for task in tasks:
                self._presence.follow(None, task)
                if _needs_addresses(task):
                    self._tasks[task.id] = None
            yield

    @property
    def dirty(self) -> bool:
        queued = self._networks or self._services or self._nodes or self._tasks
        return bool(queued or self._freed or self._pools.freed)

    def deadline(self) -> int | None:
        return None

    # Following the head

    def on_change(self, now: int, change: Changed) -> None:
        old, new = change.old, change.new
        if change.kind is Kind.NETWORK:
            self._on_network(old, new)
            return
        self._pools.follow(old, new)
        if new is None:
            self._short.forget(change.kind, change.id)
        if change.kind is Kind.SERVICE:
            self._on_service(old, new)
        elif change.kind is Kind.NODE:
            if old is None:
                self._nodes[new.id] = None
        else:
            self._on_task(old, new)

    def _on_network(self, old: Network | None, new: Network | None) -> None:
        if new is not None:
            self._follow_network(new)
        elif old is not None:
            self._nodes.update(dict.fromkeys(self._pools.remove(old.id)))
            self._networks.pop(old.id, None)
            self._short.forget(Kind.NETWORK, old.id)
            self._freed = True
        if (new or old).spec.ingress:  # type: ignore[union-attr]  # one of them is there
            self._nodes.update(dict.fromkeys(self._head.nodes))

    def _follow_network(self, network: Network) -> None:
        if not network.subnets:
            self._networks[network.id] = None
        elif network.id not in self._pools:
            self._pools.add(network.id, network.subnets[0])

    def _on_service(self, old: Service | None, new: Service | None) -> None:
        if new is None or (old is not None and old.endpoint != new.endpoint):
            self._freed = True
        self._ports.follow(old, new)
        if new is not None and (old is None or old.spec != new.spec):
            self._services[new.id] = None

    def _on_task(self, old: Task | None, new: Task | None) -> None:
        come = self._presence.follow(old, new)
        if come is not None:
            self._nodes[come] = None
        if new is None:
            self._tasks.pop(old.id, None)  # type: ignore[union-attr]  # one of them is there
            return
        if old is None and _needs_addresses(new):
            self._tasks[new.id] = None

    # Giving

    def reconcile(self, now: int, draft: Draft) -> None:
        self._try_again()
        for network_id in sorted(self._networks, key=self._ingress_first):
            if not draft.has_room_for(Kind.NETWORK, network_id):
                return
            del self._networks[network_id]
            self._allocate_network(draft, self._head.networks[network_id])
        for node_id in list(self._nodes):
            if not draft.has_room_for(Kind.NODE, node_id):
                return
            del self._nodes[node_id]
            self._allocate_node(draft, self._head.nodes.get(node_id))
        for service_id in list(self._services):
            if not draft.has_room_for(Kind.SERVICE, service_id):
                return
            del self._services[service_id]
            self._allocate_service(draft, self._head.services.get(service_id))
        for task_id in list(self._tasks):
            if not draft.has_room_for(Kind.TASK, task_id) or (draft.spent and not draft.full):
                return
            del self._tasks[task_id]
            self._allocate_task(draft, self._head.tasks[task_id])

    def _try_again(self) -> None:
        freed = [*self._pools.freed, ANYTHING_ELSE] if self._freed else list(self._pools.freed)
        self._freed = False
        self._pools.freed.clear()
        queues: dict[Kind, dict[Any, None]] = {
            Kind.NETWORK: self._networks,
            Kind.NODE: self._nodes,
            Kind.SERVICE: self._services,
            Kind.TASK: self._tasks,
        }
        for kind, object_id in self._short.take(freed):
            queues[kind][object_id] = None

    def _ingress_first(self, network_id: NetworkId) -> bool:
        return not self._head.networks[network_id].spec.ingress

    def _allocate_network(self, draft: Draft, network: Network) -> None:
        cluster = self._head.cluster
        others = [other for other in self._head.networks.values() if other.id != network.id]
        given = network.spec.subnets
        subnet = with_gateway(given[0]) if given else next_subnet(cluster, others) if cluster is not None else None
        vni = next_vni(others)
        if subnet is None or vni is None:
            reason = "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to"
            reason = f"network {network.spec.name}: {reason} the network"
            self._short.note(Kind.NETWORK, network.id, ANYTHING_ELSE, reason)
            return
        self._pools.add(network.id, subnet)
        draft.update(replace(network, vni=vni, subnets=(subnet,)))

    def _allocate_service(self, draft: Draft, service: Service | None) -> None:
        """Give a service what it can have, and take from it what it has no use for any more."""
        if service is None:
            return
        self._short.forget(Kind.SERVICE, service.id)
        ports, problem = self._ports.assign(service)
        if problem:
            self._short.note(Kind.SERVICE, service.id, ANYTHING_ELSE, f"service {service.spec.name}: {problem}")
        wanted = networks_of_service(self._head, service)
        if service.spec.endpoint.mode is EndpointMode.DNSRR:
            wanted = []
        current = {ip.network_id: ip.address for ip in service.endpoint.virtual_ips}
        virtual_ips = []
        for network_id in wanted:
            address = self._take(service, network_id, current)
            if address is None:
                self._short.note(Kind.SERVICE, service.id, network_id, self._reason(network_id))
            else:
                virtual_ips.append(VirtualIP(network_id, address))
        self._tasks.update(dict.fromkeys(TaskId(task_id) for _, task_id in self._short.take([service.id])))
        endpoint = Endpoint(service.spec.endpoint, ports, tuple(virtual_ips))
        if endpoint != service.endpoint:
            self._ports.follow(service, draft.update(replace(service, endpoint=endpoint)))

    def _allocate_node(self, draft: Draft, node: Node | None) -> None:
        """Give a node what it can have beside what it has: one network's lack of addresses keeps no other from it."""
        if node is None:
            return
        self._short.forget(Kind.NODE, node.id)
        current = {attachment.network_id: attachment.address for attachment in node.attachments}
        kept = [network_id for network_id in current if network_id in self._head.networks]
        attachments = []
        for network_id in dict.fromkeys([*self._networks_of(node), *kept]):
            address = self._take(node, network_id, current)
            if address is None:
                self._short.note(Kind.NODE, node.id, network_id, self._reason(network_id))
            else:
                attachments.append(NetworkAttachment(network_id, address))
        if tuple(attachments) != node.attachments:
            draft.update(replace(node, attachments=tuple(attachments)))

    def _networks_of(self, node: Node) -> list[NetworkId]:
        """The networks a node takes part in: ingress always, and those of the tasks it has."""
        ingress = ingress_of(self._head)
        first = [] if ingress is None else [ingress.id]
        return list(dict.fromkeys([*first, *self._presence.networks(node.id)]))

    def _allocate_task(self, draft: Draft, task: Task) -> None:
        service = self._head.services.get(task.service_id)
        if service is None or not _needs_addresses(task):
            return
        reason = self._short.reason(Kind.SERVICE, service.id)
        addresses = service.id if reason else self._take_all(task, networks_of_task(self._head, task))
        if isinstance(addresses, str):
            reason = reason or self._reason(NetworkId(addresses))
            self._short.note(Kind.TASK, task.id, addresses, reason)
            draft.look()
            if task.status.err != reason:
                status = replace(task.status, timestamp=draft.wall_ns, err=reason)
                draft.update(replace(task, status=status))
            return
        attachments = tuple(
            NetworkAttachment(network_id, address, task.spec.aliases_on(network_id))
            for network_id, address in addresses.items()
        )
        status = replace(
            task.status, state=TaskState.PENDING, timestamp=draft.wall_ns, message="pending task scheduling", err=""
        )
        draft.update(replace(task, attachments=attachments, status=status))

    def _take(self, holder: Holder, network_id: NetworkId, current: dict[NetworkId, str]) -> str | None:
        """The address on this network that it holds already, or another one; None if there is none for it."""
        return current.get(network_id) or self._pools.take(holder, network_id)

    def _take_all(self, task: Task, network_ids: list[NetworkId]) -> dict[NetworkId, str] | NetworkId:
        """An address on every one of the networks; or none, and the network on which there is none for it."""
        addresses: dict[NetworkId, str] = {}
        for network_id in network_ids:
            address = self._pools.take(task, network_id)
            if address is None:
                for taken_on, taken in addresses.items():
                    self._pools.give_back(task, taken_on, taken)
                return network_id
            addresses[network_id] = address
        return addresses

    def _reason(self, network_id: NetworkId) -> str:
        network = self._head.networks.get(network_id)
        if network is None:
            return f"network {network_id} not found"
        if network_id in self._pools:
            return f"could not find an available IP on network {network.spec.name}"
        return self._short.reason(Kind.NETWORK, network_id) or f"network {network.spec.name} is not allocated yet"

    def check_invariants(self) -> None:
        """Pools and ports say what the head's objects hold, nodes take part where their tasks are,

        and nobody waits for an address of a network where one is to be had, unless that has just come free.
        """
        for node in self._head.nodes.values():
            assert sorted(self._networks_of(node)) == sorted(networks_of_node(self._head, node)), node.id
        self._pools.check_invariants()
        self._ports.check_invariants(self._head.services.values())
        for (kind, object_id), awaited in self._short:
            holder: Any = self._head.get(kind, object_id)
            assert holder is not None, (kind, object_id)
            assert awaited in self._pools.freed or not self._pools.has_room_for(holder, NetworkId(awaited)), object_id


def _needs_addresses(task: Task) -> bool:
    return task.status.state is TaskState.NEW and is_wanted(task)
