"""Swarms begun anew by force: the declared exception to what clients were promised, as checks take it into account.

History begins again there. Whatever the manager that did it knew to be committed is kept all the same; of what came
later, acknowledged or not, nobody can expect to find it in the new group. Nor is the new group bound by what another
one decides that lives on: the majority of the old one, or one that another manager has begun apart.
"""

from collections.abc import Iterator

from core.facts import BegunAnew
from core.store import Store
from swarmsim.checks.check import living_managers
from swarmsim.world import World


class Beginnings:
    """All that a run has seen."""

    def __init__(self) -> None:
        self._seen: list[tuple[int, str, BegunAnew]] = []
        """When, by which host, and what it said."""

    def note(self, at_ns: int, host: str, fact: BegunAnew) -> None:
        """One more: a listener for facts."""
        self._seen.append((at_ns, host, fact))

    def excuse(self, index: int, as_of: int | None = None) -> bool:
        """Whether what was done at `index` may be missing in a state as of another index (None: in the last one)."""
        return any(
            begun.certain_index < index < begun.index and (as_of is None or as_of >= begun.index)
            for _, _, begun in self._seen
        )

    def stores_apart(self, world: World, store: Store) -> Iterator[Store]:
        """What managers have applied of groups that `store`, the furthest one, does not follow."""
        if self._seen:
            for host in living_managers(world):
                other = world.store(host)
                if other is not None and self.excuse(other.index, store.index):
                    yield other

    def leads_apart(self, host: str, at_ns: int) -> bool:
        """Whether this host had begun a group by then that a higher one, begun by another host, does not follow."""
        return any(
            at_ns >= begun_at_ns and host == name and self.excuse(fact.index + 1)
            for begun_at_ns, name, fact in self._seen
        )
