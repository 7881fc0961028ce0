"""The incremental tables equal those computed afresh, after every change, for every host, from any earlier version."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import parts
from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.mesh import section
from core.mesh.afresh import afresh
from core.mesh.routes import RouteTable, ServiceRoute
from core.mesh.tables import MeshTables
from core.objects import Network, Node, Service, Task
from core.objects.network import NetworkAttachment, NetworkSpec, Subnet
from core.objects.node import NodeSpec, NodeState, NodeStatus
from core.objects.port import PortConfig
from core.objects.service import Endpoint, EndpointMode, EndpointSpec, ServiceSpec, VirtualIP
from core.objects.task import ContainerSpec, NetworkTarget, TaskSpec, TaskState, TaskStatus
from core.operations import Kind
from core.parts import finish
from core.store import Change, Conflict, Create, Delete, Store, Transaction, Update, kind_of

NODES = [NodeId(f"node-{number}") for number in range(3)]
NETWORKS = [NetworkId("ingress"), NetworkId("front"), NetworkId("back")]
SERVICES = [ServiceId("web"), ServiceId("db")]
TASKS = [TaskId(f"task-{number}") for number in range(5)]
STATES = [TaskState.PENDING, TaskState.ASSIGNED, TaskState.RUNNING, TaskState.FAILED]

subsets = st.lists(st.sampled_from(NETWORKS), unique=True)


def address(network_id: NetworkId, host: int) -> str:
    return f"10.0.{NETWORKS.index(network_id)}.{host}/24"


def network(network_id: NetworkId, vni: int) -> Network:
    spec = NetworkSpec(network_id, ingress=network_id == "ingress")
    return Network(network_id, spec, vni=vni, subnets=(Subnet(address(network_id, 0)),))


def node(node_id: NodeId, state: NodeState, moved: bool, attached: list[NetworkId]) -> Node:
    number = NODES.index(node_id)
    return Node(
        node_id,
        NodeSpec(),
        status=NodeStatus(state, address=f"198.18.{int(moved)}.{number}"),
        attachments=tuple(NetworkAttachment(each, address(each, 200 + number)) for each in attached),
    )


def service(service_id: ServiceId, attached: list[NetworkId], mode: EndpointMode, published: bool) -> Service:
    targets = tuple(NetworkTarget(each, aliases=("alias",)) for each in attached)
    spec = ServiceSpec(service_id, TaskSpec(ContainerSpec("image"), networks=targets))
    ports = (PortConfig(80, 8080),) if published else ()
    addresses = tuple(VirtualIP(each, address(each, 100 + SERVICES.index(service_id))) for each in attached)
    return Service(service_id, spec, endpoint=Endpoint(EndpointSpec(mode), ports, addresses))


def task(task_id: TaskId, node_id: NodeId, state: TaskState, desired: TaskState, on: list[NetworkId]) -> Task:
    return Task(
        task_id,
        SERVICES[TASKS.index(task_id) // 3],
        1,
        TaskSpec(ContainerSpec("image")),
        1,
        node_id=node_id,
        desired_state=desired,
        status=TaskStatus(state),
        attachments=tuple(NetworkAttachment(each, address(each, 1 + TASKS.index(task_id))) for each in on),
    )


objects = st.one_of(
    st.builds(network, st.sampled_from(NETWORKS), st.integers(4096, 4098)),
    st.builds(node, st.sampled_from(NODES), st.sampled_from([NodeState.READY, NodeState.DOWN]), st.booleans(), subsets),
    st.builds(service, st.sampled_from(SERVICES), subsets, st.sampled_from(EndpointMode), st.booleans()),
    st.builds(
        task,
        st.sampled_from(TASKS),
        st.sampled_from(NODES),
        st.sampled_from(STATES),
        st.sampled_from([TaskState.RUNNING, TaskState.SHUTDOWN]),
        subsets,
    ),
)
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
        kind, object_id = wish if isinstance(wish, tuple) else (kind_of(wish), wish.id)
        stored = store.get(kind, object_id)
        if isinstance(wish, tuple):
            if stored is not None:
                changes[kind, object_id] = Delete(kind, object_id, stored.version)
        else:
            new = _at(wish, index)
            changes[kind, object_id] = Create(new) if stored is None else Update(new, stored.version)
    return Transaction(tuple(changes.values()), 0)


def _is_deletion(wish: Any) -> bool:
    return isinstance(wish, tuple)


def _at(stored: Any, index: int) -> Any:
    fields = {name: getattr(stored, name) for name in stored.__struct_fields__}
    return type(stored)(**{**fields, "version": index})


class Followed:
    """A store, its tables, and every host's table as of every version."""

    def __init__(self) -> None:
        self.store = Store()
        self.tables = MeshTables(self.store)
        self.gone: list[str] = []
        """Nodes that were removed: their ids never return."""
        self.past: list[dict[NodeId, RouteTable]] = [{node_id: {} for node_id in NODES}]

    def apply(self, wishes: list[Any]) -> None:
        index = self.store.index + 1
        wishes = [wish for wish in wishes if _is_deletion(wish) or wish.id not in self.gone]
        self.gone += [object_id for kind, object_id in filter(_is_deletion, wishes) if kind is Kind.NODE]
        changes = self.store.apply(index, transaction(self.store, index, wishes))
        assert not isinstance(changes, Conflict), changes
        self.tables.follow(index, changes)
        self.past.append({node_id: afresh(self.store, node_id) for node_id in NODES})


@given(histories)
def test_any_earlier_table_and_its_delta_make_the_table_computed_afresh(history: list[list[Any]]) -> None:
    followed = Followed()
    for wishes in history:
        followed.apply(wishes)
        for node_id in NODES:
            wanted = followed.past[-1][node_id]
            for version, tables in enumerate(followed.past):
                changes = followed.tables.delta(node_id, version)
                assert changes.to_version == followed.store.index
                assert changes.apply_to(tables[node_id]) == wanted
                if followed.tables.changed_at(node_id) <= version:
                    assert tables[node_id] == wanted or changes.from_version == 0


@given(histories)
def test_tables_built_late_equal_tables_that_followed(history: list[list[Any]]) -> None:
    followed = Followed()
    for wishes in history:
        followed.apply(wishes)
    for count in (1, 2, 1000):
        late = MeshTables(followed.store)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(parts, "OBJECTS_PER_PART", count)
            finish(late.rebuild())
        for node_id in NODES:
            assert late.delta(node_id, 0).apply_to({}) == followed.past[-1][node_id]


@given(histories, histories)
def test_tables_built_late_follow_like_the_others(before: list[list[Any]], after: list[list[Any]]) -> None:
    followed = Followed()
    for wishes in before:
        followed.apply(wishes)
    followed.tables = MeshTables(followed.store)
    finish(followed.tables.rebuild())
    for wishes in after:
        followed.apply(wishes)
        for node_id in NODES:
            assert followed.tables.delta(node_id, 0).apply_to({}) == followed.past[-1][node_id]


@given(histories)
def test_a_host_too_far_behind_gets_its_whole_table(history: list[list[Any]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(section, "MAX_TOMBSTONES", 2)
        followed = Followed()
        for wishes in history:
            followed.apply(wishes)
        for node_id in NODES:
            for version, tables in enumerate(followed.past):
                changes = followed.tables.delta(node_id, version)
                assert changes.apply_to(tables[node_id]) == followed.past[-1][node_id]


def running(task_id: TaskId, node_id: NodeId, desired: TaskState = TaskState.RUNNING) -> Task:
    return task(task_id, node_id, TaskState.RUNNING, desired, [NETWORKS[1]])


def backends_seen(followed: Followed, node_id: NodeId) -> list[TaskId]:
    route = followed.tables.delta(node_id, 0).apply_to({})["service", "front", "web"]
    assert isinstance(route, ServiceRoute)
    return [backend.task_id for backend in route.backends]


@pytest.fixture
def deployed() -> Followed:
    """Two nodes, one service on one network, a running task on each node."""
    followed = Followed()
    followed.apply([network(NETWORKS[1], 4096), service(SERVICES[0], [NETWORKS[1]], EndpointMode.VIP, False)])
    followed.apply([node(node_id, NodeState.READY, False, []) for node_id in NODES[:2]])
    followed.apply([running(TASKS[0], NODES[0]), running(TASKS[1], NODES[1])])
    return followed


def test_a_task_that_is_to_stop_leaves_the_tables_while_it_still_runs(deployed: Followed) -> None:
    assert backends_seen(deployed, NODES[0]) == [TASKS[0], TASKS[1]]
    deployed.apply([running(TASKS[1], NODES[1], TaskState.SHUTDOWN)])
    assert backends_seen(deployed, NODES[0]) == [TASKS[0]]


def test_tasks_of_a_lost_node_leave_the_tables_at_once(deployed: Followed) -> None:
    deployed.apply([node(NODES[1], NodeState.DOWN, False, [])])
    assert backends_seen(deployed, NODES[0]) == [TASKS[0]]


def test_hosts_on_one_network_share_its_records(deployed: Followed) -> None:
    tables = [deployed.tables.delta(node_id, 0).apply_to({}) for node_id in NODES[:2]]
    shared = [key for key in tables[0] if key[0] != "network"]
    assert len(shared) == 3
    assert all(tables[0][key] is tables[1][key] for key in shared)


def test_a_host_without_a_task_on_a_network_knows_nothing_of_it(deployed: Followed) -> None:
    deployed.apply([node(NODES[2], NodeState.READY, False, [])])
    assert deployed.tables.delta(NODES[2], 0).changed == ()


def test_a_write_that_no_table_shows_changes_no_table(deployed: Followed) -> None:
    before = deployed.tables.changed_at(NODES[0])
    seen = deployed.store.nodes[NODES[1]]
    deployed.apply([_at(seen, seen.version)])
    assert deployed.tables.changed_at(NODES[0]) == before
