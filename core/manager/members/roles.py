"""Keeps Raft's membership in step with the roles that operators give to nodes.

Theory of operation. `NodeSpec.role` is what is asked for; `Node.manager` names the Raft member that a node is, with an
identity drawn for this promotion alone; Raft's own membership is the third party.

- *Promotion*: the node is given a Raft id (its address must be known: its agent has registered with this leader), then
  Raft is asked to add that member; it becomes a voter by itself once it has caught up.
- *Demotion*: Raft is asked to remove the member, but only if those left in reach still are a majority; this host itself
  first hands leadership over. When the member is gone from Raft, the node stops being a manager.
- *Loss*: a host that registers without the identity it is known by has lost its log (or has not heard of it yet), and
  must not count as the member that acknowledged it. Its node gets a new Raft id; the old member, now nobody's, is
  removed.

`plan` gives one step of Raft's at a time, judged on the committed store; it is worked out only after something changed.
"""

from random import Random

from msgspec.structs import replace

from core.ids import Address, NodeId, draw_id
from core.manager.draft import Draft
from core.manager.task_moves import Writer
from core.messages import Register
from core.objects.node import ManagerStatus, Node, NodeState, Role
from core.operations import Kind
from core.parts import Parts
from core.raft.members import AddMember, Member, Members, MembershipChange, RemoveMember, UpdateAddress
from core.store import Changed, Store
from core.timing import SECOND

TRANSFER_RETRY_NS = 2 * SECOND
"""How long a transfer of leadership is given before it is asked for again."""


class RoleManager:
    """A reconciler: roles -> Raft identities; and the plan for Raft's membership."""

    kinds = (Kind.NODE,)
    writer = Writer.NOBODY

    def __init__(self, committed: Store, head: Store, rng: Random, node_id: NodeId) -> None:
        self._committed = committed
        self._head = head
        self._rng = rng
        self._node_id = node_id
        self._members: Members = ()
        self._unsettled = True
        """Whether `plan` has to look again."""
        self._transfer_at: int | None = None
        self._heard: dict[NodeId, Register] = {}
        """The last registration of each agent with this leader."""
        self._lost: dict[NodeId, NodeId] = {}
        """Nodes that no longer are the Raft member they were."""
        self._marked: dict[NodeId, None] = {}

    # Roles -> identities

    def rebuild(self, now: int) -> Parts:
        self._marked = dict.fromkeys(self._head.nodes)
        yield

    @property
    def dirty(self) -> bool:
        return bool(self._marked)

    def deadline(self) -> int | None:
        return None

    def on_change(self, now: int, change: Changed) -> None:
        if change.new is not None:
            self._marked[change.new.id] = None
        else:
            self._heard.pop(change.old.id, None)
            self._lost.pop(change.old.id, None)

    def registered(self, message: Register) -> None:
        """An agent says where it is, and which Raft member it is."""
        node = self._head.nodes.get(message.node_id)
        before = self._heard.get(message.node_id)
        if node is None or (before is not None and before.attempt == message.attempt):
            return  # unknown, or a repetition
        self._heard[message.node_id] = message
        self._marked[message.node_id] = None
        manager = node.manager
        if manager is not None and not message.raft_id:
            self._lost[message.node_id] = manager.raft_id

    def reconcile(self, now: int, draft: Draft) -> None:
        for node_id in list(self._marked):
            if not draft.has_room_for(Kind.NODE, node_id):
                return
            del self._marked[node_id]
            node = self._head.nodes.get(node_id)
            if node is not None:
                manager = self._manager_status(node)
                if manager != node.manager:
                    draft.update(replace(node, manager=manager))

    def _manager_status(self, node: Node) -> ManagerStatus | None:
        """What the node is to be in Raft, as far as that can be said now."""
        manager = node.manager
        address = self._address_of(node)
        lost = self._lost.pop(node.id, None)
        if node.spec.role is Role.WORKER:
            gone = manager is not None and bool(self._members) and not self._is_member(manager.raft_id)
            return None if gone else manager  # until Raft's members are known, nobody is gone
        if address is None:
            return manager
        if manager is None or manager.raft_id == lost:
            return ManagerStatus(NodeId(draw_id(self._rng)), address)
        return replace(manager, address=address)

    def _address_of(self, node: Node) -> Address | None:
        heard = self._heard.get(node.id)
        if heard is not None:
            return heard.address
        return node.manager.address if node.manager is not None else None

    def _is_member(self, raft_id: NodeId) -> bool:
        return any(member.id == raft_id for member in self._members)

    # Identities -> Raft's membership

    def on_committed(self, changes: tuple[Changed, ...]) -> None:
        """Nodes may have changed."""
        self._unsettled = self._unsettled or any(change.kind is Kind.NODE for change in changes)

    def plan(self, now: int, members: Members) -> MembershipChange | NodeId | None:
        """The next change, or the voter to hand leadership to; None if there is nothing to do now."""
        if members is not self._members:
            self._members = members
            self._unsettled = True
            self._marked.update((node.id, None) for node in self._head.nodes.values() if node.manager is not None)
        if not self._unsettled or self._committed.cluster is None:
            return None
        step = self._next_step(now)
        self._unsettled = step is not None or self._transfer_at is not None
        return step

    def _next_step(self, now: int) -> MembershipChange | NodeId | None:
        wanted = {node.manager.raft_id: node for node in self._committed.nodes.values() if node.manager is not None}
        for member in self._members:
            if member.id not in wanted:
                return RemoveMember(member.id)  # lost its log, or its node
        for member in self._members:
            manager = wanted[member.id].manager
            if manager is not None and manager.address != member.address:
                return UpdateAddress(member.id, manager.address)
        for raft_id, node in wanted.items():
            if node.spec.role is Role.MANAGER and node.manager is not None and not self._is_member(raft_id):
                return AddMember(raft_id, node.manager.address)
        for member in self._members:
            if wanted[member.id].spec.role is Role.WORKER:
                step = self._demotion(now, member, wanted)
                if step is not None:
                    return step
        return None

    def _demotion(self, now: int, member: Member, nodes: dict[NodeId, Node]) -> RemoveMember | NodeId | None:
        others = [other for other in self._members if other.voter and other.id != member.id]
        reachable = [other for other in others if _is_up(nodes[other.id])]
        if len(reachable) < len(others) // 2 + 1:
            return None  # tried again when a node changes
        if nodes[member.id].id != self._node_id:
            return RemoveMember(member.id)
        if self._transfer_at is not None and now < self._transfer_at + TRANSFER_RETRY_NS:
            return None
        self._transfer_at = now
        return reachable[0].id


def _is_up(node: Node) -> bool:
    return node.status.state is NodeState.READY and node.spec.role is Role.MANAGER
