"""What the dispatcher has to write about nodes: whether they are there, where, and what they say of themselves."""

from typing import Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from core.ids import NodeId
from core.manager.draft import Draft
from core.objects.node import Node, NodeDescription, NodeState, NodeStatus

HEARTBEAT_FAILURE: Final = "heartbeat failure"
LEFT: Final = "node left the swarm"
NEW_LEADER: Final = "not heard since the change of leader"


class Observation(Struct, frozen=True, gc=False):
    """The latest about one node. `address` is an IP without a port; what is unset stays as it is stored."""

    state: NodeState
    message: str = ""
    address: str | UnsetType = UNSET
    description: NodeDescription | UnsetType = UNSET

    def seen_in(self, node: Node) -> Node:
        """The node with this written into it."""
        address = node.status.address if self.address is UNSET else self.address
        description = node.description if self.description is UNSET else self.description
        status = node.status
        if (self.state, self.message, address) != (status.state, status.message, status.address):
            status = NodeStatus(self.state, self.message, address)
        return replace(node, status=status, description=description)


class NodeObservations:
    """Observations that are not drafted yet, the latest of each node."""

    def __init__(self) -> None:
        self._waiting: dict[NodeId, Observation] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def note(self, node_id: NodeId, observation: Observation) -> None:
        """This is to be written, in place of what waited."""
        self._waiting[node_id] = observation

    def write(self, draft: Draft) -> None:
        """Draft what waits, as far as there is room. A node that has been removed is left alone."""
        for node_id in list(self._waiting):
            if draft.full:
                return
            observation = self._waiting.pop(node_id)
            node = draft.head.nodes.get(node_id)
            seen = observation.seen_in(node) if node is not None else None
            if seen is not None and seen != node:
                draft.update(seen)
