"""Those that a swarm begun anew has left behind: whoever began it tells them that their group has ended.

Theory of operation. The other managers may be gone for good, may come back as members of the old group, or may have
begun anew as well, apart from this one. Members of the old group write to the member that this host was, and are
answered (`core.orders`); who has begun anew writes to nobody else. So the host that began tells all of them, as often
as an agent beats and as long as it is a manager, but for those that are ready in its own swarm: these follow it
already. Of two that have begun anew apart, each tells the other; the lower group ends there (`core.raft.renewal`), and
its agents find the higher one by what the ended manager knows: whom it had left behind.
"""

from core.ids import NodeId
from core.machines import Machines
from core.messages import Manager
from core.objects.node import NodeState
from core.outbox import Outbox
from core.raft.effects import Send
from core.raft.messages import GroupEnded
from core.raft.renewal import group_of
from core.standing import Standing
from core.store import Store


class LeftBehind:
    """Tells them every `period_ns`."""

    __slots__ = ("_machines", "_next_at", "_outbox", "_period_ns", "_standing")

    def __init__(self, standing: Standing, machines: Machines, outbox: Outbox, period_ns: int) -> None:
        self._standing = standing
        self._machines = machines
        self._outbox = outbox
        self._period_ns = period_ns
        self._next_at = 0

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        return self._next_at if self._standing.identity.left_behind and self._machines.raft is not None else None

    def tick(self, now: int) -> None:
        """Tell them, if it is time."""
        at, replica, identity = self.deadline(), self._machines.replica, self._standing.identity
        if at is None or now < at or replica is None:
            return
        self._next_at = now + self._period_ns
        message = GroupEnded(group_of(identity.node_version))
        self._outbox.emit(
            [Send(each.node_id, message) for each in identity.left_behind if not _is_ready(replica.store, each.node_id)]
        )


def managers_besides(store: Store, node_id: NodeId) -> tuple[Manager, ...]:
    """Every other node that is a manager, or is to be one no more but has not been told."""
    return tuple(
        Manager(node.id, node.manager.address)
        for node in store.nodes.values()
        if node.manager is not None and node.id != node_id
    )


def _is_ready(store: Store, node_id: NodeId) -> bool:
    node = store.nodes.get(node_id)
    return node is not None and node.status.state is NodeState.READY
