"""Proof of leadership after the fact: what a leader may say only if nobody else leads (Raft dissertation §6.4).

Theory of operation. Whoever wants to speak for the group opens a barrier. It is confirmed when a majority has answered
a heartbeat round that began after it was opened: at that moment nobody else could have committed anything that this
leader does not know. Its action then runs as soon as the applied index has reached the barrier's. Barriers opened while
a round is under way share the next one. Stepping down drops them all.
"""

from collections import deque
from collections.abc import Callable

from core.raft.rounds import Rounds
from core.raft.state import RaftState


class Barriers:
    """Actions that wait for a majority to confirm this leader."""

    __slots__ = ("_rounds", "_state", "_unconfirmed", "confirmed")

    def __init__(self, state: RaftState, rounds: Rounds) -> None:
        self._state = state
        self._rounds = rounds
        self._unconfirmed: deque[tuple[int, int, Callable[[], None]]] = deque()
        """(round that must be confirmed, index that must be applied, action)"""
        self.confirmed: list[tuple[int, Callable[[], None]]] = []
        """(index that must be applied, action)"""

    def open(self, index: int, action: Callable[[], None]) -> None:
        """Run `action` once leadership is confirmed and the log applied up to `index`."""
        assert self._state.leading
        rounds = self._rounds
        self._unconfirmed.append((rounds.number + 1, index, action))
        if len(self._unconfirmed) == 1:
            rounds.beat()
        self._state.unsettled = True

    def awaits(self, answered_round: int) -> bool:
        """Whether an answer to this round may confirm a barrier."""
        unconfirmed = self._unconfirmed
        return bool(unconfirmed) and unconfirmed[0][0] <= answered_round

    def settle(self) -> None:
        """Run what may run."""
        if self._unconfirmed:
            self._confirm()
        if self.confirmed:
            self._run()

    def _confirm(self) -> None:
        unconfirmed = self._unconfirmed
        rounds = self._rounds
        confirmed_round = rounds.confirmed_round()
        while unconfirmed and unconfirmed[0][0] <= confirmed_round:
            _, index, action = unconfirmed.popleft()
            self.confirmed.append((index, action))
            if unconfirmed and unconfirmed[0][0] > rounds.number:
                rounds.beat()
                confirmed_round = rounds.confirmed_round()

    def _run(self) -> None:
        applied_index = self._state.applied_index
        due = [action for index, action in self.confirmed if index <= applied_index]
        self.confirmed = [waiting for waiting in self.confirmed if waiting[0] > applied_index]
        for action in due:
            action()

    def drop_all(self) -> None:
        """This peer leads no longer."""
        self._unconfirmed.clear()
        self.confirmed.clear()

    def check_invariants(self) -> None:
        """The round that the first barrier waits for has begun, and the last one waits for no later than the next."""
        if self._unconfirmed:
            begun, first, last = self._rounds.number, self._unconfirmed[0][0], self._unconfirmed[-1][0]
            assert first <= begun, f"a barrier waits for round {first}, and only {begun} have begun"
            assert first <= last <= begun + 1, f"barriers wait for rounds {first} to {last}, and {begun} have begun"
