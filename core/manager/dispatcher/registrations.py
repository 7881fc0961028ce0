"""Which attempts to register begin a session.

A new session is costly: its agent is sent all its assignments and a whole routing table, and the session before it
ends. So two kinds of attempts are dropped like a message that got lost:

- *Too many.* Swarmkit allows three in eight seconds, which is the longest back-off of an agent; so does this, by the
  back-off of the profile. The agent asks again in time.
- *Late ones*, which the network has repeated or overtaken. The agent has gone on since, would not listen to the answer,
  and would lose the session it has. An agent counts its attempts up from a random number, another one in each of its
  lives (`core.agent.session`). So an attempt is late that began a session before the current one, or that is a little
  *below* the current session's. A restarted agent is at another number altogether, below or above. Should chance put
  it just below, it waits until the session of its earlier life has expired: it is never shut out.
"""

from collections import deque
from typing import Final

from core.ids import NodeId

MOST_PER_PERIOD: Final = 3
LATE_ATTEMPTS: Final = 1 << 16
"""So far below the current attempt are others of the same life. A restarted agent is there once in 4 billion times."""


class _Latest:
    """What is remembered of one node: when its latest sessions began and by which attempts; what was refused."""

    __slots__ = ("attempts", "began_at", "refused")

    def __init__(self) -> None:
        self.began_at: deque[int] = deque(maxlen=MOST_PER_PERIOD)
        self.attempts: deque[int] = deque(maxlen=MOST_PER_PERIOD)
        self.refused: deque[int] = deque(maxlen=MOST_PER_PERIOD)


class Registrations:
    """Bounded by the number of nodes."""

    def __init__(self, period_ns: int) -> None:
        self._period_ns = period_ns
        self._latest: dict[NodeId, _Latest] = {}

    def refusal(self, now: int, node_id: NodeId, attempt: int, current: int | None) -> str | None:
        """Why this attempt begins no session; None if it does, and note is taken of it.

        `current`: the attempt that began the node's live session, which is another one; None if it has no session.
        """
        latest = self._of(node_id)
        if attempt in latest.attempts or (current is not None and 0 < current - attempt <= LATE_ATTEMPTS):
            return f"has gone on since attempt {attempt}"
        if len(latest.began_at) == MOST_PER_PERIOD and now - latest.began_at[0] < self._period_ns:
            return "registers too often"
        latest.began_at.append(now)
        latest.attempts.append(attempt)
        return None

    def is_first_refusal(self, node_id: NodeId, attempt: int) -> bool:
        """Whether to tell that this attempt was refused, as has not been done yet; takes note that it was."""
        refused = self._of(node_id).refused
        if attempt in refused:
            return False
        refused.append(attempt)
        return True

    def forget(self, node_id: NodeId) -> None:
        """The node has been removed."""
        self._latest.pop(node_id, None)

    def _of(self, node_id: NodeId) -> _Latest:
        latest = self._latest.get(node_id)
        if latest is None:
            latest = self._latest[node_id] = _Latest()
        return latest
