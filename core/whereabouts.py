"""Where others are, as this host knows: told to its driver when it has changed, and to those who seek the leader."""

from core.effects import Peers
from core.ids import Address, NodeId
from core.machines import Machines
from core.messages import Manager
from core.raft.members import Members
from core.standing import Standing


class Whereabouts:
    """The managers that the agent knows, those that were left behind, and the members of the Raft group."""

    __slots__ = ("_left_behind", "_machines", "_managers", "_standing", "members")

    def __init__(self, machines: Machines, standing: Standing) -> None:
        self._machines = machines
        self._standing = standing
        self._left_behind: tuple[Manager, ...] = ()
        self._managers: tuple[Manager, ...] = ()
        self.members: Members = ()
        """As the driver was last told."""

    def changed(self) -> Peers | None:
        """What the driver is to be told; None if it was told already."""
        agent, raft = self._machines.agent, self._machines.raft
        members = raft.members if raft is not None else ()
        managers = agent.managers if agent is not None else ()
        left_behind = self._standing.identity.left_behind
        if self.members is members and self._managers is managers and self._left_behind is left_behind:
            return None
        self.members, self._managers, self._left_behind = members, managers, left_behind
        known = {manager.node_id: manager.address for manager in (*left_behind, *managers)}
        addresses: list[tuple[NodeId, Address]] = list(known.items())
        addresses += [(member.id, member.address) for member in members]
        return Peers(tuple(addresses))

    def managers(self) -> tuple[Manager, ...]:
        """All that this host knows."""
        agent = self._machines.agent
        return agent.managers if agent is not None else ()

    def leader(self) -> Manager | None:
        """The leader as this manager knows it: the node that names Raft's leader as its own member."""
        raft, replica = self._machines.raft, self._machines.replica
        if raft is None or replica is None or raft.leader_id is None:
            return None
        for node in replica.store.nodes.values():
            if node.manager is not None and node.manager.raft_id == raft.leader_id:
                return Manager(node.id, node.manager.address)
        return None
