"""Whether a short concurrent history could have happened one operation at a time (Herlihy and Wing 1990).

Theory of operation. The search of Wing and Gong (1993) with Lowe's memory of dead ends (2017): pick any operation that
no other one must precede, try it on the model, go on with the rest, and go back when stuck. An operation whose outcome
is unknown may take effect at any time after it was invoked, or never. The cost is exponential in how many operations
overlap: for long histories judge by log index instead, as `swarmsim.checks.linearizable` does.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from msgspec import Struct

NEVER_RETURNED = 1 << 62
"""`returned_at` of an operation whose outcome is unknown."""

Model = Callable[[Hashable, Any, Any], tuple[bool, Hashable]]
"""(state, operation, outcome or None if unknown) -> whether that can be, and the state afterwards."""


class Operation(Struct, frozen=True):
    """One call of a client: when it began and ended, on any one clock, and what came of it."""

    invoked_at: int
    returned_at: int
    call: Any
    outcome: Any = None

    @property
    def is_unknown(self) -> bool:
        """Whether nobody was told what came of it."""
        return self.returned_at == NEVER_RETURNED


def is_linearizable(history: Sequence[Operation], initial: Hashable, model: Model) -> bool:
    """Whether some order of the operations, one that respects real time, explains every outcome."""
    ordered = sorted(history, key=lambda operation: (operation.invoked_at, operation.returned_at))
    return _Search(ordered, model).explains(initial)


class _Search:
    def __init__(self, history: Sequence[Operation], model: Model) -> None:
        self._history = history
        self._model = model
        self._all_known = sum(1 << bit for bit, operation in enumerate(history) if not operation.is_unknown)

    def explains(self, initial: Hashable) -> bool:
        """Depth first over (set of operations done, state), each visited once."""
        seen: set[tuple[int, Hashable]] = {(0, initial)}
        stack: list[tuple[int, Hashable]] = [(0, initial)]
        while stack:
            done, state = stack.pop()
            if done & self._all_known == self._all_known:
                return True
            for following in self._steps(done, state):
                if following not in seen:
                    seen.add(following)
                    stack.append(following)
        return False

    def _steps(self, done: int, state: Hashable) -> list[tuple[int, Hashable]]:
        steps = []
        # Whatever returned first of all that is left must not come after an operation that was invoked later.
        horizon = min(
            (op.returned_at for bit, op in enumerate(self._history) if not done >> bit & 1), default=NEVER_RETURNED
        )
        for bit, operation in enumerate(self._history):
            if done >> bit & 1:
                continue
            if operation.invoked_at > horizon:
                break
            possible, after = self._model(state, operation.call, None if operation.is_unknown else operation.outcome)
            if possible:
                steps.append((done | 1 << bit, after))
        return steps
