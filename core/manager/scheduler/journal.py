"""Which nodes changed, in order, for whoever has looked at all of them and will look again at those alone."""

from typing import Final

from core.ids import NodeId

LEAST_KEPT: Final = 2_000
"""So many of the last changes are kept at least, and never more than twice as many."""


class Journal:
    """A reader remembers its mark, and reads on from there; one who stayed away too long must begin anew."""

    __slots__ = ("_forgotten_count", "_node_ids")

    def __init__(self) -> None:
        self._forgotten_count = 0
        self._node_ids: list[NodeId] = []

    @property
    def mark(self) -> int:
        """How many changes there have been."""
        return self._forgotten_count + len(self._node_ids)

    def add(self, node_id: NodeId) -> None:
        """A node changed, came or went."""
        self._node_ids.append(node_id)
        if len(self._node_ids) >= 2 * LEAST_KEPT:
            del self._node_ids[:LEAST_KEPT]
            self._forgotten_count += LEAST_KEPT

    def since(self, mark: int) -> list[NodeId] | None:
        """The changes after that mark; None if some of them are forgotten."""
        if mark < self._forgotten_count:
            return None
        return self._node_ids[mark - self._forgotten_count :]
