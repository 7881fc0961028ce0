"""Tasks that are given up with their nodes: how long their records, and their addresses with them, are kept."""

from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core.ids import NodeId
from core.manager.lifecycle import ORPHAN_AFTER_NS
from core.manager.orchestrator.tasks import holds_addresses
from core.manager.reaper import RETURN_NS
from core.objects.network import NetworkSpec, Subnet
from core.objects.node import NodeState
from core.objects.service import Global, Replicated
from core.objects.task import NetworkTarget, TaskState
from core.operations import CreateNetwork, ErrorCode, Kind, OperationError


def test_a_node_that_is_down_for_a_day_is_given_up_but_its_addresses_stay_quarantined() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(2))
    swarm.set_state("w1", NodeState.DOWN)
    swarm.run_for(ORPHAN_AFTER_NS // 2)
    swarm.lead()  # hours counted by one leader count for the next
    swarm.run_for(ORPHAN_AFTER_NS // 2 - 1)
    [lost] = [task for task in swarm.tasks("web") if task.node_id == "w1"]
    assert lost.status.state is TaskState.RUNNING
    swarm.run_for(1)
    assert swarm.head.tasks[lost.id].status.state is TaskState.ORPHANED
    assert swarm.remove(Kind.SERVICE, "web") is None
    assert lost.id in swarm.head.tasks
    swarm.set_state("w1", NodeState.READY)
    swarm.run_for(RETURN_NS - 1)
    assert lost.id in swarm.head.tasks
    swarm.run_for(1)
    assert lost.id not in swarm.head.tasks
    swarm.check()


def test_a_node_that_is_back_is_counted_from_its_return_whatever_is_said_of_it_meanwhile() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(2))
    [lost] = [task for task in swarm.tasks("web") if task.node_id == "w1"]
    swarm.set_state("w1", NodeState.DOWN)
    swarm.run_for(ORPHAN_AFTER_NS)
    swarm.set_state("w1", NodeState.READY)
    swarm.run_for(RETURN_NS // 2)
    swarm.update_node("w1", labels={"zone": "a"})
    swarm.run_for(RETURN_NS // 2 - 1)
    assert lost.id in swarm.head.tasks
    swarm.run_for(1)
    assert lost.id not in swarm.head.tasks


def test_a_node_that_goes_down_again_is_counted_from_its_next_return() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(2))
    [lost] = [task for task in swarm.tasks("web") if task.node_id == "w1"]
    swarm.set_state("w1", NodeState.DOWN)
    swarm.run_for(ORPHAN_AFTER_NS)
    swarm.set_state("w1", NodeState.READY)
    swarm.run_for(RETURN_NS // 2)
    swarm.set_state("w1", NodeState.DOWN)
    swarm.run_for(RETURN_NS)
    assert lost.id in swarm.head.tasks
    swarm.set_state("w1", NodeState.READY)
    swarm.run_for(RETURN_NS - 1)
    assert lost.id in swarm.head.tasks
    swarm.run_for(1)
    assert lost.id not in swarm.head.tasks


def test_a_node_whose_tasks_are_given_up_keeps_its_load_balancers_addresses() -> None:
    """Cut off, it may still run them, and forwards their connections by these addresses."""
    swarm = Swarm(workers=2)
    swarm.ask(CreateNetwork(NetworkSpec("front", subnets=(Subnet("10.99.0.0/28"),))))
    template = replace(task_spec(), networks=(NetworkTarget("front"),))  # type: ignore[arg-type]  # a name
    swarm.create("web", template)
    [lost] = swarm.running("web")
    [held] = addresses_on_front(swarm, lost.node_id)
    swarm.set_state(lost.node_id, NodeState.DOWN)
    swarm.run_for(ORPHAN_AFTER_NS)
    assert swarm.head.tasks[lost.id].status.state is TaskState.ORPHANED
    for number in range(5):  # addresses go round: by then all that are free have been given out
        swarm.create(f"other-{number}", template, Replicated(3))
        assert held not in {place.address for task in swarm.tasks(f"other-{number}") for place in task.attachments}
        assert held not in {ip.address for ip in swarm.service(f"other-{number}").endpoint.virtual_ips}
        swarm.remove(Kind.SERVICE, f"other-{number}")
    swarm.set_state(lost.node_id, NodeState.READY)
    swarm.run_for(RETURN_NS - 1)
    assert addresses_on_front(swarm, lost.node_id) == [held]
    swarm.run_for(1)
    assert addresses_on_front(swarm, lost.node_id) == []
    swarm.check()


def addresses_on_front(swarm: Swarm, node_id: NodeId) -> list[str]:
    """Of a node's load balancer on the one network besides ingress."""
    return [place.address for place in swarm.head.nodes[node_id].attachments if place.network_id != "ingress"]


def test_removing_a_node_gives_its_tasks_up_at_once() -> None:
    swarm = Swarm(workers=2)
    swarm.create("web", mode=Replicated(2))
    swarm.create("agent", mode=Global())
    answer = swarm.remove(Kind.NODE, "w1")
    assert answer == OperationError(ErrorCode.FAILED_PRECONDITION, "node w1 is not down and can't be removed")
    swarm.set_state("w1", NodeState.DOWN)
    swarm.settle()
    assert swarm.remove(Kind.NODE, "w1") is None
    assert swarm.places("web") == {"w2": 2}
    assert swarm.places("agent") == {"w2": 1}
    assert NodeId("w1") not in swarm.head.nodes
    swarm.check()


def test_addresses_of_a_node_that_is_removed_are_free_at_once() -> None:
    """The services live on, and so would the records of their orphans, as history that holds addresses."""
    swarm = Swarm(workers=2)
    swarm.ask(CreateNetwork(NetworkSpec("front")))
    template = replace(task_spec(), networks=(NetworkTarget("front"),))  # type: ignore[arg-type]  # a name
    swarm.create("web", template, Replicated(2))
    [lost] = [task for task in swarm.running("web") if task.node_id == "w1"]
    swarm.set_state("w1", NodeState.DOWN)
    swarm.settle()
    assert holds_addresses(swarm.head.tasks[lost.id])
    assert swarm.remove(Kind.NODE, "w1") is None
    assert lost.id not in swarm.head.tasks
    swarm.check()
