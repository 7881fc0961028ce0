"""A host's routing table computed afresh from a store: the definition that the incremental tables must equal."""

from core.ids import NodeId
from core.mesh.routes import RouteTable
from core.store import Store


def afresh(store: Store, node_id: NodeId) -> RouteTable:
    """Everything this host's data plane should carry at the store's index."""
    raise NotImplementedError
