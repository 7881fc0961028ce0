"""How many route records may be under way at once, to all agents together.

A leader's line is shared with Raft's heartbeats: whole tables for a thousand hosts must not stand before them. So an
agent's next part waits for its turn while too much is under way. What is not acknowledged in the time in which it
should be does not count any more, so that agents who are gone hold up nobody.
"""

from typing import Final

from core.ids import NodeId
from core.mesh.transfer import MAX_RECORDS

MAX_UNDER_WAY: Final = 20_000
"""Some 2 MB: 20 ms of a line of 1 Gbit/s."""


class Window:
    """Agents wait in line; one who is called has a part's room kept until it speaks."""

    def __init__(self) -> None:
        self._sizes: dict[NodeId, int] = {}
        self._under_way = 0
        self._waiting: dict[NodeId, None] = {}
        self._called: dict[NodeId, None] = {}

    def admits(self, node_id: NodeId) -> bool:
        """Whether a part may be sent to this agent now; if not, it waits to be called."""
        if node_id in self._called:
            del self._called[node_id]
            return True
        if not self._waiting and self._has_room():
            return True
        self._waiting[node_id] = None
        return False

    def sent(self, node_id: NodeId, size: int) -> None:
        """A part of so many records is under way to this agent, to which none was."""
        assert node_id not in self._sizes
        self._sizes[node_id] = size
        self._under_way += size

    def over(self, node_id: NodeId) -> None:
        """What was under way to this agent was acknowledged, or should have been long ago."""
        self._under_way -= self._sizes.pop(node_id, 0)

    def forget(self, node_id: NodeId) -> None:
        """The agent is gone."""
        self.over(node_id)
        self._waiting.pop(node_id, None)
        self._called.pop(node_id, None)

    def call(self) -> NodeId | None:
        """The agent that has waited longest, if there is room for it now."""
        if not self._waiting or not self._has_room():
            return None
        node_id = next(iter(self._waiting))
        del self._waiting[node_id]
        self._called[node_id] = None
        return node_id

    def _has_room(self) -> bool:
        return self._under_way + MAX_RECORDS * (len(self._called) + 1) <= MAX_UNDER_WAY
