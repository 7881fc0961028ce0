"""What every data plane promises a host (`core.ports.DataPlane`): what it programs, what it answers, where it forwards.

Where it forwards is compared with the specification, look-up by look-up, after every part of any history.
"""

from typing import Any

import pytest
from data_plane_benches import DataPlaneBench, SimulatedDataPlane
from hypothesis import given
from hypothesis import strategies as st
from route_specification import Programmed, from_container, from_outside, parts, resolve, reverse, to_own_ports

from core.events import RoutesApplied, RoutesFailed
from core.ids import NetworkId, NodeId, ServiceId, TaskId
from core.mesh import transfer
from core.mesh.balance import RoundRobin
from core.mesh.routes import Backend, Neighbour, NetworkRoute, RouteChanges, RouteRecord, ServiceRoute
from core.mesh.transfer import Transfer
from core.objects.port import PortConfig, Protocol
from core.objects.service import EndpointMode

PLANES = [SimulatedDataPlane]
NETWORKS = (NetworkId("n1"), NetworkId("n2"))
SERVICES = (ServiceId("s1"), ServiceId("s2"), ServiceId("s3"))
NAMES = ("web", "tasks", "web.front")
CALLED = ("front", "front.back")
TASK_NAMES = ("t0", "web.1.t0", "web.node.t0", "tasks.1.t0", "web.t0", "tasks.t0")
NAMES_ON_A_NETWORK = ("web.front.back", "tasks.web.front", "t0.front", "web.1.t0.front.back", ".front")
ASKED_NAMES = (*NAMES, "tasks.web", "tasks.", "nobody", *TASK_NAMES, *NAMES_ON_A_NETWORK)
PORTS = (80, 81)
ADDRESSES = tuple(f"10.0.0.{number}" for number in range(4))
OWN = "10.0.0.77"

protocols = st.sampled_from(Protocol)
networks = st.sampled_from(NETWORKS)
addresses = st.sampled_from(ADDRESSES)
task_ids = st.sampled_from([TaskId(f"t{number}") for number in range(4)])


@st.composite
def services(draw: Any) -> ServiceRoute:
    virtual_ip = draw(st.sampled_from(("", *ADDRESSES)))
    mode = EndpointMode.VIP if virtual_ip else EndpointMode.DNSRR
    ports = tuple(
        PortConfig(target_port=draw(st.sampled_from(PORTS)), published_port=port, protocol=protocol)
        for port, protocol in draw(st.lists(st.tuples(st.sampled_from(PORTS), protocols), max_size=2, unique=True))
    )
    names = tuple(draw(st.permutations(NAMES)))[: draw(st.integers(0, 3))]
    return ServiceRoute(draw(networks), draw(st.sampled_from(SERVICES)), mode, virtual_ip, names, ports)


own_ports = st.lists(st.builds(PortConfig, st.sampled_from(PORTS), st.sampled_from((0, *PORTS)), protocols), max_size=2)
backends = st.builds(
    Backend,
    networks,
    st.sampled_from(SERVICES),
    task_ids,
    st.just(NodeId("node")),
    addresses,
    st.integers(0, 1),
    st.none() | own_ports.map(tuple),
)
neighbours = st.builds(Neighbour, networks, addresses, st.just(NodeId("node")), st.sampled_from(("1.1.1.1", "2.2.2.2")))
network_routes = st.builds(
    NetworkRoute,
    networks,
    st.sampled_from(CALLED),
    st.just(1),
    st.just("10.0.0.0/24"),
    st.booleans(),
    st.sampled_from(("", *ADDRESSES)),
    st.booleans(),
)
records = st.one_of(services(), backends, backends, neighbours, network_routes)


@st.composite
def histories(draw: Any) -> list[Transfer]:
    """Transfers that follow on each other, now and then a whole table."""
    history: list[Transfer] = []
    keys: list[tuple[str, ...]] = []
    for version in range(1, draw(st.integers(2, 5))):
        changed = {record.key: record for record in draw(st.lists(records, max_size=8))}
        gone = draw(st.lists(st.sampled_from(keys), max_size=3, unique=True)) if keys else []
        keys += [key for key in changed if key not in keys]
        whole = version == 1 or draw(st.booleans())
        removed = () if whole else tuple(key for key in gone if key not in changed)
        history.append(Transfer(0 if whole else version - 1, version, [tuple(changed.values())], [removed]))
    return history


class Specified:
    """What the specification makes of the same parts."""

    def __init__(self) -> None:
        self.programmed = Programmed()
        self.turns = RoundRobin()

    def program(self, part: RouteChanges) -> bool:
        """Take it, or say that it does not fit."""
        if not self.programmed.takes(part):
            return False
        before, self.programmed = self.programmed.table, self.programmed.after(part)
        for key in before:
            if key not in self.programmed.table:
                self.turns.forget(key)
        return True


def compare(plane: DataPlaneBench, specified: Specified) -> None:
    """Every look-up; each takes the same turns on both sides."""
    table, turns = specified.programmed.table, specified.turns
    for network_id in NETWORKS:
        for address in ADDRESSES:
            expected = from_container(table, turns, network_id, OWN, address)
            assert plane.from_container(network_id, OWN, address) == expected
    for some in ((), NETWORKS[:1], NETWORKS):
        assert plane.to_own_ports(some) == to_own_ports(table, some)
    for order in (NETWORKS, NETWORKS[::-1]):
        for address in ADDRESSES:
            assert plane.reverse(order, address) == reverse(table, order, address)
    for name in ASKED_NAMES:
        for order in (NETWORKS, NETWORKS[::-1]):
            assert plane.resolve(order, name) == resolve(table, order, name)
    for port in PORTS:
        for protocol in Protocol:
            assert plane.from_outside(port, protocol) == from_outside(table, turns, port, protocol)


@pytest.mark.parametrize("plane_type", PLANES)
@given(history=histories(), size=st.integers(1, 9))
def test_it_forwards_as_specified_after_every_part(
    plane_type: type[SimulatedDataPlane], history: list[Transfer], size: int
) -> None:
    plane: DataPlaneBench = plane_type()
    specified = Specified()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "MAX_RECORDS", size)
        for part in [part for each in history for part in parts(each)]:
            ticket = plane.program(part)
            plane.settle()
            assert specified.program(part)
            assert plane.heard[-1] == RoutesApplied(ticket)
            compare(plane, specified)


@pytest.mark.parametrize("plane_type", PLANES)
@given(history=histories(), data=st.data())
def test_what_does_not_follow_or_fails_leaves_it_as_it_was(
    plane_type: type[SimulatedDataPlane], history: list[Transfer], data: st.DataObject
) -> None:
    """Parts in any order, some given while it is broken: it takes just those that the specification takes."""
    plane: DataPlaneBench = plane_type()
    specified = Specified()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "MAX_RECORDS", 2)
        everything = [part for each in history for part in parts(each)]
        for number, part in enumerate(data.draw(st.lists(st.sampled_from(everything), max_size=10)), start=1):
            broken = data.draw(st.booleans())
            (plane.break_down if broken else plane.repair)()
            ticket = plane.program(part)
            plane.settle()
            taken = not broken and specified.program(part)
            assert len(plane.heard) == number
            report = plane.heard[-1]
            assert isinstance(report, RoutesApplied if taken else RoutesFailed)
            assert report.ticket == ticket
            compare(plane, specified)


@pytest.fixture(params=PLANES)
def plane(request: pytest.FixtureRequest) -> DataPlaneBench:
    made: DataPlaneBench = request.param()
    return made


def neighbour(address: str, node_address: str = "1.1.1.1") -> RouteRecord:
    return Neighbour(NETWORKS[0], address, NodeId("node"), node_address)


def reached(plane: DataPlaneBench) -> list[str]:
    """The addresses that a container reaches."""
    return [address for address in ADDRESSES if plane.from_container(NETWORKS[0], OWN, address) is not None]


def test_of_two_tasks_with_one_address_or_one_id_the_first_by_service_is_meant(plane: DataPlaneBench) -> None:
    """Whichever came first; and when it goes, the other."""
    network = NetworkRoute(NETWORKS[0], "front", 1, "10.0.0.0/24", False, OWN)
    routes = [ServiceRoute(NETWORKS[0], each, EndpointMode.DNSRR, "", (each,), ()) for each in SERVICES]
    both = [Backend(NETWORKS[0], service_id, TaskId("t0"), NodeId("node"), ADDRESSES[0], 1) for service_id in SERVICES]
    plane.program(RouteChanges(0, 1, changed=(network, *routes, both[1], both[0], both[2])))
    for version, backend in enumerate(both, start=1):
        plane.settle()
        name = f"{backend.service_id}.1.t0"
        assert plane.reverse(NETWORKS, ADDRESSES[0]) == f"{name}.front"
        assert plane.resolve(NETWORKS, name) is not None
        plane.program(RouteChanges(version, version + 1, removed=(backend.key,)))
    plane.settle()
    assert plane.reverse(NETWORKS, ADDRESSES[0]) is None


def test_parts_given_at_once_are_programmed_and_answered_in_order(plane: DataPlaneBench) -> None:
    given_parts = (
        RouteChanges(0, 3, changed=(neighbour(ADDRESSES[0]),)),
        RouteChanges(3, 5, last=False, changed=(neighbour(ADDRESSES[1]),)),
        RouteChanges(3, 5, position=1, removed=(neighbour(ADDRESSES[0]).key,)),
    )
    tickets = [plane.program(part) for part in given_parts]
    plane.settle()
    assert plane.heard == [RoutesApplied(ticket) for ticket in tickets]
    assert reached(plane) == [ADDRESSES[1]]


def test_an_order_given_again_before_it_is_answered_is_carried_out_once(plane: DataPlaneBench) -> None:
    first = plane.program(RouteChanges(0, 1))
    ticket = plane.program(RouteChanges(1, 2, changed=(neighbour(ADDRESSES[0]),)))
    plane.repeat()
    plane.repeat()
    plane.settle()
    assert plane.heard == [RoutesApplied(first), RoutesApplied(ticket)]


def test_an_order_given_again_after_it_was_answered_is_answered_again_and_does_nothing(plane: DataPlaneBench) -> None:
    """The last part of a whole table, carried out twice, would remove what the parts before it have brought."""
    plane.program(RouteChanges(0, 1, last=False, changed=(neighbour(ADDRESSES[0]),)))
    ticket = plane.program(RouteChanges(0, 1, position=1, changed=(neighbour(ADDRESSES[1]),)))
    plane.settle()
    plane.repeat()
    assert plane.heard.count(RoutesApplied(ticket)) == 1, "never within the call"
    plane.settle()
    assert plane.heard.count(RoutesApplied(ticket)) == 2
    assert reached(plane) == [ADDRESSES[0], ADDRESSES[1]]


def test_a_failure_that_is_asked_for_again_stays_one(plane: DataPlaneBench) -> None:
    plane.break_down()
    ticket = plane.program(RouteChanges(0, 1, changed=(neighbour(ADDRESSES[0]),)))
    plane.settle()
    plane.repair()
    plane.repeat()
    plane.settle()
    assert plane.heard[0] == plane.heard[1]
    assert isinstance(plane.heard[1], RoutesFailed)
    assert plane.heard[1].ticket == ticket
    assert reached(plane) == []


def test_a_part_is_answered_even_if_a_whole_table_is_given_after_it(plane: DataPlaneBench) -> None:
    """A session ended with a part under way: versions and positions are the same, the tickets are not."""
    plane.program(RouteChanges(0, 5, changed=(neighbour(ADDRESSES[0]),)))
    plane.settle()
    of_before = plane.program(RouteChanges(5, 8, last=False, changed=(neighbour(ADDRESSES[1]),)))
    of_now = plane.program(RouteChanges(0, 8, changed=(neighbour(ADDRESSES[2]),)))
    plane.settle()
    assert plane.heard[1:] == [RoutesApplied(of_before), RoutesApplied(of_now)]
    assert reached(plane) == [ADDRESSES[2]]


def test_a_whole_table_loses_nothing_that_is_in_both_and_removes_the_rest_at_its_end(plane: DataPlaneBench) -> None:
    plane.program(RouteChanges(0, 1, changed=tuple(map(neighbour, ADDRESSES[:3]))))
    plane.settle()
    plane.program(RouteChanges(0, 2, last=False, changed=(neighbour(ADDRESSES[3]),)))
    plane.settle()
    assert reached(plane) == list(ADDRESSES)
    plane.program(RouteChanges(0, 2, position=1, changed=(neighbour(ADDRESSES[0], "2.2.2.2"),)))
    plane.settle()
    assert reached(plane) == [ADDRESSES[0], ADDRESSES[3]]


def test_a_whole_table_that_begins_again_forgets_what_its_first_attempt_brought(plane: DataPlaneBench) -> None:
    plane.program(RouteChanges(0, 1, last=False, changed=(neighbour(ADDRESSES[0]),)))
    plane.program(RouteChanges(0, 2, last=False, changed=(neighbour(ADDRESSES[1]),)))
    plane.program(RouteChanges(0, 2, position=1, changed=(neighbour(ADDRESSES[2]),)))
    plane.settle()
    assert reached(plane) == [ADDRESSES[1], ADDRESSES[2]]


def test_a_failure_is_told_once_and_the_old_table_stays(plane: DataPlaneBench) -> None:
    plane.program(RouteChanges(0, 1, changed=(neighbour(ADDRESSES[0]),)))
    plane.settle()
    plane.break_down()
    ticket = plane.program(RouteChanges(0, 2, changed=(neighbour(ADDRESSES[1]),)))
    plane.settle()
    (_, failed) = plane.heard
    assert isinstance(failed, RoutesFailed)
    assert failed.ticket == ticket
    assert failed.reason
    assert reached(plane) == [ADDRESSES[0]]


def test_changes_for_another_version_are_refused(plane: DataPlaneBench) -> None:
    plane.program(RouteChanges(0, 4, changed=(neighbour(ADDRESSES[0]),)))
    plane.program(RouteChanges(3, 5, changed=(neighbour(ADDRESSES[1]),)))
    plane.settle()
    assert isinstance(plane.heard[-1], RoutesFailed)
    assert reached(plane) == [ADDRESSES[0]]
