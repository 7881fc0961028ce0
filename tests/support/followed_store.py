"""Any history of a store as data, the routing tables that follow it, and every host's table as of every version."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from route_specification import applied

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.mesh.afresh import afresh
from core.mesh.routes import RouteTable
from core.mesh.tables import MeshTables
from core.objects import Network, Node, Service, Task
from core.objects.network import NetworkAttachment, NetworkSpec, Subnet
from core.objects.node import NodeSpec, NodeState, NodeStatus
from core.objects.port import PortConfig, Protocol
from core.objects.service import Endpoint, EndpointMode, EndpointSpec, ServiceSpec, VirtualIP
from core.objects.task import ContainerSpec, NetworkTarget, TaskSpec, TaskState, TaskStatus
from core.operations import Kind
from core.parts import finish
from core.store import Change, Conflict, Create, Delete, Store, Transaction, Update, kind_of

NODES = [NodeId(f"node-{number}") for number in range(5)]
NETWORKS = [NetworkId("ingress"), NetworkId("front"), NetworkId("back")]
SERVICES = [ServiceId("web"), ServiceId("db")]
TASKS = [TaskId(f"task-{number}") for number in range(5)]
STATES = [TaskState.PENDING, TaskState.ASSIGNED, TaskState.RUNNING, TaskState.FAILED]
RECENT = 5
"""Versions."""

subsets = st.lists(st.sampled_from(NETWORKS), unique=True)


def address(network_id: NetworkId, host: int) -> str:
    return f"10.0.{NETWORKS.index(network_id)}.{host}/24"


def network(network_id: NetworkId, vni: int, internal: bool = False) -> Network:
    spec = NetworkSpec(network_id, internal=internal, ingress=network_id == "ingress")
    return Network(network_id, spec, vni=vni, subnets=(Subnet(address(network_id, 0)),))


def node(node_id: NodeId, state: NodeState, moved: bool, attached: list[NetworkId]) -> Node:
    number = NODES.index(node_id)
    return Node(
        node_id,
        NodeSpec(),
        status=NodeStatus(state, address=f"198.18.{int(moved)}.{number}"),
        attachments=tuple(NetworkAttachment(each, address(each, 200 + number)) for each in attached),
    )


def service(
    service_id: ServiceId,
    attached: list[NetworkId],
    mode: EndpointMode,
    published: bool,
    aliases: tuple[str, ...] = ("alias",),
    again: Sequence[NetworkId] = (),
) -> Service:
    """What its template says of a network it may say `again`, with the service's own name as an alias."""
    targets = tuple(NetworkTarget(each, aliases=(*aliases, f"on-{each}")) for each in attached)
    targets += tuple(NetworkTarget(each, aliases=(service_id,)) for each in again)
    spec = ServiceSpec(service_id, TaskSpec(ContainerSpec("image"), networks=targets))
    ports = (PortConfig(80, 8080), PortConfig(81, 8080, Protocol.UDP)) if published else ()
    addresses = tuple(VirtualIP(each, address(each, 100 + SERVICES.index(service_id))) for each in attached)
    return Service(service_id, spec, endpoint=Endpoint(EndpointSpec(mode), ports, addresses))


def task(
    task_id: TaskId,
    node_id: NodeId,
    state: TaskState,
    desired: TaskState,
    on: list[NetworkId],
    host: int = 0,
    ports: tuple[PortConfig, ...] = (),
) -> Task:
    """Its addresses end in `host`, or in a number of its own."""
    return Task(
        task_id,
        SERVICES[TASKS.index(task_id) // 3],
        1,
        TaskSpec(ContainerSpec("image")),
        1,
        node_id=node_id,
        desired_state=desired,
        status=TaskStatus(state),
        attachments=tuple(NetworkAttachment(each, address(each, host or 1 + TASKS.index(task_id))) for each in on),
        endpoint=EndpointSpec(ports=ports),
    )


networks = st.builds(network, st.sampled_from(NETWORKS), st.integers(4096, 4098), st.booleans())
nodes = st.builds(node, st.sampled_from(NODES), st.sampled_from(NodeState), st.booleans(), subsets)
services = st.builds(
    service,
    st.sampled_from(SERVICES),
    subsets,
    st.sampled_from(EndpointMode),
    st.booleans(),
    st.sampled_from([("alias",), ("other", "other", ""), tuple(SERVICES)]),
    subsets,
)
tasks = st.builds(
    task,
    st.sampled_from(TASKS),
    st.sampled_from(NODES),
    st.sampled_from(STATES),
    st.sampled_from([TaskState.RUNNING, TaskState.SHUTDOWN]),
    subsets,
    st.integers(1, 7),
    st.sampled_from([(), (PortConfig(80, 8080),), (PortConfig(81, 8080),)]),
)
objects = st.one_of(networks, nodes, services, tasks)
deletions = st.one_of(
    st.tuples(st.just(Kind.NETWORK), st.sampled_from(NETWORKS)),
    st.tuples(st.just(Kind.NODE), st.sampled_from(NODES)),
    st.tuples(st.just(Kind.SERVICE), st.sampled_from(SERVICES)),
    st.tuples(st.just(Kind.TASK), st.sampled_from(TASKS)),
)
histories = st.lists(st.lists(objects | objects | deletions, min_size=1, max_size=6), min_size=1, max_size=12)


def transaction(store: Store, index: int, wishes: list[Any]) -> Transaction:
    """One change per object: create or update what is given, delete what is named."""
    changes: dict[tuple[Kind, str], Change] = {}
    for wish in wishes:
        kind, object_id = _key(wish)
        stored = store.get(kind, object_id)
        if isinstance(wish, tuple):
            if stored is not None:
                changes[kind, object_id] = Delete(kind, object_id, stored.version)
        else:
            new = at_index(wish, index)
            changes[kind, object_id] = Create(new) if stored is None else Update(new, stored.version)
    return Transaction(tuple(changes.values()), 0)


def _key(wish: Any) -> tuple[Kind, str]:
    return wish if _is_deletion(wish) else (kind_of(wish), wish.id)


def _is_deletion(wish: Any) -> bool:
    return isinstance(wish, tuple)


def at_index(stored: Any, index: int) -> Any:
    fields = {name: getattr(stored, name) for name in stored.__struct_fields__}
    return type(stored)(**{**fields, "version": index})


def kept(tables: MeshTables) -> dict[str, Any]:
    """What is kept at all, by the name it is kept under."""
    parts = (tables, tables._places, tables._sections)
    names = {part: getattr(part, "__slots__", None) or vars(part) for part in parts}
    held = {name: getattr(part, name) for part in parts for name in names[part]}
    return {name: value for name, value in held.items() if isinstance(value, dict) and value}


def networks_kept(tables: MeshTables) -> list[NetworkId]:
    """Of which networks something is kept, be it that they are gone."""
    return list(tables._sections._by_network)


class Followed:
    """A store, its tables, and every host's table as of every version."""

    def __init__(self) -> None:
        self.store = Store()
        self.tables = MeshTables(self.store)
        self.gone: list[str] = []
        """Nodes that were removed: their ids never return."""
        self.since = 0
        """The first version that the present leader's tables were of."""
        self.past: dict[int, dict[NodeId, RouteTable]] = {0: {node_id: {} for node_id in NODES}}

    def write(self, wishes: list[Any]) -> None:
        """The store changes, and the tables hear of it."""
        index = self.store.index + 1
        wishes = [wish for wish in wishes if _is_deletion(wish) or wish.id not in self.gone]
        wishes = self._without_conflicts(wishes)
        self.gone += [object_id for kind, object_id in filter(_is_deletion, wishes) if kind is Kind.NODE]
        changes = self.store.apply(index, transaction(self.store, index, wishes))
        assert not isinstance(changes, Conflict), changes
        self.tables.follow(index, changes)
        self._remember()

    def _without_conflicts(self, wishes: list[Any]) -> list[Any]:
        """No task's wish is kept if two tasks would have the same address after all: no allocator does that."""
        tasks = dict(self.store.tasks)
        for wish in wishes:
            kind, object_id = _key(wish)
            if kind is Kind.TASK:
                tasks.pop(TaskId(object_id), None)
                tasks.update({} if _is_deletion(wish) else {wish.id: wish})
        held = [place.address for task in tasks.values() for place in task.attachments]
        return wishes if len(held) == len(set(held)) else [wish for wish in wishes if not isinstance(wish, Task)]

    def change_leader(self) -> None:
        """Another leader's tables, of the same store: made anew, with an order of their own among their records."""
        self.tables = MeshTables(self.store)
        finish(self.tables.rebuild())
        self.since = self.store.index
        self._remember()

    def settle(self) -> bool:
        """One step of the tables; whether they are those of the store."""
        self.tables.settle()
        self._remember()
        return self.tables.settled

    def _remember(self) -> None:
        if self.tables.settled and self.store.index not in self.past:
            self.past[self.store.index] = {node_id: afresh(self.store, node_id) for node_id in NODES}

    def apply(self, wishes: list[Any]) -> None:
        """The store changes, and the tables with it."""
        self.write(wishes)
        while not self.settle():
            pass

    def now(self, node_id: NodeId) -> RouteTable:
        """A host's table as a new session gets it."""
        return applied(self.tables.transfer(node_id, 0), {})

    def check(self, node_id: NodeId) -> None:
        """Whatever version of this leader's a host is at, be it none, its transfer makes the table computed afresh.

        Looked at are all recent versions, and some of the older ones.
        """
        index = self.store.index
        wanted = self.past[index][node_id]
        for version, tables in self.past.items():
            if version and (version < self.since or (version < index - RECENT and version % RECENT)):
                continue
            transfer = self.tables.transfer(node_id, version)
            assert transfer.to_version == index
            assert applied(transfer, tables[node_id]) == wanted
            if self.tables.changed_at(node_id) <= version:
                assert tables[node_id] == wanted or transfer.from_version == 0
