"""Networks as clients declare and remove them: subnets of their own, the ingress network, what is still in use."""

import pytest
from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core.ids import NetworkId, NodeId
from core.objects.network import NetworkSpec, Subnet
from core.objects.node import NodeState
from core.objects.port import PortConfig
from core.objects.service import EndpointSpec, Replicated
from core.objects.task import NetworkTarget, TaskState
from core.operations import CreateNetwork, ErrorCode, Kind, OperationError, Remove


def refusal(answer: object) -> str:
    assert isinstance(answer, OperationError), answer
    return answer.message


@pytest.mark.parametrize(
    ("subnet", "message"),
    [
        (Subnet("all"), "ipam configuration: invalid subnet all"),
        (Subnet("10.1.2.3/24"), "ipam configuration: invalid subnet 10.1.2.3/24"),
        (Subnet("2001:db8::/64"), "ipam configuration: invalid subnet 2001:db8::/64"),
        (Subnet("10.0.0.0/7"), "ipam configuration: invalid subnet 10.0.0.0/7: its prefix must be between /8 and /30"),
        (Subnet("10.1.2.2/31"), "ipam configuration: invalid subnet 10.1.2.2/31: its prefix must be"),
        (Subnet("10.1.2.0/24", ip_range="some"), "ipam configuration: invalid range some"),
        (
            Subnet("10.1.2.0/24", ip_range="10.1.3.0/28"),
            "ipam configuration: subnet 10.1.2.0/24 does not contain range 10.1.3.0/28",
        ),
        (Subnet("10.1.2.0/24", gateway="router"), "ipam configuration: invalid gateway router"),
        (
            Subnet("10.1.2.0/24", gateway="10.1.3.1"),
            "ipam configuration: subnet 10.1.2.0/24 does not contain gateway 10.1.3.1",
        ),
        (
            Subnet("10.1.2.0/24", gateway="10.1.2.255"),
            "ipam configuration: invalid gateway 10.1.2.255: it is the first or last address of 10.1.2.0/24",
        ),
    ],
)
def test_a_subnet_that_does_not_fit_together_is_refused(subnet: Subnet, message: str) -> None:
    answer = Swarm(workers=1).ask(CreateNetwork(NetworkSpec("n", subnets=(subnet,))))
    assert refusal(answer).startswith(message)


def test_what_is_declared_of_a_network_is_kept() -> None:
    swarm = Swarm(workers=1)
    subnet = Subnet("10.5.0.0/24", gateway="10.5.0.254", ip_range="10.5.0.64/26")
    spec = NetworkSpec("n", {"k": "v"}, subnets=(subnet,), internal=True, attachable=True, options={"encrypted": ""})
    network_id = swarm.ask(CreateNetwork(spec))
    template = replace(task_spec(), networks=(NetworkTarget(NetworkId("n")),))
    swarm.create("web", template)
    stored = swarm.head.networks[NetworkId(str(network_id))]
    assert (stored.spec, stored.subnets) == (spec, (subnet,))
    [task] = swarm.running("web")
    assert [each.address for each in task.attachments] == ["10.5.0.65/24"], "the service's own address is .64"


def test_the_ingress_network_may_be_replaced_while_nothing_is_published_there() -> None:
    swarm = Swarm(workers=2)
    published = EndpointSpec(ports=(PortConfig(80, 8080),))
    swarm.create("web", mode=Replicated(2), endpoint=published)
    answer = swarm.remove(Kind.NETWORK, "ingress")
    assert refusal(answer) == "ingress network cannot be removed because service web depends on it"
    assert swarm.remove(Kind.SERVICE, "web") is None
    assert swarm.remove(Kind.NETWORK, "ingress") is None
    assert all(node.attachments == () for node in swarm.head.nodes.values())
    nowhere = "service needs ingress network, but no ingress network is present"
    with pytest.raises(AssertionError, match=nowhere):
        swarm.create("web", endpoint=published)
    both = NetworkSpec("door", subnets=(Subnet("10.8.0.0/24"),), ingress=True, attachable=True)
    assert refusal(swarm.ask(CreateNetwork(both))) == "ingress network cannot be attachable"
    door = swarm.ask(CreateNetwork(replace(both, attachable=False)))
    swarm.create("web", mode=Replicated(2), endpoint=published)
    assert len(swarm.running("web")) == 2
    for node in swarm.head.nodes.values():
        assert [(each.network_id, each.address[:7]) for each in node.attachments] == [(door, "10.8.0.")]
    swarm.check()


def test_a_network_stays_until_every_task_has_given_its_address_up() -> None:
    """Also the one on a node that is lost: it may still run, and what it sends must not meet another network."""
    swarm = Swarm(workers=1)
    swarm.ask(CreateNetwork(NetworkSpec("front")))
    template = replace(task_spec(), networks=(NetworkTarget(NetworkId("front")),))
    swarm.create("web", template)
    [task] = swarm.running("web")
    swarm.set_state("w1", NodeState.DOWN)
    assert swarm.remove(Kind.SERVICE, "web") is None
    in_use = OperationError(ErrorCode.INVALID, f"network front is in use by task {task.id}")
    assert swarm.remove(Kind.NETWORK, "front") == in_use
    orphaned = replace(swarm.head.tasks[task.id], status=replace(task.status, state=TaskState.ORPHANED))
    swarm.put(orphaned)
    assert swarm.remove(Kind.NETWORK, "front") == in_use
    assert swarm.remove(Kind.NODE, NodeId("w1")) is None
    assert swarm.remove(Kind.NETWORK, "front") is None
    swarm.check()


def test_a_network_does_not_stay_for_load_balancers_which_have_nothing_of_it_any_more_when_it_goes() -> None:
    swarm = Swarm(workers=1)
    swarm.ask(CreateNetwork(NetworkSpec("front")))
    swarm.create("web", replace(task_spec(), networks=(NetworkTarget(NetworkId("front")),)))
    [task] = swarm.running("web")
    assert swarm.ask(Remove(Kind.SERVICE, "web")) is None
    swarm.settle(agents=False)
    swarm.report(task, TaskState.SHUTDOWN)
    swarm.settle(agents=False)
    assert len(swarm.head.nodes[NodeId("w1")].attachments) == 2, "its data plane has not left the network"
    swarm.remove_quietly(Kind.NETWORK, "front")
    assert [place.network_id for place in swarm.head.nodes[NodeId("w1")].attachments] == ["ingress"]
    swarm.check()
