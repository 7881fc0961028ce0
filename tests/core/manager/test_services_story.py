"""Services from creation to removal, as an operator sees them."""

from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core.ids import NetworkId, NodeId
from core.objects.network import NetworkSpec, Subnet
from core.objects.node import Availability, NodeState
from core.objects.port import PortConfig
from core.objects.service import EndpointSpec, Global, Replicated, ServiceSpec
from core.objects.task import NetworkTarget, TaskState
from core.operations import CreateNetwork, CreateService, ErrorCode, Kind, OperationError, UpdateService
from core.timing import SECOND


def test_a_service_runs_with_its_replicas_spread_over_the_nodes() -> None:
    swarm = Swarm(workers=3)
    swarm.create("web", mode=Replicated(6))
    assert swarm.places("web") == {"w1": 2, "w2": 2, "w3": 2}
    assert [task.slot for task in swarm.tasks("web")] == [1, 2, 3, 4, 5, 6]
    swarm.check()


def test_creating_addressing_and_placing_tasks_is_one_transaction() -> None:
    swarm = Swarm(workers=3)
    swarm.settle()
    before = len(swarm.transactions)
    swarm.ask(CreateService(ServiceSpec("web", task_spec(), mode=Replicated(30))))
    swarm.settle(agents=False)
    assert len(swarm.transactions) - before == 2  # the client's and the leader's
    assert {task.status.state for task in swarm.tasks("web")} == {TaskState.ASSIGNED}


def test_a_large_service_comes_in_transactions_of_bounded_size() -> None:
    swarm = Swarm(workers=5)
    swarm.ask(CreateService(ServiceSpec("web", task_spec(), mode=Replicated(1000))))
    swarm.settle(agents=False)
    assert len(swarm.tasks("web")) == 1000
    assert {task.status.state for task in swarm.tasks("web")} == {TaskState.ASSIGNED}
    assert max(len(transaction.changes) for transaction in swarm.transactions) <= 200
    assert len(swarm.transactions) <= 16


def test_scaling_down_keeps_the_spread_and_the_low_slots() -> None:
    swarm = Swarm(workers=3)
    swarm.create("web", mode=Replicated(9))
    swarm.scale("web", 4)
    assert sorted(swarm.places("web").values()) == [1, 1, 2]
    swarm.scale("web", 0)
    assert swarm.tasks("web") == []
    swarm.check()


def test_a_slot_that_is_wanted_again_waits_for_its_last_task_to_stop() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(1))
    [old] = swarm.running("web")
    for replicas in (0, 1):
        service = swarm.service("web")
        swarm.ask(UpdateService(service.id, service.version, replace(service.spec, mode=Replicated(replicas))))
        swarm.settle(agents=False)
    [new] = swarm.wanted("web")
    assert (new.slot, new.desired_state) == (old.slot, TaskState.READY)
    swarm.settle()
    assert [task.id for task in swarm.running("web")] == [new.id]


def test_scaling_up_again_fills_the_lowest_free_slots() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(4))
    swarm.scale("web", 2)
    left = {task.slot for task in swarm.running("web")}
    swarm.scale("web", 3)
    added = {task.slot for task in swarm.running("web")} - left
    assert added == {min({1, 2, 3, 4} - left)}


def test_a_global_service_has_a_task_on_every_node_that_comes_and_none_on_those_that_go() -> None:
    swarm = Swarm(workers=2)
    swarm.create("agent", mode=Global())
    assert swarm.places("agent") == {"w1": 1, "w2": 1}
    late = Swarm(workers=3).head.nodes
    swarm.put(replace(next(node for node in late.values() if node.id == "w3"), version=0, attachments=()))
    swarm.settle()
    assert swarm.places("agent") == {"w1": 1, "w2": 1, "w3": 1}
    swarm.update_node("w2", availability=Availability.DRAIN)
    swarm.settle()
    assert swarm.places("agent") == {"w1": 1, "w3": 1}
    swarm.update_node("w2", availability=Availability.ACTIVE)
    swarm.run_for(10 * SECOND)
    assert swarm.places("agent") == {"w1": 1, "w2": 1, "w3": 1}
    swarm.check()


def test_a_global_service_follows_its_constraints() -> None:
    swarm = Swarm(workers=3)
    swarm.update_node("w1", labels={"disk": "ssd"})
    swarm.create("cache", task_spec(constraints=("node.labels.disk == ssd",)), Global())
    assert swarm.places("cache") == {"w1": 1}
    swarm.update_node("w1", labels={})
    swarm.update_node("w2", labels={"disk": "SSD"})
    swarm.settle()
    assert swarm.places("cache") == {"w2": 1}


def test_a_paused_node_keeps_what_it_has_and_gets_nothing() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(2))
    swarm.update_node("w1", availability=Availability.PAUSE)
    swarm.scale("web", 5)
    assert swarm.places("web") == {"w1": 1, "w2": 4}


def test_removing_a_service_stops_its_tasks_and_frees_what_it_held() -> None:
    swarm = Swarm(workers=3)
    network_id = swarm.ask(CreateNetwork(NetworkSpec("back")))
    assert isinstance(network_id, str)
    swarm.create(
        "web",
        replace(task_spec(), networks=(NetworkTarget("back"),)),  # type: ignore[arg-type]  # a name, as clients may say
        Replicated(4),
        endpoint=EndpointSpec(ports=(PortConfig(80, 8080),)),
    )
    answer = swarm.remove(Kind.NETWORK, "back")
    assert answer == OperationError(ErrorCode.INVALID, "network back is in use by service web")
    assert swarm.remove(Kind.SERVICE, "web") is None
    assert swarm.tasks("web") == []
    assert {len(node.attachments) for node in swarm.head.nodes.values()} == {1}  # ingress
    assert swarm.remove(Kind.NETWORK, "back") is None
    swarm.check()


def test_dynamic_ports_stick_when_others_change() -> None:
    swarm = Swarm()
    service = swarm.create("web", endpoint=EndpointSpec(ports=(PortConfig(80),)))
    assert service.endpoint.ports[0].published_port == 30_000
    ports = (PortConfig(80), PortConfig(443, 8443))
    spec = replace(service.spec, endpoint=EndpointSpec(ports=ports))
    assert swarm.ask(UpdateService(service.id, service.version, spec)) is None
    swarm.settle()
    assert [port.published_port for port in swarm.service("web").endpoint.ports] == [30_000, 8443]
    other = swarm.create("other", endpoint=EndpointSpec(ports=(PortConfig(80),)))
    assert other.endpoint.ports[0].published_port == 30_001
    swarm.check()


def test_a_task_has_an_address_per_network_and_a_node_one_per_network_it_takes_part_in() -> None:
    swarm = Swarm(workers=2)
    swarm.ask(CreateNetwork(NetworkSpec("front")))
    web = swarm.create(
        "web",
        replace(task_spec(), networks=(NetworkTarget("front", aliases=("w",)),)),  # type: ignore[arg-type]  # a name
        endpoint=EndpointSpec(ports=(PortConfig(80, 8080),)),
    )
    networks = {network.spec.name: network for network in swarm.head.networks.values()}
    assert [subnet.subnet for subnet in networks["ingress"].subnets] == ["10.0.0.0/24"]
    assert [subnet.subnet for subnet in networks["front"].subnets] == ["10.0.1.0/24"]
    assert [networks[name].vni for name in ("ingress", "front")] == [4096, 4097]
    [task] = swarm.running("web")
    assert [attachment.network_id for attachment in task.attachments] == [networks["front"].id, "ingress"]
    assert task.attachments[0].aliases == ("w",)
    assert [ip.network_id for ip in web.endpoint.virtual_ips] == [networks["front"].id, "ingress"]
    counts = sorted(len(node.attachments) for node in swarm.head.nodes.values())
    assert counts == [1, 2]
    swarm.check()


def test_a_network_that_a_service_names_twice_is_one_network_with_all_its_aliases() -> None:
    swarm = Swarm(workers=1)
    network_id = swarm.ask(CreateNetwork(NetworkSpec("front")))
    assert isinstance(network_id, str)
    by_name = NetworkTarget("front", aliases=("w",))  # type: ignore[arg-type]  # a name
    targets = (by_name, NetworkTarget(NetworkId(network_id), aliases=("v",)))
    web = swarm.create("web", replace(task_spec(), networks=targets))
    address = web.endpoint.virtual_ips
    assert [ip.network_id for ip in address] == [network_id]
    [task] = swarm.running("web")
    assert [(each.network_id, each.aliases) for each in task.attachments] == [(network_id, ("w", "v"))]
    swarm.update("web", labels={"a": "b"})
    assert swarm.service("web").endpoint.virtual_ips == address
    swarm.remove(Kind.SERVICE, "web")
    swarm.check()


def test_a_node_that_comes_back_to_a_network_before_its_data_plane_has_left_has_the_address_it_had() -> None:
    """Whoever leads by then; and nobody else was given it meanwhile."""
    swarm = Swarm(workers=1)
    network_id = swarm.ask(CreateNetwork(NetworkSpec("front", subnets=(Subnet("10.99.0.0/29"),))))
    template = replace(task_spec(), networks=(NetworkTarget("front"),))  # type: ignore[arg-type]  # a name
    swarm.create("web", template)
    [task] = swarm.running("web")
    before = swarm.head.nodes[NodeId("w1")].attachments
    assert [place.network_id for place in before] == ["ingress", network_id]
    swarm.remove_quietly(Kind.SERVICE, "web")
    swarm.report(task, TaskState.SHUTDOWN)
    swarm.lead()
    swarm.settle(agents=False)
    swarm.create_quietly("other", template, Replicated(2))
    assert swarm.head.nodes[NodeId("w1")].attachments == before
    assert len(swarm.wanted("other")) == 2
    swarm.settle()
    swarm.check()


def test_a_service_without_networks_is_on_none_of_the_swarms_unless_it_publishes() -> None:
    swarm = Swarm(workers=1)
    swarm.create("alone")
    swarm.create("published", endpoint=EndpointSpec(ports=(PortConfig(80, 8080),)))
    networks = {
        name: [place.network_id for place in swarm.running(name)[0].attachments] for name in ("alone", "published")
    }
    assert networks == {"alone": [], "published": ["ingress"]}


def test_a_service_is_told_why_its_tasks_wait() -> None:
    swarm = Swarm(workers=3)
    swarm.create("web", task_spec(constraints=("node.labels.zone == a",)), Replicated(2))
    errs = {task.status.err for task in swarm.tasks("web")}
    assert errs == {"no suitable node (scheduling constraints not satisfied on 3 nodes)"}
    swarm.update_node("w1", labels={"zone": "a"})
    swarm.run_for(SECOND)
    assert swarm.places("web") == {"w1": 2}


def test_a_node_that_is_back_takes_nothing_until_there_is_something_new() -> None:
    """No rebalancing, as in Swarm."""
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(4))
    swarm.set_state("w2", NodeState.DOWN)
    swarm.settle()
    assert swarm.places("web") == {"w1": 4}
    swarm.set_state("w2", NodeState.READY)
    swarm.settle()
    assert swarm.places("web") == {"w1": 4}
    swarm.scale("web", 6)
    assert swarm.places("web") == {"w1": 4, "w2": 2}


def test_scaling_down_also_removes_what_had_ended_in_the_slots() -> None:
    swarm = Swarm(workers=1)
    service = swarm.create("web")
    swarm.report(swarm.running("web")[0], TaskState.FAILED)
    spec = replace(service.spec, mode=Replicated(0))
    swarm.ask(UpdateService(service.id, service.version, spec))  # before the leader has restarted it
    swarm.settle()
    assert swarm.tasks("web") == []


def test_a_paused_node_gets_no_task_of_a_global_service_and_none_again() -> None:
    swarm = Swarm(workers=2)
    swarm.create("old", mode=Global())
    swarm.update_node("w1", availability=Availability.PAUSE)
    swarm.create("new", mode=Global())
    assert swarm.places("old") == {"w1": 1, "w2": 1}
    assert swarm.places("new") == {"w2": 1}
    [failed] = [task for task in swarm.running("old") if task.node_id == "w1"]
    swarm.report(failed, TaskState.FAILED)
    swarm.run_for(60 * SECOND)
    assert [task.id for task in swarm.tasks("old") if task.node_id == "w1"] == [failed.id]
    swarm.update_node("w1", availability=Availability.ACTIVE)
    swarm.run_for(60 * SECOND)
    assert swarm.places("old") == swarm.places("new") == {"w1": 1, "w2": 1}
