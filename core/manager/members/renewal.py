"""The nodes of a swarm that one manager has begun anew: the others are managers no more.

Their nodes stay, as workers: whoever comes back finds its place and runs its tasks on, and an operator promotes it
anew, with a log that begins afresh. Those that never come back are down in time, like any node, and can be removed.
"""

from msgspec.structs import replace

from core.ids import Address, NodeId
from core.manager.draft import Draft
from core.objects.node import ManagerStatus, Node, NodeSpec, Role


def begin_anew(draft: Draft, node_id: NodeId, raft_id: NodeId, address: Address) -> None:
    """This node is the only manager from here on, as this Raft member."""
    for node in list(draft.head.nodes.values()):
        if node.id != node_id and (node.manager is not None or node.spec.role is Role.MANAGER):
            draft.update(replace(node, spec=replace(node.spec, role=Role.WORKER), manager=None))
    own = draft.head.nodes.get(node_id) or draft.create(Node(node_id, NodeSpec()))
    spec, manager = replace(own.spec, role=Role.MANAGER), ManagerStatus(raft_id, address)
    draft.update(replace(own, spec=spec, manager=manager))
