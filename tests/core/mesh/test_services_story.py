"""From what users declare to what containers find: several networks per service, names where they are shared."""

import pytest
from leading_head import Swarm, task_spec
from msgspec.structs import replace
from route_specification import from_container, from_outside, resolve, to_own_ports

from core.ids import NetworkId, NodeId, TaskId
from core.mesh.afresh import afresh
from core.mesh.balance import RoundRobin
from core.mesh.routes import Backend, RouteTable
from core.objects.network import NetworkSpec
from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.service import EndpointMode, EndpointSpec, Replicated, UpdateConfig
from core.objects.task import NetworkTarget, TaskSpec, TaskState
from core.operations import CreateNetwork
from core.timing import SECOND


@pytest.fixture
def shop() -> Swarm:
    """`api` on front and back under another name on each; `web` on front, `db` (dnsrr) on back, which is internal."""
    swarm = Swarm(workers=1)
    swarm.ask(CreateNetwork(NetworkSpec("front")))
    swarm.ask(CreateNetwork(NetworkSpec("back", internal=True)))
    published = EndpointSpec(ports=(PortConfig(8000, 9000),))
    swarm.create("api", on(front=("shop-api",), back=("server",)), Replicated(2), endpoint=published)
    swarm.create("web", on(front=()))
    swarm.create("db", on(back=("store",)), Replicated(2), endpoint=EndpointSpec(EndpointMode.DNSRR))
    return swarm


def on(**networks: tuple[str, ...]) -> TaskSpec:
    targets = tuple(NetworkTarget(NetworkId(name), aliases=aliases) for name, aliases in networks.items())
    return replace(task_spec(), networks=targets)


def table_of(swarm: Swarm) -> RouteTable:
    return afresh(swarm.committed, NodeId("w1"))


def networks_of(swarm: Swarm, name: str) -> list[NetworkId]:
    return [attachment.network_id for attachment in swarm.running(name)[0].attachments]


def found(swarm: Swarm, by: str, name: str) -> tuple[str, ...] | None:
    """The addresses that a container of `by` is told for a name."""
    resolution = resolve(table_of(swarm), networks_of(swarm, by), name)
    return None if resolution is None else resolution.addresses


def addresses(swarm: Swarm, name: str, network: str) -> set[str]:
    """Of the tasks of a service on a network."""
    return {
        attachment.address.partition("/")[0]
        for task in swarm.running(name)
        for attachment in task.attachments
        if swarm.head.networks[attachment.network_id].spec.name == network
    }


def virtual(swarm: Swarm, name: str, network: str) -> str:
    [address] = [
        ip.address.partition("/")[0]
        for ip in swarm.service(name).endpoint.virtual_ips
        if swarm.head.networks[ip.network_id].spec.name == network
    ]
    return address


@pytest.mark.parametrize(
    ("by", "network", "alias", "foreign"),
    [("web", "front", "shop-api", "server"), ("db", "back", "server", "shop-api")],
)
def test_a_service_has_its_aliases_on_the_network_they_were_given_for(
    shop: Swarm, by: str, network: str, alias: str, foreign: str
) -> None:
    for name in ("api", alias):
        assert found(shop, by, name) == (virtual(shop, "api", network),)
        assert set(found(shop, by, f"tasks.{name}") or ()) == addresses(shop, "api", network)
    assert found(shop, by, foreign) is None
    assert found(shop, by, f"tasks.{foreign}") is None


def test_without_a_shared_network_there_is_no_name(shop: Swarm) -> None:
    assert found(shop, "web", "db") is None
    assert found(shop, "db", "web") is None
    assert found(shop, "api", "web") == (virtual(shop, "web", "front"),)


def test_a_service_without_a_virtual_address_is_its_tasks(shop: Swarm) -> None:
    assert shop.service("db").endpoint.virtual_ips == ()
    for name in ("db", "store", "tasks.db", "tasks.store"):
        assert set(found(shop, "api", name) or ()) == addresses(shop, "db", "back")


def test_what_is_not_running_well_is_in_no_table(shop: Swarm) -> None:
    one, other = shop.running("api")
    shop.report(one, TaskState.FAILED)
    shop.settle(agents=False)
    left = {address.address.partition("/")[0] for address in other.attachments}
    assert set(found(shop, "web", "tasks.api") or ()) <= left
    for network in networks_of(shop, "db"):
        hop = from_container(table_of(shop), RoundRobin(), network, "10.0.0.99", virtual(shop, "api", "back"))
        assert hop is not None
        assert hop.address in left


def test_in_mid_update_each_backend_tells_on_ingress_what_its_own_task_publishes(shop: Swarm) -> None:
    """The target port changes; one task of two is of after, and its node's own port is no affair of the mesh."""
    before, after = PortConfig(8000, 9000), PortConfig(8001, 9000)
    own = PortConfig(8002, 9100, publish_mode=PublishMode.HOST)
    shop.update("api", endpoint=EndpointSpec(ports=(after, own)), update=UpdateConfig(delay_ns=10 * SECOND))
    shop.run_for(2 * SECOND)
    old, new = sorted(shop.running("api"), key=lambda task: task.created_at)
    assert told(shop, "ingress") == {old.id: (before,), new.id: (after,)}
    assert told(shop, "front") == told(shop, "back") == {old.id: (), new.id: ()}
    turns, table = RoundRobin(), table_of(shop)
    ways = [from_outside(table, turns, 9000, Protocol.TCP) for _ in range(2)]
    assert {way[1] for way in ways if way is not None} == {8000, 8001}


def told(swarm: Swarm, network: str) -> dict[TaskId, tuple[PortConfig, ...] | None]:
    """What the backends of `api` on a network publish, by task."""
    return {
        record.task_id: record.ports
        for record in table_of(swarm).values()
        if isinstance(record, Backend)
        and record.service_id == swarm.service("api").id
        and swarm.head.networks[record.network_id].spec.name == network
    }


def test_an_internal_network_leads_nowhere_but_a_published_service_is_reached(shop: Swarm) -> None:
    table = table_of(shop)
    assert not to_own_ports(table, networks_of(shop, "db"))
    assert to_own_ports(table, networks_of(shop, "web"))
    assert to_own_ports(table, networks_of(shop, "api"))
    assert to_own_ports(table, ())
    way = from_outside(table, RoundRobin(), 9000, Protocol.TCP)
    assert way is not None
    assert way[0].address in addresses(shop, "api", "ingress")
