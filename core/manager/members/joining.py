"""Hosts that ask to join.

Theory of operation. The token decides the role. A request with a good one waits until its node object is *committed*,
and only then is it answered; requests are repeated by whoever sent them, so a lost answer costs one more attempt. The
request of a node that exists already is simply answered, also if the token that let it in has been rotated since; that
of a node that was removed is refused. A manager's Raft
id is drawn together with its node.
"""

from random import Random

from core.effects import Effect
from core.ids import NodeId, draw_id
from core.manager.draft import Draft
from core.manager.task_moves import Writer
from core.messages import JoinAccepted, JoinRejected, JoinRequest, Manager
from core.objects import Node
from core.objects.cluster import JoinTokens
from core.objects.node import ManagerStatus, NodeSpec, NodeStatus, Role
from core.operations import Kind
from core.parts import Parts
from core.raft.effects import Send
from core.store import Changed, Store

_REMOVED = "this node was removed from the swarm: leave it and join again"
_BAD_TOKEN = "A valid join token is necessary to join this cluster"


class Joining:
    """A reconciler: requests to join -> nodes."""

    kinds: tuple[Kind, ...] = ()
    writer = Writer.NOBODY

    def __init__(self, committed: Store, rng: Random) -> None:
        self._committed = committed
        self._rng = rng
        self._requests: dict[NodeId, JoinRequest] = {}
        """To be drafted."""
        self._unanswered: dict[NodeId, JoinRequest] = {}
        """The last request of each node that is not committed yet."""

    def receive(self, request: JoinRequest) -> list[Effect]:
        """Answer at once what can be answered."""
        if request.node_id in self._committed.nodes:
            return [self._accept(request)]
        cluster = self._committed.cluster
        if cluster is None or _role_of(cluster.tokens, request.token) is None:
            return [Send(request.node_id, JoinRejected(request.attempt, _BAD_TOKEN))]
        if request.node_id in cluster.removed_nodes:
            return [Send(request.node_id, JoinRejected(request.attempt, _REMOVED))]
        if request.node_id not in self._unanswered:
            self._requests[request.node_id] = request
        self._unanswered[request.node_id] = request
        return []

    def on_committed(self, changes: tuple[Changed, ...]) -> list[Effect]:
        """Answer those whose node is there now."""
        arrived = [NodeId(change.id) for change in changes if change.kind is Kind.NODE and change.new is not None]
        return [self._accept(self._unanswered.pop(node_id)) for node_id in arrived if node_id in self._unanswered]

    def _accept(self, request: JoinRequest) -> Send:
        cluster, node = self._committed.cluster, self._committed.nodes[request.node_id]
        assert cluster is not None
        raft_id = node.manager.raft_id if node.manager is not None else NodeId("")
        managers = managers_of(self._committed)
        accepted = JoinAccepted(request.attempt, cluster.id, raft_id, node.version, managers)
        return Send(request.node_id, accepted)

    def rebuild(self, now: int) -> Parts:
        """Nothing: who asked the last leader asks again."""
        yield from ()

    def on_change(self, now: int, change: Changed) -> None:
        """Nothing: answers follow the committed store."""

    @property
    def dirty(self) -> bool:
        return bool(self._requests)

    def deadline(self) -> int | None:
        return None

    def reconcile(self, now: int, draft: Draft) -> None:
        for request in list(self._requests.values()):
            if draft.full:
                return
            del self._requests[request.node_id]
            if request.node_id in draft.head.nodes:
                continue
            assert draft.head.cluster is not None
            role = _role_of(draft.head.cluster.tokens, request.token)
            if role is None:  # rotated meanwhile: it will be told so when it asks again
                del self._unanswered[request.node_id]
            else:
                draft.create(self._node(request, role))

    def _node(self, request: JoinRequest, role: Role) -> Node:
        manager = ManagerStatus(NodeId(draw_id(self._rng)), request.address) if role is Role.MANAGER else None
        return Node(
            id=request.node_id,
            spec=NodeSpec(role=role, availability=request.availability),
            description=request.description,
            status=NodeStatus(address=request.address.rpartition(":")[0]),
            manager=manager,
        )


def managers_of(store: Store) -> tuple[Manager, ...]:
    """Where the managers are, in order of creation."""
    return tuple(Manager(node.id, node.manager.address) for node in store.nodes.values() if node.manager is not None)


def _role_of(tokens: JoinTokens, token: str) -> Role | None:
    if token and token == tokens.manager:
        return Role.MANAGER
    return Role.WORKER if token and token == tokens.worker else None
