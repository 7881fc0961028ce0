"""Names, balancing and the way of a connection: as Docker documents them, and as the simulated data plane does them."""

import pytest

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.mesh.balance import RoundRobin
from core.mesh.forwarding import from_container, from_outside
from core.mesh.names import Resolution, resolve
from core.mesh.routes import Backend, Neighbour, NetworkRoute, RouteChanges, RouteRecord, RouteTable, ServiceRoute
from core.objects.port import PortConfig, Protocol
from core.objects.service import EndpointMode
from sim.tables import ForwardingTables

FRONT, BACK, INGRESS = NetworkId("front"), NetworkId("back"), NetworkId("ingress")


def network(network_id: NetworkId, third: int) -> NetworkRoute:
    return NetworkRoute(network_id, network_id, 4096 + third, f"10.0.{third}.0/24", third == 0, f"10.0.{third}.254")


def service(network_id: NetworkId, name: str, third: int, tasks: int, vip: bool = True) -> ServiceRoute:
    """A service with `tasks` tasks, the first on node-1, the second on node-2 and so on."""
    ingress = network_id == INGRESS
    return ServiceRoute(
        network_id=network_id,
        service_id=ServiceId(f"id of {name}"),
        mode=EndpointMode.VIP if vip else EndpointMode.DNSRR,
        virtual_ip=f"10.0.{third}.{len(name)}" if vip else "",
        names=() if ingress else (name, f"{name}-alias"),
        ports=(PortConfig(80, 8080),) if ingress else (),
        backends=tuple(
            Backend(TaskId(f"{name}.{task}"), NodeId(f"node-{task}"), f"10.0.{third}.{len(name)}{task}")
            for task in range(1, tasks + 1)
        ),
    )


def neighbours(route: ServiceRoute) -> list[Neighbour]:
    return [
        Neighbour(route.network_id, backend.address, backend.node_id, f"198.18.0.{backend.node_id[-1]}")
        for backend in route.backends
    ]


SERVICES = [
    service(INGRESS, "web", 0, 2),
    service(FRONT, "web", 1, 2),
    service(BACK, "database", 2, 1),
    service(BACK, "cache", 2, 2, vip=False),
    service(FRONT, "starting", 1, 0),
]


@pytest.fixture
def table() -> RouteTable:
    records: list[RouteRecord] = [network(INGRESS, 0), network(FRONT, 1), network(BACK, 2), *SERVICES]
    records += [neighbour for route in SERVICES for neighbour in neighbours(route)]
    return {record.key: record for record in records}


def test_a_service_name_and_its_aliases_mean_its_virtual_address(table: RouteTable) -> None:
    assert resolve(table, [FRONT], "web") == Resolution(FRONT, ("10.0.1.3",))
    assert resolve(table, [FRONT], "web-alias") == Resolution(FRONT, ("10.0.1.3",))


def test_tasks_dot_name_means_every_task(table: RouteTable) -> None:
    assert resolve(table, [FRONT], "tasks.web") == Resolution(FRONT, ("10.0.1.31", "10.0.1.32"))


def test_without_a_virtual_address_the_name_means_every_task(table: RouteTable) -> None:
    assert resolve(table, [BACK], "cache") == Resolution(BACK, ("10.0.2.51", "10.0.2.52"))


def test_names_of_other_networks_are_unknown(table: RouteTable) -> None:
    assert resolve(table, [FRONT], "database") is None
    assert resolve(table, [INGRESS], "web") is None


def test_the_order_of_a_containers_networks_decides(table: RouteTable) -> None:
    table["service", BACK, "id of web"] = service(BACK, "web", 2, 1)
    assert resolve(table, [FRONT, BACK], "web") == Resolution(FRONT, ("10.0.1.3",))
    assert resolve(table, [BACK, FRONT], "web") == Resolution(BACK, ("10.0.2.3",))


def test_backends_take_turns(table: RouteTable) -> None:
    turns = RoundRobin()
    hops = [from_container(table, turns, FRONT, "10.0.1.99", "10.0.1.3") for _ in range(4)]
    assert [hop.node.node_id for hop in hops if hop] == ["node-1", "node-2", "node-1", "node-2"]
    assert {hop.source for hop in hops if hop} == {"10.0.1.254"}


def test_a_service_without_backends_leads_nowhere(table: RouteTable) -> None:
    assert from_container(table, RoundRobin(), FRONT, "10.0.1.99", "10.0.1.8") is None


def test_a_container_reaches_another_directly_and_as_itself(table: RouteTable) -> None:
    hop = from_container(table, RoundRobin(), BACK, "10.0.2.99", "10.0.2.81")
    assert hop is not None
    assert (hop.source, hop.node.node_address) == ("10.0.2.99", "198.18.0.1")


def test_networks_cannot_be_crossed(table: RouteTable) -> None:
    """Isolation: the address is right, the network it is asked on is not."""
    assert from_container(table, RoundRobin(), FRONT, "10.0.1.99", "10.0.2.81") is None
    assert from_container(table, RoundRobin(), FRONT, "10.0.1.99", "10.0.2.8") is None


def test_a_published_port_leads_to_any_backend_and_its_target_port(table: RouteTable) -> None:
    turns = RoundRobin()
    ways = [from_outside(table, turns, 8080, Protocol.TCP) for _ in range(2)]
    assert [(way[0].node.node_id, way[1]) for way in ways if way] == [("node-1", 80), ("node-2", 80)]
    assert from_outside(table, turns, 8080, Protocol.UDP) is None


def test_the_simulated_data_plane_decides_the_same(table: RouteTable) -> None:
    plane = ForwardingTables()
    plane.apply(RouteChanges(0, 1, tuple(table.values())))
    for networks in ([FRONT], [BACK], [FRONT, BACK], [BACK, FRONT], [INGRESS]):
        for name in ("web", "web-alias", "tasks.web", "database", "cache", "tasks.cache", "starting", "nobody"):
            assert plane.resolve(networks, name) == resolve(table, networks, name)
    turns = RoundRobin()
    for _ in range(3):
        published = plane.published(8080, Protocol.TCP)
        way = from_outside(table, turns, 8080, Protocol.TCP)
        assert published is not None
        assert way is not None
        route, target_port = published
        backend = plane.choose(route)
        assert backend is not None
        assert plane.neighbour(route.network_id, backend.address) == way[0].node
        assert target_port == way[1]
