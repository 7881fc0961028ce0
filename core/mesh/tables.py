"""Routing tables of all hosts, kept incrementally from the committed store's change feed."""

from collections.abc import Iterable

from core.ids import NodeId
from core.mesh.routes import RouteChanges
from core.store import Changed, Store


class MeshTables:
    """Follows one store; `version` is the index of the last entry it has taken in."""

    version: int

    def __init__(self, store: Store) -> None:
        raise NotImplementedError

    def follow(self, index: int, changes: Iterable[Changed]) -> None:
        """The store has applied `index`."""
        raise NotImplementedError

    def changed_at(self, node_id: NodeId) -> int:
        """The version in which this host's table last changed."""
        raise NotImplementedError

    def delta(self, node_id: NodeId, from_version: int) -> RouteChanges:
        """What brings a host's table from an earlier version to this one; the whole table if history is too short."""
        raise NotImplementedError
