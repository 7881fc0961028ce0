"""The allocator against its plainest description: any history of networks, services, nodes, tasks and leaders.

After each step of the allocator's, nobody holds what another holds; what was given stays given; and whoever has to wait
waits for something that there really is none of, counted anew from the store alone.
"""

from ipaddress import IPv4Address, IPv4Network
from itertools import count
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from leading_head import WALL_NS, node_of, task_spec
from msgspec.structs import replace

from core.ids import ClusterId, NetworkId, NodeId
from core.manager.allocator.allocator import Allocator
from core.manager.allocator.audit import audit, leaks
from core.manager.allocator.holdings import all_holdings, awaits_node, networks_of_task
from core.manager.allocator.ports import ingress_ports
from core.manager.control.control import carry_out
from core.manager.control_loops import ControlLoops
from core.manager.dispatcher.departures import without_departed
from core.manager.draft import Draft
from core.manager.orchestrator.tasks import has_stopped, new_task
from core.objects import Cluster, Network, Service, StoredObject, Task
from core.objects.network import NetworkSpec, Subnet
from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.service import EndpointMode, EndpointSpec, ServiceSpec
from core.objects.task import NetworkTarget, TaskState, is_wanted
from core.operations import CreateNetwork, CreateService, Kind, Remove, UpdateService, Write
from core.parts import finish
from core.store import Conflict, Store, kind_of

NETWORKS = ("n1", "n2", "n3", "n4")
SERVICES = ("a", "b", "c")
NODES = ("w1", "w2", "w3", "w4")
SUBNETS = (
    (),
    (),
    (Subnet("10.9.0.0/29"),),
    (Subnet("10.9.0.0/28", ip_range="10.9.0.8/29"),),
    (Subnet("10.9.1.0/29", gateway="10.9.1.6"),),
)
TINY = Subnet("10.9.2.0/30")
PORTS = (
    (),
    (PortConfig(80),),
    (PortConfig(80), PortConfig(80, protocol=Protocol.SCTP), PortConfig(81)),
    (PortConfig(80), PortConfig(80), PortConfig(80, 30_002, Protocol.UDP), PortConfig(81, 30_002, Protocol.SCTP)),
    (PortConfig(80, 30_000), PortConfig(81)),
    (PortConfig(80, 30_001, publish_mode=PublishMode.HOST), PortConfig(81, publish_mode=PublishMode.HOST)),
)
STOPS = (TaskState.SHUTDOWN, TaskState.FAILED, TaskState.ORPHANED)
specs = st.tuples(
    st.lists(st.sampled_from(NETWORKS), max_size=3),
    st.sampled_from(PORTS),
    st.sampled_from([EndpointMode.VIP, EndpointMode.VIP, EndpointMode.DNSRR]),
)
Spec = tuple[list[str], tuple[PortConfig, ...], EndpointMode]
choices = st.integers(0, 2**16)


class AnyAllocation(RuleBasedStateMachine):
    """Four nodes, networks and tasks that come and go, in a pool of four subnets of thirteen addresses each."""

    @initialize()
    def found(self) -> None:
        self.rng = Random(1)
        self.index = 0
        self.committed = Store()
        self.lead()
        self.write(Cluster(ClusterId("cluster"), default_address_pools=("10.0.0.0/26",), subnet_prefix_length=28))
        self.write(Network(NetworkId("ingress"), NetworkSpec("ingress", ingress=True)))
        for name in NODES[:2]:
            self.write(node_of(name))
        self.ask(CreateNetwork(NetworkSpec("n1", subnets=SUBNETS[-1])))
        self.ask(CreateNetwork(NetworkSpec("n2")))
        self.ask(CreateService(self.spec_of("a", (["n1"], PORTS[0], EndpointMode.VIP))))
        self.ask(CreateService(self.spec_of("b", (["n2", "n1"], PORTS[1], EndpointMode.VIP))))
        self.given: dict[str, object] = {}
        self.numbers: dict[tuple[str, object], object] = {}
        self.forwarded_by: dict[tuple[NodeId, NetworkId], str] = {}
        self.task_numbers = count(1)
        self.make_tasks_of("b", 4)
        self.tasks_are_placed([0, 1, 2])

    def lead(self) -> None:
        """Another leader, who has nothing but the committed store."""
        self.head = self.committed.copy()
        self.allocator = Allocator(self.head)
        self.loops = ControlLoops([self.allocator])
        finish(self.loops.rebuild(0))

    # Writing

    def write(self, stored: StoredObject) -> None:
        draft = self._draft()
        exists = self.head.get(kind_of(stored), stored.id) is not None
        draft.update(stored) if exists else draft.create(stored)
        self._commit(draft)

    def delete(self, stored: StoredObject) -> None:
        draft = self._draft()
        draft.delete(kind_of(stored), stored.id)
        self._commit(draft)

    def ask(self, operation: Write) -> None:
        """What is refused changes nothing."""
        draft = self._draft()
        carry_out(draft, operation, self.rng)
        if not draft.empty:
            self._commit(draft)

    def _draft(self) -> Draft:
        return Draft(self.head, self.index + 1, WALL_NS)

    def _commit(self, draft: Draft) -> None:
        self.loops.tell(0, draft)
        self.index += 1
        assert not isinstance(self.committed.apply(self.index, draft.transaction()), Conflict)

    def allocate(self) -> None:
        """Let the allocator do all it can."""
        for _ in range(100):
            transaction = self.loops.run(0, self._draft())
            if transaction is None:
                return
            self.index += 1
            assert not isinstance(self.committed.apply(self.index, transaction), Conflict)
        raise AssertionError("the allocator does not come to rest")

    # What happens

    @rule(name=st.sampled_from(NETWORKS), subnets=st.sampled_from(SUBNETS))
    def create_network(self, name: str, subnets: tuple[Subnet, ...]) -> None:
        self.ask(CreateNetwork(NetworkSpec(name, subnets=subnets)))

    @rule(name=st.sampled_from(NETWORKS))
    def remove_network(self, name: str) -> None:
        self.ask(Remove(Kind.NETWORK, name))

    @rule(name=st.sampled_from(SERVICES), spec=specs)
    def create_service(self, name: str, spec: Spec) -> None:
        self.ask(CreateService(self.spec_of(name, spec)))

    @rule(name=st.sampled_from(SERVICES), spec=specs)
    def update_service(self, name: str, spec: Spec) -> None:
        service_id = self.head.id_named(Kind.SERVICE, name)
        if service_id is not None:
            service = self.head.services[service_id]  # type: ignore[index]  # the id of a service
            self.ask(UpdateService(service.id, service.version, self.spec_of(name, spec)))

    @rule(first=st.sampled_from(SERVICES), second=st.sampled_from(SERVICES), task_count=st.integers(1, 3))
    def a_service_leaves_its_networks(self, first: str, second: str, task_count: int) -> None:
        """Of two on a network with one address, the second waits: for nothing any more, once it is on none."""
        nowhere: Spec = ([], PORTS[0], EndpointMode.VIP)
        self.ask(CreateNetwork(NetworkSpec("tiny", subnets=(TINY,))))
        for name in (first, second):
            self.update_service(name, (["tiny"], PORTS[0], EndpointMode.VIP))
            self.allocate()
        self.update_service(second, nowhere)
        self.make_tasks_of(second, task_count)
        self.the_allocator_rests()
        self.update_service(first, nowhere)
        self.remove_network("tiny")

    @rule(name=st.sampled_from(SERVICES))
    def remove_service(self, name: str) -> None:
        """Its tasks are to go as well, as an orchestrator would have it."""
        service_id = self.head.id_named(Kind.SERVICE, name)
        self.ask(Remove(Kind.SERVICE, name))
        for task in list(self.head.tasks.values()):
            if task.service_id == service_id:
                self.write(replace(task, desired_state=TaskState.REMOVE))

    @rule(name=st.sampled_from(SERVICES), task_count=st.integers(1, 6))
    def make_tasks_of(self, name: str, task_count: int) -> None:
        for service in [service for service in self.head.services.values() if service.spec.name == name]:
            for _ in range(task_count):
                self.write(new_task(self.rng, service, next(self.task_numbers), WALL_NS))

    @rule(chosen=st.lists(choices, min_size=1, max_size=6))
    def tasks_are_placed(self, chosen: list[int]) -> None:
        self.allocate()
        for choice in chosen:
            pending = [task for task in self.head.tasks.values() if awaits_node(task) and is_wanted(task)]
            nodes = list(self.head.nodes)
            if pending and nodes:
                task = pending[choice % len(pending)]
                status = replace(task.status, state=TaskState.ASSIGNED)
                self.write(replace(task, status=status, node_id=nodes[choice % len(nodes)]))

    @rule(chosen=st.lists(st.tuples(choices, st.sampled_from(STOPS)), min_size=1, max_size=6))
    def tasks_end(self, chosen: list[tuple[int, TaskState]]) -> None:
        for choice, state in chosen:
            placed = [task for task in self.head.tasks.values() if task.node_id and not has_stopped(task)]
            if placed:
                task = placed[choice % len(placed)]
                self.write(replace(task, status=replace(task.status, state=state), desired_state=TaskState.SHUTDOWN))

    @rule(name=st.sampled_from(SERVICES), chosen=st.lists(choices, min_size=1, max_size=6))
    def tasks_are_replaced(self, name: str, chosen: list[int]) -> None:
        """Others get addresses while they stop, and then their nodes leave networks."""
        self.make_tasks_of(name, len(chosen))
        self.tasks_are_placed(chosen)
        self.tasks_are_wanted_no_more(chosen)
        self.make_tasks_of(name, len(chosen))
        self.allocate()
        self.tasks_end([(choice, TaskState.SHUTDOWN) for choice in chosen])
        self.allocate()

    @rule(chosen=st.lists(choices, min_size=1, max_size=6))
    def tasks_are_wanted_no_more(self, chosen: list[int]) -> None:
        for choice in chosen:
            tasks = [task for task in self.head.tasks.values() if is_wanted(task)]
            if tasks:
                self.write(replace(tasks[choice % len(tasks)], desired_state=TaskState.REMOVE))

    @rule()
    def history_is_forgotten(self) -> None:
        for task in [task for task in self.head.tasks.values() if has_stopped(task)]:
            self.delete(task)

    @rule(name=st.sampled_from(NODES))
    def a_node_joins_or_leaves(self, name: str) -> None:
        """It joins where there are addresses to be kept back for it as well."""
        node = self.head.nodes.get(NodeId(name))
        if node is None:
            self.allocate()
            if all(self._free(network_id) > self._kept_back(network_id, 1) for network_id in self.head.networks):
                self.write(node_of(name))
        elif all(has_stopped(task) for task in self.head.tasks_on_node(node.id)):
            for task in list(self.head.tasks_on_node(node.id)):
                self.delete(task)
            self.delete(node)

    @rule()
    def the_leader_changes(self) -> None:
        self.lead()

    @rule()
    def data_planes_leave_networks(self) -> None:
        """As the dispatcher writes it: all that their nodes have no task on any more."""
        for node in list(self.head.nodes.values()):
            rest = without_departed(self.head, node)
            if rest != node:
                held = {place.network_id for place in rest.attachments}
                self.forwarded_by = {
                    key: address for key, address in self.forwarded_by.items() if key[0] != node.id or key[1] in held
                }
                self.write(rest)

    @rule()
    def the_allocator_rests(self) -> None:
        """What is asked for is there, or there is none."""
        self.data_planes_leave_networks()
        self.allocate()
        assert leaks(self.head) == []
        self.allocator.check_invariants()
        for network in self.head.networks.values():
            assert network.subnets or not self._subnets_left(network)
        for service in self.head.services.values():
            self._check_service(service)
        for node in self.head.nodes.values():
            held = {attachment.network_id for attachment in node.attachments}
            assert held == {NetworkId("ingress")} | self._networks_with_containers(node.id), node.id
        for task in self.head.tasks.values():
            self._check_task(task)

    def _networks_with_containers(self, node_id: NodeId) -> set[NetworkId]:
        """Where a node needs an address of its own."""
        tasks = [task for task in self.head.tasks_on_node(node_id) if may_run(task)]
        return {attachment.network_id for task in tasks for attachment in task.attachments}

    def _check_service(self, service: Service) -> None:
        """No two can ask for one number here, and there are dynamic ports enough: only addresses run out."""
        wanted, endpoint = service.spec.endpoint, service.endpoint
        assert endpoint.spec == wanted
        named = {(port.protocol, port.published_port) for port in wanted.ports if port.published_port}
        given = ingress_ports(endpoint)
        assert len(endpoint.ports) == len(wanted.ports)
        assert len(given) == len(set(given)) == sum(p.publish_mode is PublishMode.INGRESS for p in wanted.ports)
        assert all(30_000 <= number <= 32_767 for key in given if key not in named for number in key[1:])
        networks = [target.network_id for target in service.spec.task.networks]
        networks += [NetworkId("ingress")] if wanted.uses_ingress else []
        served = [ip.network_id for ip in endpoint.virtual_ips]
        if wanted.mode is EndpointMode.DNSRR:
            networks = []
        for network_id in networks:
            assert network_id in served or self._free(network_id) <= self._kept_back(network_id, 0)
        assert len(served) == len(set(served))
        assert set(served) <= set(networks)

    def _check_task(self, task: Task) -> None:
        service = self.head.services.get(task.service_id)
        if task.status.state is not TaskState.NEW or not is_wanted(task) or service is None:
            return
        assert task.status.err
        for_want_of = [
            network_id
            for network_id in networks_of_task(self.head, task)
            if self._free(network_id) <= self._kept_back(network_id, 1)
        ]
        assert for_want_of or self._is_short(service), task.status.err

    def _is_short(self, service: Service) -> bool:
        vip = service.spec.endpoint.mode is EndpointMode.VIP
        networks = {target.network_id for target in service.spec.task.networks}
        return vip and len(service.endpoint.virtual_ips) < len(networks)

    def _subnets_left(self, network: Network) -> bool:
        if network.spec.subnets:
            return True
        taken = [IPv4Network(subnet.subnet) for other in self.head.networks.values() for subnet in other.subnets]
        return any(
            not any(map(candidate.overlaps, taken)) for candidate in IPv4Network("10.0.0.0/26").subnets(new_prefix=28)
        )

    def _free(self, network_id: NetworkId) -> int:
        """Addresses that nobody holds; 0 of a network that is not there or has no subnet."""
        network = self.head.networks.get(network_id)
        if network is None or not network.subnets:
            return 0
        [subnet] = network.subnets
        part = IPv4Network(subnet.ip_range or subnet.subnet)
        usable = {str(host) for host in IPv4Network(subnet.subnet).hosts() if host in part} - {subnet.gateway}
        held = {
            str(IPv4Address(holding.address.partition("/")[0]))
            for _, holding in all_holdings(self.head)
            if holding.network_id == network_id
        }
        return len(usable - held)

    def _kept_back(self, network_id: NetworkId, more: int) -> int:
        """For load balancers, once so many more tasks of the network have addresses."""
        unplaced = [
            task
            for task in self.head.tasks.values()
            if awaits_node(task) and network_id in {attachment.network_id for attachment in task.attachments}
        ]
        without = [
            node
            for node in self.head.nodes.values()
            if network_id not in {attachment.network_id for attachment in node.attachments}
        ]
        return min(len(without), len(unplaced) + more)

    def spec_of(self, name: str, spec: Spec) -> ServiceSpec:
        """On those of the networks that there are."""
        networks, ports, mode = spec
        there = [network for network in networks if self.head.id_named(Kind.NETWORK, network) is not None]
        targets = tuple(NetworkTarget(NetworkId(network), aliases=(f"{name}-alias",)) for network in there)
        return ServiceSpec(name, replace(task_spec(), networks=targets), endpoint=EndpointSpec(mode, ports))

    # What always holds

    @precondition(lambda self: hasattr(self, "committed"))
    @invariant()
    def nothing_is_handed_out_twice(self) -> None:
        assert audit(self.committed) == []
        holders: dict[tuple[NetworkId, str], str] = {}
        for task in self.committed.tasks.values():
            if may_run(task):
                for attachment in task.attachments:
                    assert holders.setdefault((attachment.network_id, attachment.address), task.id) == task.id

    @precondition(lambda self: hasattr(self, "task_numbers"))
    @invariant()
    def what_a_task_was_given_stays_its_own(self) -> None:
        for task in self.committed.tasks.values():
            if task.attachments:
                assert self.given.setdefault(task.id, task.attachments) == task.attachments

    @precondition(lambda self: hasattr(self, "task_numbers"))
    @invariant()
    def what_a_node_forwards_by_stays_its_own(self) -> None:
        """On every network that it is not known to have left, while both are there."""
        now = {
            (node.id, place.network_id): place.address
            for node in self.committed.nodes.values()
            for place in node.attachments
        }
        for (node_id, network_id), address in self.forwarded_by.items():
            if node_id in self.committed.nodes and network_id in self.committed.networks:
                assert now.get((node_id, network_id)) == address
        self.forwarded_by = now

    @precondition(lambda self: hasattr(self, "task_numbers"))
    @invariant()
    def numbers_stick_to_services_and_networks(self) -> None:
        """Who has a virtual address on a network, a port or an identifier, and still wants one, keeps that one."""
        now: dict[tuple[str, object], object] = {}
        for service in self.committed.services.values():
            now.update(((service.id, ip.network_id), ip.address) for ip in service.endpoint.virtual_ips)
            asked_for = {
                (port.target_port, port.protocol) for port in service.spec.endpoint.ports if port.published_port
            }
            for port in service.endpoint.ports:
                key = (port.target_port, port.protocol)
                if port.publish_mode is PublishMode.INGRESS and key not in asked_for:
                    alike = next(number for number in count() if (service.id, (*key, number)) not in now)
                    now[service.id, (*key, alike)] = port.published_port
        now.update(((network.id, "vni"), network.vni) for network in self.committed.networks.values() if network.vni)
        both = now.keys() & self.numbers.keys()
        assert [now[key] for key in both] == [self.numbers[key] for key in both]
        self.numbers = now


def may_run(task: Task) -> bool:
    """Whether it has a container, will have one, or nobody can tell."""
    state = task.status.state
    placed = TaskState.ASSIGNED <= state <= TaskState.RUNNING or state is TaskState.ORPHANED
    return placed or (state < TaskState.ASSIGNED and task.desired_state <= TaskState.COMPLETE)


TestAnyAllocation = AnyAllocation.TestCase
TestAnyAllocation.settings = settings(max_examples=150)
