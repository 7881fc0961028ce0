"""The audit rejects stores that no allocator should ever have made."""

from collections.abc import Callable

import pytest
from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core.ids import NodeId
from core.manager.allocator.audit import audit, leaks
from core.manager.draft import Draft
from core.objects import Node, Service, Task
from core.objects.network import NetworkAttachment, NetworkSpec
from core.objects.port import PortConfig, PublishMode
from core.objects.service import Endpoint, EndpointSpec, Replicated, VirtualIP
from core.objects.task import NetworkTarget, TaskState
from core.operations import CreateNetwork
from core.store import Store


def allocated() -> Swarm:
    swarm = Swarm(workers=2)
    for name in ("front", "back"):
        swarm.ask(CreateNetwork(NetworkSpec(name)))
    template = replace(task_spec(), networks=(NetworkTarget("front"), NetworkTarget("back")))  # type: ignore[arg-type]
    swarm.create("web", template, Replicated(2), endpoint=EndpointSpec(ports=(PortConfig(80, 8080),)))
    swarm.create("other", template, Replicated(1))
    swarm.check()
    return swarm


def spoil(store: Store, stored: Node | Service | Task | object) -> list[str]:
    """The audit of a copy of the store in which one object is another."""
    copy = store.copy()
    Draft(copy, store.index + 1, 0).update(stored)  # type: ignore[type-var]  # any stored object
    return audit(copy) + leaks(copy)


def two_tasks_with_one_address(swarm: Swarm) -> object:
    one, other = swarm.running("web")
    return replace(one, attachments=other.attachments)


def a_task_with_a_nodes_address(swarm: Swarm) -> object:
    [task] = swarm.running("other")
    node = swarm.head.nodes[NodeId("w1")]
    return replace(task, attachments=node.attachments)


def a_virtual_address_outside_of_its_subnet(swarm: Swarm) -> object:
    service = swarm.service("web")
    [first, *others] = service.endpoint.virtual_ips
    ips = (VirtualIP(first.network_id, "10.99.0.5/24"), *others)
    return replace(service, endpoint=replace(service.endpoint, virtual_ips=ips))


def the_gateways_address(swarm: Swarm) -> object:
    [task] = swarm.running("other")
    attachment = task.attachments[0]
    gateway = swarm.head.networks[attachment.network_id].subnets[0].gateway
    return replace(task, attachments=(NetworkAttachment(attachment.network_id, f"{gateway}/24"),))


def two_services_with_one_port(swarm: Swarm) -> object:
    service = swarm.service("other")
    return replace(service, endpoint=Endpoint(ports=swarm.service("web").endpoint.ports))


def a_port_of_the_mesh_opened_by_anothers_tasks(swarm: Swarm) -> object:
    service = swarm.service("other")
    [port] = swarm.service("web").endpoint.ports
    return replace(service, endpoint=Endpoint(ports=(replace(port, publish_mode=PublishMode.HOST),)))


def networks_that_overlap(swarm: Swarm) -> object:
    front, back = (network for network in swarm.head.networks.values() if not network.spec.ingress)
    return replace(front, subnets=back.subnets)


def networks_with_one_identifier(swarm: Swarm) -> object:
    front, back = (network for network in swarm.head.networks.values() if not network.spec.ingress)
    return replace(front, vni=back.vni)


def an_orphan_whose_address_was_given_away(swarm: Swarm) -> object:
    one, other = swarm.running("web")
    orphaned = replace(one.status, state=TaskState.ORPHANED)
    return replace(one, status=orphaned, attachments=other.attachments)


def a_node_that_kept_an_address(swarm: Swarm) -> object:
    node = swarm.head.nodes[NodeId("w1")]
    gone = NetworkAttachment(next(iter(swarm.head.networks)), "10.0.0.200/24")
    return replace(node, attachments=(*node.attachments, replace(gone, network_id="gone")))


@pytest.mark.parametrize(
    "fault",
    [
        two_tasks_with_one_address,
        a_task_with_a_nodes_address,
        a_virtual_address_outside_of_its_subnet,
        the_gateways_address,
        two_services_with_one_port,
        a_port_of_the_mesh_opened_by_anothers_tasks,
        networks_that_overlap,
        networks_with_one_identifier,
        an_orphan_whose_address_was_given_away,
        a_node_that_kept_an_address,
    ],
)
def test_a_fault_is_found(fault: Callable[[Swarm], object]) -> None:
    swarm = allocated()
    assert spoil(swarm.committed, fault(swarm)) != []


def test_the_address_of_a_task_that_has_stopped_may_be_somebody_elses() -> None:
    swarm = allocated()
    one, other = swarm.running("web")
    stopped = replace(one.status, state=TaskState.SHUTDOWN)
    assert audit(swarm.committed) == []
    assert spoil(swarm.committed, replace(one, status=stopped, attachments=other.attachments)) == []
