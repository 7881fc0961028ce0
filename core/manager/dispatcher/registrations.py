"""How often a node may begin a session: one that registers in a loop must cost its leader no more than any other.

A new session is costly: its agent is sent all its assignments and a whole routing table. Swarmkit allows three in eight
seconds, which is the longest back-off of an agent; so does this, by the back-off of the profile. What comes on top is
dropped like a message that got lost: the agent asks again in time.
"""

from collections import deque
from typing import Final

from core.ids import NodeId

MOST_PER_PERIOD: Final = 3


class Registrations:
    """When each node's latest sessions began; bounded by the number of nodes."""

    def __init__(self, period_ns: int) -> None:
        self._period_ns = period_ns
        self._began_at: dict[NodeId, deque[int]] = {}

    def admit(self, now: int, node_id: NodeId) -> bool:
        """Whether the node may begin a session now; takes note if it may."""
        latest = self._began_at.setdefault(node_id, deque(maxlen=MOST_PER_PERIOD))
        if len(latest) == MOST_PER_PERIOD and now - latest[0] < self._period_ns:
            return False
        latest.append(now)
        return True

    def forget(self, node_id: NodeId) -> None:
        """The node has been removed."""
        self._began_at.pop(node_id, None)
