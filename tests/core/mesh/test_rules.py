"""Which tasks take connections."""

import pytest
from leading_head import node_of
from msgspec.structs import replace

from core.ids import NodeId, ServiceId, TaskId
from core.mesh.rules import takes_connections
from core.objects.node import NodeState, NodeStatus
from core.objects.task import ContainerSpec, Task, TaskSpec, TaskState, TaskStatus

NODE = node_of("w1")
SPEC = TaskSpec(ContainerSpec("app"))


def task(state: TaskState, desired: TaskState = TaskState.RUNNING) -> Task:
    place = NodeId("w1")
    return Task(TaskId("t"), ServiceId("s"), 1, SPEC, 1, node_id=place, desired_state=desired, status=TaskStatus(state))


@pytest.mark.parametrize("state", TaskState)
def test_only_tasks_that_run_and_are_healthy(state: TaskState) -> None:
    assert takes_connections(task(state), NODE) is (state is TaskState.RUNNING)


@pytest.mark.parametrize("desired", TaskState)
def test_and_are_to_go_on(desired: TaskState) -> None:
    assert takes_connections(task(TaskState.RUNNING, desired), NODE) is (desired <= TaskState.COMPLETE)


@pytest.mark.parametrize("state", NodeState)
def test_on_nodes_that_may_be_there(state: NodeState) -> None:
    node = replace(NODE, status=NodeStatus(state))
    assert takes_connections(task(TaskState.RUNNING), node) is (state is not NodeState.DOWN)
    assert not takes_connections(task(TaskState.RUNNING), None)
