"""Which managers the leader hears: `ManagerStatus.reachability`, as operators see it.

Theory of operation. Raft knows when it last heard each member. That is looked at when leadership begins, and from then
on once in the longest election timeout, which is also how long a member is silent before it is UNREACHABLE: so it is
called that within two of them, and REACHABLE again within one after its return. Of whom Raft cannot say, nothing is
written: who has just been added, and under a new leader everybody not heard yet, stays what it was until a whole
timeout has passed. A change of membership needs no look of its own, since a new identity is REACHABLE from the start
(`joining`, `roles`). Only what changed is written, so a swarm with a dead manager comes to rest.

Nothing is decided by it: whether those left are a majority in reach is asked of sessions (`roles`) and of Raft itself.
"""

from collections.abc import Callable

from msgspec.structs import replace

from core.ids import NodeId
from core.manager.draft import Draft
from core.manager.task_moves import Writer
from core.objects.node import Node, Reachability
from core.operations import Kind
from core.parts import Parts
from core.store import Changed, Store

Hears = Callable[[NodeId], bool | None]
"""Whether the leader's Raft member hears the one with that id; None while that cannot be said."""


class ManagerReachability:
    """A reconciler: what Raft hears -> nodes."""

    kinds = (Kind.NODE,)
    writer = Writer.NOBODY

    def __init__(self, head: Store, period_ns: int, hears: Hears) -> None:
        self._head = head
        self._period_ns = period_ns
        self._hears = hears
        self._managers: dict[NodeId, None] = {}
        self._look_at = 0

    def rebuild(self, now: int) -> Parts:
        self._managers = {node.id: None for node in self._head.nodes.values() if node.manager is not None}
        self._look_at = now
        yield

    def on_change(self, now: int, change: Changed) -> None:
        if change.new is not None and change.new.manager is not None:
            self._managers[change.new.id] = None
        else:
            self._managers.pop(NodeId(change.id), None)

    @property
    def dirty(self) -> bool:
        return False

    def deadline(self) -> int | None:
        """When to look next; a manager that has no other hears itself."""
        return self._look_at if len(self._managers) > 1 else None

    def reconcile(self, now: int, draft: Draft) -> None:
        for node_id in self._managers:
            if not draft.has_room_for(Kind.NODE, node_id):
                return
            self._judge(self._head.nodes[node_id], draft)
        self._look_at = now + self._period_ns

    def _judge(self, node: Node, draft: Draft) -> None:
        manager = node.manager
        assert manager is not None, node.id
        heard = self._hears(manager.raft_id)
        if heard is None:
            return
        reachability = Reachability.REACHABLE if heard else Reachability.UNREACHABLE
        if reachability is not manager.reachability:
            draft.update(replace(node, manager=replace(manager, reachability=reachability)))
