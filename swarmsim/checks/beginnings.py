"""Swarms begun anew by force: the declared exception to what clients were promised, as checks take it into account.

History begins again there. Whatever the manager that did it knew to be committed is kept all the same; of what came
later, acknowledged or not, nobody can expect to find it in the new group.
"""

from core.facts import BegunAnew


class Beginnings:
    """All that a run has seen."""

    def __init__(self) -> None:
        self._seen: list[BegunAnew] = []

    def note(self, at_ns: int, host: str, fact: BegunAnew) -> None:
        """One more: a listener for facts."""
        self._seen.append(fact)

    def excuse(self, index: int, as_of: int | None = None) -> bool:
        """Whether what was done at `index` may be missing in a state as of another index (None: in the last one)."""
        return any(
            begun.certain_index < index < begun.index and (as_of is None or as_of >= begun.index)
            for begun in self._seen
        )
