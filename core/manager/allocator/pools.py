"""The address pools of all networks, and what each keeps back for load balancers.

A task can be reached through a virtual address, and reach others so, only from a node that has an address of its own on
the task's network. That one is given when the task is placed. So that it is still there then, a pool keeps one address
back for each task of its network that has not been placed, or for each node without one if these are fewer.
"""

from core.ids import NetworkId, NodeId
from core.manager.allocator.addresses import AddressPool
from core.manager.allocator.holdings import all_holders, awaits_node, holdings_of
from core.objects import Node, Service, Task
from core.objects.network import Subnet
from core.objects.task import TaskState
from core.store import Store

Holder = Node | Service | Task


class _Pool:
    """One network's addresses, the tasks that have one but no node yet, and the nodes that have one."""

    __slots__ = ("addresses", "balancers", "unplaced")

    def __init__(self, subnet: Subnet) -> None:
        self.addresses = AddressPool(subnet)
        self.unplaced: dict[str, None] = {}
        self.balancers: dict[str, None] = {}

    def note(self, holder: Holder) -> None:
        """It has an address of this network."""
        if isinstance(holder, Node):
            self.balancers[holder.id] = None
        elif isinstance(holder, Task) and holder.status.state < TaskState.ASSIGNED:
            self.unplaced[holder.id] = None

    def release(self, holder: Holder, address: str) -> None:
        """It has this address no longer."""
        self.addresses.release(address, holder.id)
        self.balancers.pop(holder.id, None)
        self.unplaced.pop(holder.id, None)

    def kept_back_from(self, holder: Holder, node_count: int) -> int:
        """How many addresses are not for it while there are so many nodes."""
        if isinstance(holder, Node):
            return 0
        return min(node_count - len(self.balancers), len(self.unplaced) + isinstance(holder, Task))


class Pools:
    """Follows what is held in the head. `freed`: networks where something has come free since that was cleared."""

    def __init__(self, head: Store) -> None:
        self._head = head
        self._pools: dict[NetworkId, _Pool] = {}
        self.freed: dict[NetworkId, None] = {}

    def __contains__(self, network_id: NetworkId) -> bool:
        return network_id in self._pools

    def add(self, network_id: NetworkId, subnet: Subnet) -> None:
        """The network has this subnet; nothing of it is held."""
        self._pools[network_id] = _Pool(subnet)
        self.freed[network_id] = None

    def remove(self, network_id: NetworkId) -> list[NodeId]:
        """The network is gone, and whoever still holds an address of it holds nothing: these nodes do."""
        pool = self._pools.pop(network_id, None)
        self.freed[network_id] = None  # it is another reason to wait
        return [] if pool is None else [NodeId(node_id) for node_id in pool.balancers]

    def follow(self, old: Holder | None, new: Holder | None) -> None:
        """An object came, changed or went."""
        if isinstance(old or new, Task):
            self._follow_placement(old, new)  # type: ignore[arg-type]  # both are of one kind
        elif new is None and isinstance(old, Node):
            self.freed.update(dict.fromkeys(self._pools))  # less is kept back
        before, after = holdings_of(old), holdings_of(new)
        if before == after:
            return
        for holding in before:
            pool = self._pools.get(holding.network_id)
            if pool is not None and old is not None and holding not in after:
                pool.release(old, holding.address)
                self.freed[holding.network_id] = None
        for holding in after:
            pool = self._pools.get(holding.network_id)
            if pool is not None and new is not None:
                pool.addresses.hold(holding.address, new.id)
                pool.note(new)

    def _follow_placement(self, old: Task | None, new: Task | None) -> None:
        if old is not None and awaits_node(old) and (new is None or not awaits_node(new)):
            for attachment in old.attachments:
                pool = self._pools.get(attachment.network_id)
                if pool is not None:
                    pool.unplaced.pop(old.id, None)
                    self.freed[attachment.network_id] = None

    def take(self, holder: Holder, network_id: NetworkId) -> str | None:
        """A free address for `holder`, with prefix length; None if all are held or kept back."""
        if not self.has_room_for(holder, network_id):
            return None
        pool = self._pools[network_id]
        pool.note(holder)
        return pool.addresses.take(holder.id)

    def has_room_for(self, holder: Holder, network_id: NetworkId) -> bool:
        """Whether there is an address of this network for it that is neither held nor kept back."""
        pool = self._pools.get(network_id)
        return pool is not None and pool.addresses.free_count > pool.kept_back_from(holder, len(self._head.nodes))

    def give_back(self, holder: Holder, network_id: NetworkId, address: str) -> None:
        """What was just taken is not needed after all."""
        self._pools[network_id].release(holder, address)

    def check_invariants(self) -> None:
        """What they say is held is what the head's objects hold."""
        twin = Pools(self._head)
        for network_id in self._pools:
            twin.add(network_id, self._head.networks[network_id].subnets[0])
        for holder in all_holders(self._head):
            twin.follow(None, holder)
        for network_id, pool in self._pools.items():
            other = twin._pools[network_id]
            assert pool.addresses.held == other.addresses.held, network_id
            assert (pool.unplaced.keys(), pool.balancers.keys()) == (other.unplaced.keys(), other.balancers.keys())
