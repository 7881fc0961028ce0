"""What is to be worked out again, because it or something it depends on has changed."""

from collections.abc import Iterable

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.operations import Kind
from core.store import Store


class Touched:
    """Ids by kind, each once; `places` are parts of nodes in networks."""

    __slots__ = ("_by_kind", "networks", "nodes", "places", "services", "tasks")

    def __init__(self) -> None:
        self.networks: dict[NetworkId, None] = {}
        self.nodes: dict[NodeId, None] = {}
        self.tasks: dict[TaskId, None] = {}
        self.services: dict[ServiceId, None] = {}
        self.places: dict[tuple[NodeId, NetworkId], None] = {}
        self._by_kind = {
            Kind.NETWORK: self.networks,
            Kind.NODE: self.nodes,
            Kind.TASK: self.tasks,
            Kind.SERVICE: self.services,
        }

    def __bool__(self) -> bool:
        return bool(self.networks or self.nodes or self.tasks or self.services or self.places)

    def touch(self, kind: Kind, object_id: str) -> None:
        """An object of a kind that tables are made of has changed."""
        self._by_kind[kind][object_id] = None  # type: ignore[index]

    def everything(self, store: Store) -> None:
        """All that a store holds."""
        self.networks.update(dict.fromkeys(store.networks))
        self.nodes.update(dict.fromkeys(store.nodes))
        self.tasks.update(dict.fromkeys(store.tasks))
        self.services.update(dict.fromkeys(store.services))

    def places_on(self, network_id: NetworkId, node_ids: Iterable[NodeId]) -> None:
        """The parts of these nodes in a network."""
        self.places.update(dict.fromkeys((node_id, network_id) for node_id in node_ids))

    def places_of(self, node_id: NodeId, network_ids: Iterable[NetworkId]) -> None:
        """The parts of a node in these networks."""
        self.places.update(dict.fromkeys((node_id, network_id) for network_id in network_ids))
