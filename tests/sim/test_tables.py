"""The indexed tables of the simulated data plane answer as the mesh's specification does, after any changes."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.mesh import forwarding, names
from core.mesh.balance import RoundRobin
from core.mesh.routes import Backend, Neighbour, NetworkRoute, RouteChanges, RouteTable, ServiceRoute
from core.objects.port import PortConfig, Protocol
from core.objects.service import EndpointMode
from sim.tables import ForwardingTables

NETWORKS = (NetworkId("n1"), NetworkId("n2"))
NAMES = ("web", "db", "cache")
PORTS = (80, 81)
ADDRESSES = tuple(f"10.0.0.{number}" for number in range(4))

protocols = st.sampled_from(Protocol)
networks = st.sampled_from(NETWORKS)
addresses = st.sampled_from(ADDRESSES)


@st.composite
def services(draw: Any) -> ServiceRoute:
    service_id = ServiceId(draw(st.sampled_from(("s1", "s2", "s3"))))
    backends = tuple(
        Backend(TaskId(f"t{number}"), NodeId("node"), address)
        for number, address in enumerate(draw(st.lists(addresses, max_size=3)))
    )
    virtual_ip = draw(st.sampled_from(("", *ADDRESSES)))
    mode = EndpointMode.VIP if virtual_ip else EndpointMode.DNSRR
    ports = tuple(
        PortConfig(target_port=draw(st.sampled_from(PORTS)), published_port=port, protocol=protocol)
        for port, protocol in draw(st.lists(st.tuples(st.sampled_from(PORTS), protocols), max_size=2, unique=True))
    )
    own_names = tuple(draw(st.permutations(NAMES)))[: draw(st.integers(1, 3))]
    return ServiceRoute(draw(networks), service_id, mode, virtual_ip, own_names, ports, backends)


neighbours = st.builds(Neighbour, networks, addresses, st.just(NodeId("node")), st.sampled_from(("1.1.1.1", "2.2.2.2")))
network_routes = st.builds(
    NetworkRoute, networks, st.just("net"), st.just(1), st.just("10.0.0.0/24"), st.booleans(), addresses
)
records = st.one_of(services(), neighbours, network_routes)


@st.composite
def histories(draw: Any) -> list[RouteChanges]:
    """Changes that follow on each other, now and then a whole table."""
    history: list[RouteChanges] = []
    keys: list[tuple[str, ...]] = []
    for version in range(1, draw(st.integers(2, 5))):
        changed: RouteTable = {record.key: record for record in draw(st.lists(records, max_size=6))}
        gone = draw(st.lists(st.sampled_from(keys), max_size=3, unique=True)) if keys else []
        removed = tuple(key for key in gone if key not in changed)
        keys += [key for key in changed if key not in keys]
        whole = version == 1 or draw(st.booleans())
        history.append(RouteChanges(0 if whole else version - 1, version, tuple(changed.values()), removed))
    return history


@given(history=histories())
def test_every_look_up_agrees_with_the_specification(history: list[RouteChanges]) -> None:
    tables, table = ForwardingTables(), RouteTable()
    for changes in history:
        tables.apply(changes)
        table = changes.apply_to(table)
        assert tables.records == table
        assert tables.version == changes.to_version
        compare(tables, table)


def compare(tables: ForwardingTables, table: RouteTable) -> None:
    for network_id in NETWORKS:
        for address in ADDRESSES:
            assert tables.virtual(network_id, address) == forwarding.virtual(table, network_id, address)
    for name in (*NAMES, "tasks.web", "tasks.", "nobody"):
        assert tables.resolve(NETWORKS, name) == names.resolve(table, NETWORKS, name)
        assert tables.resolve(NETWORKS[::-1], name) == names.resolve(table, NETWORKS[::-1], name)
    for port in PORTS:
        for protocol in Protocol:
            assert entry(tables, port, protocol) == forwarding.from_outside(table, RoundRobin(), port, protocol)


def entry(tables: ForwardingTables, port: int, protocol: Protocol) -> tuple[forwarding.Hop, int] | None:
    """What the fabric makes of the tables for a request from outside; every comparison begins with the first turn."""
    found = tables.published(port, protocol)
    if found is None:
        return None
    route, target_port = found
    backend, own_address = RoundRobin().choose(route), tables.own_address(route.network_id)
    if backend is None or own_address is None:
        return None
    node = tables.neighbour(route.network_id, backend.address)
    if node is None:
        return None
    return forwarding.Hop(route.network_id, own_address, backend.address, node), target_port


def test_backends_take_turns_and_a_service_that_comes_back_begins_anew() -> None:
    tables = ForwardingTables()
    ends = tuple(Backend(TaskId(a), NodeId("node"), a) for a in ADDRESSES[:3])
    route = ServiceRoute(NETWORKS[0], ServiceId("s"), EndpointMode.VIP, "10.0.0.9", ("s",), (), ends)
    tables.apply(RouteChanges(0, 1, (route,)))
    assert [tables.choose(route) for _ in range(4)] == [*ends, ends[0]]
    tables.apply(RouteChanges(1, 2, (), (route.key,)))
    tables.apply(RouteChanges(2, 3, (route,)))
    assert tables.choose(route) == ends[0]
