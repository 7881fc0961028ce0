"""Names, balancing and the way of a connection, as Docker documents them: what the specification says.

That data planes do the same is their contract (tests/contracts/test_data_plane.py).
"""

import pytest
from msgspec.structs import replace
from route_specification import from_container, from_outside, resolve, reverse

from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.mesh.balance import RoundRobin
from core.mesh.names import Resolution
from core.mesh.routes import Backend, Neighbour, NetworkRoute, RouteRecord, RouteTable, ServiceRoute
from core.objects.port import PortConfig, Protocol
from core.objects.service import EndpointMode

FRONT, BACK, INGRESS = NetworkId("front"), NetworkId("back"), NetworkId("ingress")


def network(network_id: NetworkId, third: int) -> NetworkRoute:
    return NetworkRoute(network_id, network_id, 4096 + third, f"10.0.{third}.0/24", third == 0, f"10.0.{third}.254")


def service(network_id: NetworkId, name: str, third: int, vip: bool = True) -> ServiceRoute:
    ingress = network_id == INGRESS
    return ServiceRoute(
        network_id=network_id,
        service_id=ServiceId(f"id of {name}"),
        mode=EndpointMode.VIP if vip else EndpointMode.DNSRR,
        virtual_ip=f"10.0.{third}.{len(name)}" if vip else "",
        names=() if ingress else (name, f"{name}-alias"),
        ports=(PortConfig(80, 8080),) if ingress else (),
    )


def tasks(network_id: NetworkId, name: str, third: int, count: int) -> list[RouteRecord]:
    """Tasks of a service with their places: the first on node-1, the second on node-2 and so on."""
    records: list[RouteRecord] = []
    for number in range(1, count + 1):
        address, node_id = f"10.0.{third}.{len(name)}{number}", NodeId(f"node-{number}")
        service_id, task_id = ServiceId(f"id of {name}"), TaskId(f"{name}{number}")
        records.append(Backend(network_id, service_id, task_id, node_id, address, number))
        records.append(Neighbour(network_id, address, node_id, f"198.18.0.{number}"))
    return records


RECORDS: list[RouteRecord] = [
    *(network(network_id, third) for third, network_id in enumerate((INGRESS, FRONT, BACK))),
    service(INGRESS, "web", 0),
    service(FRONT, "web", 1),
    service(BACK, "database", 2),
    service(BACK, "cache", 2, vip=False),
    service(FRONT, "starting", 1),
    *tasks(INGRESS, "web", 0, 2),
    *tasks(FRONT, "web", 1, 2),
    *tasks(BACK, "database", 2, 1),
    *tasks(BACK, "cache", 2, 2),
]


@pytest.fixture
def table() -> RouteTable:
    return {record.key: record for record in RECORDS}


def test_a_service_name_and_its_aliases_mean_its_virtual_address(table: RouteTable) -> None:
    assert resolve(table, [FRONT], "web") == Resolution(FRONT, ("10.0.1.3",))
    assert resolve(table, [FRONT], "web-alias") == Resolution(FRONT, ("10.0.1.3",))


def test_tasks_dot_name_means_every_task(table: RouteTable) -> None:
    assert resolve(table, [FRONT], "tasks.web") == Resolution(FRONT, ("10.0.1.31", "10.0.1.32"))


def test_without_a_virtual_address_the_name_means_every_task(table: RouteTable) -> None:
    assert resolve(table, [BACK], "cache") == Resolution(BACK, ("10.0.2.51", "10.0.2.52"))


@pytest.mark.parametrize("name", ["web.2.web2", "web2", "web.2.web2.front", "web2.front"])
def test_a_task_that_takes_connections_is_found_by_its_own_name_and_by_its_id(table: RouteTable, name: str) -> None:
    assert resolve(table, [FRONT], name) == Resolution(FRONT, ("10.0.1.32",))
    del table["backend", FRONT, "id of web", "web2"]
    assert resolve(table, [FRONT], name) is None


def test_a_task_of_a_global_service_is_called_by_its_node(table: RouteTable) -> None:
    table["backend", FRONT, "id of web", "web9"] = backend_of_a_global_service()
    assert resolve(table, [FRONT], "web.node-9.web9") == Resolution(FRONT, ("10.0.1.39",))
    assert reverse(table, [FRONT], "10.0.1.39") == "web.node-9.web9.front"


def backend_of_a_global_service() -> Backend:
    return Backend(FRONT, ServiceId("id of web"), TaskId("web9"), NodeId("node-9"), "10.0.1.39", 0)


@pytest.mark.parametrize("name", ["web.1.web2", "database.2.web2", "web-alias.2.web2", "tasks.web.2.web2", ".web2"])
def test_nothing_else_is_the_name_of_a_task(table: RouteTable, name: str) -> None:
    assert resolve(table, [FRONT], name) is None


def test_a_name_may_end_in_that_of_its_network(table: RouteTable) -> None:
    assert resolve(table, [FRONT, BACK], "web.front") == Resolution(FRONT, ("10.0.1.3",))
    assert resolve(table, [FRONT, BACK], "tasks.web.front") == Resolution(FRONT, ("10.0.1.31", "10.0.1.32"))
    assert resolve(table, [FRONT, BACK], "web.back") is None
    assert resolve(table, [BACK], "web.front") is None


def test_what_is_called_like_that_as_a_whole_comes_first(table: RouteTable) -> None:
    table["service", BACK, "id of web.front"] = service(BACK, "web.front", 2)
    assert resolve(table, [FRONT, BACK], "web.front") == Resolution(BACK, ("10.0.2.9",))


def test_the_reverse_of_a_tasks_address_is_its_name_on_the_network(table: RouteTable) -> None:
    assert reverse(table, [BACK, FRONT], "10.0.1.31") == "web.1.web1.front"
    assert resolve(table, [BACK, FRONT], "web.1.web1.front") == Resolution(FRONT, ("10.0.1.31",))
    assert reverse(table, [BACK], "10.0.1.31") is None
    assert reverse(table, [FRONT], "10.0.1.3") is None, "a virtual address has none"
    assert reverse(table, [INGRESS], "10.0.0.31") is None
    del table["backend", FRONT, "id of web", "web1"]
    assert reverse(table, [FRONT], "10.0.1.31") is None


def test_names_of_other_networks_are_unknown(table: RouteTable) -> None:
    assert resolve(table, [FRONT], "database") is None
    assert resolve(table, [INGRESS], "web") is None


def test_the_order_of_a_containers_networks_decides(table: RouteTable) -> None:
    table["service", BACK, "id of web"] = service(BACK, "web", 2)
    assert resolve(table, [FRONT, BACK], "web") == Resolution(FRONT, ("10.0.1.3",))
    assert resolve(table, [BACK, FRONT], "web") == Resolution(BACK, ("10.0.2.3",))


def test_backends_take_turns(table: RouteTable) -> None:
    turns = RoundRobin()
    hops = [from_container(table, turns, FRONT, "10.0.1.99", "10.0.1.3") for _ in range(4)]
    assert [hop.node.node_id for hop in hops if hop] == ["node-1", "node-2", "node-1", "node-2"]
    assert {hop.source for hop in hops if hop} == {"10.0.1.254"}


def test_the_turn_goes_on_after_the_latest_backend_whoever_comes_or_goes(table: RouteTable) -> None:
    turns = RoundRobin()
    assert hops(table, turns, 2) == ["node-1", "node-2"]
    table.update((record.key, record) for record in tasks(FRONT, "web", 1, 4))
    del table["backend", FRONT, "id of web", "web2"]
    assert hops(table, turns, 4) == ["node-3", "node-4", "node-1", "node-3"]


def hops(table: RouteTable, turns: RoundRobin, count: int) -> list[str]:
    """The nodes that connections to `web` lead to."""
    found = [from_container(table, turns, FRONT, "10.0.1.99", "10.0.1.3") for _ in range(count)]
    return [hop.node.node_id for hop in found if hop is not None]


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


def test_while_tasks_differ_each_is_reached_at_its_own_target_port(table: RouteTable) -> None:
    """An update from port 80 to port 81 has come to the second of two tasks."""
    table["service", INGRESS, "id of web"] = replace(service(INGRESS, "web", 0), ports=(PortConfig(81, 8080),))
    publish(table, "web1", PortConfig(80, 8080))
    publish(table, "web2", PortConfig(81, 8080))
    assert reached(table, 8080) == [("node-1", 80), ("node-2", 81)]


def test_a_port_that_is_published_anew_leads_to_the_tasks_that_publish_it(table: RouteTable) -> None:
    both = (PortConfig(80, 8080), PortConfig(443, 8443))
    table["service", INGRESS, "id of web"] = replace(service(INGRESS, "web", 0), ports=both)
    publish(table, "web1", *both[:1])
    assert reached(table, 8443) == [("node-2", 443), ("node-2", 443)], "a host that does not tell means all of them"
    publish(table, "web2", *both)
    assert reached(table, 8443) == [("node-2", 443), ("node-2", 443)]
    assert reached(table, 8080) == [("node-1", 80), ("node-2", 80)]
    publish(table, "web2", *both[:1])
    assert reached(table, 8443) == []


def publish(table: RouteTable, task_id: str, *ports: PortConfig) -> None:
    """This is what a task of `web` publishes."""
    backend = table["backend", INGRESS, "id of web", task_id]
    assert isinstance(backend, Backend)
    table[backend.key] = replace(backend, ports=ports)


def reached(table: RouteTable, port: int) -> list[tuple[str, int]]:
    """Where two connections in a row are led to: node and target port."""
    turns = RoundRobin()
    ways = [from_outside(table, turns, port, Protocol.TCP) for _ in range(2)]
    return [(way[0].node.node_id, way[1]) for way in ways if way is not None]
