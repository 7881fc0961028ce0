"""What a task says of itself on its way to a node, in Docker's words, which clients look for."""

from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core.objects.network import NetworkSpec, Subnet
from core.objects.service import Global, Replicated
from core.objects.task import NetworkTarget, TaskState
from core.operations import CreateNetwork


def told(swarm: Swarm, name: str) -> set[tuple[TaskState, str]]:
    """State and message of a service's tasks."""
    return {(task.status.state, task.status.message) for task in swarm.tasks(name)}


def test_a_task_that_waits_for_an_address_has_been_created() -> None:
    swarm = Swarm(workers=1)
    swarm.ask(CreateNetwork(NetworkSpec("tiny", subnets=(Subnet("10.9.0.0/29"),))))
    template = replace(task_spec(), networks=(NetworkTarget("tiny"),))  # type: ignore[arg-type]  # a name
    swarm.create_quietly("web", template, Replicated(9))
    assert (TaskState.NEW, "created") in told(swarm, "web")


def test_a_task_that_has_its_addresses_waits_for_the_scheduler() -> None:
    swarm = Swarm(workers=1)
    swarm.create_quietly("web", task_spec(constraints=("node.hostname == nowhere",)))
    assert told(swarm, "web") == {(TaskState.PENDING, "pending task scheduling")}


def test_a_task_is_placed_by_the_scheduler() -> None:
    swarm = Swarm(workers=1)
    swarm.create_quietly("web")
    assert told(swarm, "web") == {(TaskState.ASSIGNED, "scheduler assigned task to node")}


def test_a_task_that_comes_with_its_node_is_confirmed_by_the_scheduler() -> None:
    swarm = Swarm(workers=2)
    swarm.create_quietly("web", mode=Global())
    text = "scheduler confirmed task can run on preassigned node"
    assert told(swarm, "web") == {(TaskState.ASSIGNED, text)}
