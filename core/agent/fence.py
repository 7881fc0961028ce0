"""An agent's proof that a leader knows of its host, and what is to stop for the want of it.

Theory of operation. Every beat that is answered proves that, when it was sent, the one who answered it was a leader and
counted this host as there. Whoever answered may have been deposed without noticing, so it says how old its own proof
is: how long ago it began a round in which a majority followed it (`RaftNode.confirmed_at`). A later leader cannot have
begun before that. So the host is *proven* as of when the beat was sent, less that age, all on clocks of one host each.

A fenced task (`core.objects.fence`) is stopped once its host has not been proven for as long as its fence says. An
agent begins as if it had been proven just then: its daemon was restarted, and that stops nothing. So what holds for
fenced slots holds while the daemon lives; one that is dead stops nothing, and one that is back has one fence more.
"""

from collections import deque

_MAX_BEATS = 64
"""Most beats remembered; an answer to an earlier one proves nothing."""


class Proof:
    """`at`: since when, in monotonic nanoseconds of this host, nobody need know of it."""

    __slots__ = ("_sent", "at")

    def __init__(self, now: int) -> None:
        self.at = now
        self._sent: deque[tuple[int, int]] = deque(maxlen=_MAX_BEATS)
        """Beats of the present session, not answered yet, and when they were sent."""

    def begin(self) -> None:
        """A new session: its beats count from 1."""
        self._sent.clear()

    def sent(self, now: int, sequence: int) -> None:
        """A beat leaves."""
        self._sent.append((sequence, now))

    def answered(self, sequence: int, proof_age_ns: int) -> None:
        """It was heard by one who, so long before it answered, certainly led."""
        while self._sent and self._sent[0][0] <= sequence:
            answered_sequence, sent_at = self._sent.popleft()
            if answered_sequence == sequence:
                self.at = max(self.at, sent_at - proof_age_ns)
