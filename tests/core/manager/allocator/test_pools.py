"""Addresses, subnets and ports, each against the plainest way to say the same."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.ids import ClusterId, NetworkId, ServiceId
from core.manager.allocator.addresses import AddressPool, address_number
from core.manager.allocator.ports import FIRST_DYNAMIC_PORT, LAST_DYNAMIC_PORT, PortPool
from core.manager.allocator.subnets import FIRST_VNI, next_subnet, next_vni
from core.objects import Cluster, Network
from core.objects.network import NetworkSpec, Subnet
from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.service import Endpoint, EndpointSpec, Service, ServiceSpec
from core.objects.task import ContainerSpec, TaskSpec

SUBNETS = [
    Subnet("10.0.0.0/29"),
    Subnet("10.0.0.0/29", gateway="10.0.0.6"),
    Subnet("10.0.0.0/28", ip_range="10.0.0.8/30"),
    Subnet("10.0.0.0/29", gateway="10.0.0.2", ip_range="10.0.0.0/30"),
]


def usable(subnet: Subnet) -> set[int]:
    pool = IPv4Network(subnet.subnet)
    part = IPv4Network(subnet.ip_range or subnet.subnet)
    gateway = IPv4Address(subnet.gateway) if subnet.gateway else pool.network_address + 1
    return {int(address) for address in pool.hosts() if address in part and address != gateway}


@pytest.mark.parametrize("subnet", SUBNETS)
@given(acts=st.lists(st.tuples(st.booleans(), st.integers(0, 99)), max_size=60))
def test_every_address_is_usable_and_has_one_holder(subnet: Subnet, acts: list[tuple[bool, int]]) -> None:
    pool = AddressPool(subnet)
    held: dict[int, str] = {}
    assert pool.size == len(usable(subnet))
    for number, (take, choice) in enumerate(acts):
        if take:
            address = pool.take(f"h{number}")
            assert (address is None) == (len(held) == len(usable(subnet)))
            if address is not None:
                assert address.endswith("/" + subnet.subnet.partition("/")[2])
                assert address_number(address) in usable(subnet) - set(held)
                held[address_number(address)] = f"h{number}"
        elif held:
            freed = sorted(held)[choice % len(held)]
            pool.release(f"{IPv4Address(freed)}/29", "someone else")
            pool.release(f"{IPv4Address(freed)}/29", held.pop(freed))
        assert pool.held == held


def test_a_freed_address_is_used_again_as_late_as_possible() -> None:
    pool = AddressPool(Subnet("10.0.0.0/29"))
    first = pool.take("a")
    assert first == "10.0.0.2/29"
    pool.release(first, "a")
    assert [pool.take("b") for _ in range(5)] == [f"10.0.0.{last}/29" for last in (3, 4, 5, 6, 2)]
    assert pool.take("c") is None


def test_holding_anew_what_somebody_has_is_impossible() -> None:
    pool = AddressPool(Subnet("10.0.0.0/29"))
    pool.hold("10.0.0.3/29", "a")
    pool.hold("10.0.0.3/29", "a")
    with pytest.raises(AssertionError):
        pool.hold("10.0.0.3/29", "b")


def network(name: str, subnet: str = "", vni: int = 0) -> Network:
    subnets = (Subnet(subnet),) if subnet else ()
    return Network(NetworkId(name), NetworkSpec(name), vni, subnets)


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ([], "10.0.0.0/24"),
        (["10.0.0.0/24"], "10.0.1.0/24"),
        (["10.0.1.0/24"], "10.0.0.0/24"),
        (["10.0.0.0/20"], "10.0.16.0/24"),
        (["10.0.0.128/28", "10.0.1.0/24"], "10.0.2.0/24"),
        (["10.0.0.0/8"], "172.30.0.0/24"),
        (["10.0.0.0/8", "172.30.0.0/23"], None),
    ],
)
def test_a_network_without_a_subnet_gets_the_next_one_that_overlaps_with_none(
    taken: list[str], expected: str | None
) -> None:
    cluster = Cluster(ClusterId("c"), default_address_pools=("10.0.0.0/8", "172.30.0.0/23"))
    subnet = next_subnet(cluster, [network(f"n{number}", text) for number, text in enumerate(taken)])
    assert (subnet.subnet if subnet is not None else None) == expected
    if subnet is not None:
        assert subnet.gateway == str(IPv4Network(subnet.subnet).network_address + 1)


def test_vxlan_identifiers_are_the_lowest_free() -> None:
    assert next_vni([]) == FIRST_VNI
    assert next_vni([network("a", vni=FIRST_VNI), network("b", vni=FIRST_VNI + 2)]) == FIRST_VNI + 1


def publishing(name: str, *ports: PortConfig, given: tuple[PortConfig, ...] = ()) -> Service:
    spec = ServiceSpec(name, TaskSpec(ContainerSpec("app")), endpoint=EndpointSpec(ports=ports))
    return Service(ServiceId(name), spec, endpoint=Endpoint(spec.endpoint, given))


def numbers(ports: tuple[PortConfig, ...]) -> list[int]:
    return [port.published_port for port in ports]


def assigned(pool: PortPool, service: Service) -> list[int]:
    """The numbers for all its ports."""
    ports, problem = pool.assign(service)
    assert not problem
    return numbers(ports)


def given_to(pool: PortPool, service: Service) -> Service:
    """The service with the ports that the pool assigns, which are held from now on."""
    ports, problem = pool.assign(service)
    assert not problem
    served = replace(service, endpoint=Endpoint(service.spec.endpoint, ports))
    pool.follow(None, served)
    return served


def test_dynamic_ports_are_unique_per_protocol_sticky_and_run_out() -> None:
    pool = PortPool()
    one = given_to(pool, publishing("one", PortConfig(80), PortConfig(81), PortConfig(80, protocol=Protocol.UDP)))
    assert numbers(one.endpoint.ports) == [30_000, 30_001, 30_000]
    assert assigned(pool, publishing("one", PortConfig(81), given=one.endpoint.ports)) == [30_001]
    everything = tuple(PortConfig(80, number) for number in range(FIRST_DYNAMIC_PORT + 2, LAST_DYNAMIC_PORT + 1))
    pool.follow(None, publishing("other", given=everything))
    host = PortConfig(1, publish_mode=PublishMode.HOST)  # its node chooses
    third = publishing("third", PortConfig(1), host)
    assert pool.assign(third) == ((host,), "all tcp ports from 30000 to 32767 are in use")
    third = publishing("third", host, PortConfig(1, 30_000))
    assert pool.assign(third) == ((host,), "port 30000/tcp is in use by another service")
    pool.follow(one, None)
    assert set(pool.held.values()) == {"other"}
    pool.check_invariants([publishing("other", given=everything)])


def test_sctp_ports_are_given_like_the_others() -> None:
    sctp = PortConfig(80, protocol=Protocol.SCTP)
    assert numbers(given_to(PortPool(), publishing("one", sctp, PortConfig(80))).endpoint.ports) == [30_000, 30_000]


def test_ports_that_differ_in_nothing_keep_their_numbers_too() -> None:
    pool = PortPool()
    one = given_to(pool, publishing("one", PortConfig(80), PortConfig(80)))
    assert numbers(one.endpoint.ports) == [30_000, 30_001]
    assert pool.assign(one) == (one.endpoint.ports, "")
    more = publishing("one", PortConfig(80), PortConfig(80), PortConfig(443, 8443), given=one.endpoint.ports)
    assert assigned(pool, more) == [30_000, 30_001, 8443]


def test_a_port_that_is_asked_for_by_number_is_given_to_nobody_else() -> None:
    """Whether its service has it already or not, and whether all nodes open it or just those with a task."""
    pool = PortPool()
    pool.follow(None, publishing("one", PortConfig(80, 30_000)))
    pool.follow(None, publishing("two", PortConfig(80, 30_001, publish_mode=PublishMode.HOST)))
    assert assigned(pool, publishing("three", PortConfig(80))) == [30_002]
    assert assigned(pool, publishing("three", PortConfig(80, protocol=Protocol.UDP))) == [30_000]


def test_a_number_that_another_service_got_meanwhile_is_not_kept() -> None:
    pool = PortPool()
    pool.follow(None, publishing("one", given=(PortConfig(80, 30_000),)))
    assert assigned(pool, publishing("two", PortConfig(80), given=(PortConfig(80, 30_000),))) == [30_001]
