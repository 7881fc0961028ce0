"""Who follows the tasks of a service keeps nothing of those that are gone."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from core.ids import NodeId, ServiceId, TaskId
from core.objects import Node, Task
from core.objects.node import NodeSpec, NodeState, NodeStatus
from core.objects.task import ContainerSpec, TaskSpec
from core.operations import Kind
from core.store import Conflict, Create, Delete, Store, Transaction
from swarmsim.api.host import ApiHost
from swarmsim.api.swarm.task_gathering import Gathering
from swarmsim.containers import LogWish, Undo

SERVICE = ServiceId("web")
CRASHED = Task(TaskId("t1"), SERVICE, 1, TaskSpec(ContainerSpec("web")), 1, node_id=NodeId("n1"), version=1)
NODE = Node(NodeId("n1"), NodeSpec(), status=NodeStatus(NodeState.READY), version=1)


class Manager:
    """A host, and the world that it is in; `let_go` has the tasks whose streams were undone."""

    name = "m1"

    def __init__(self) -> None:
        self.world = self
        self.store = Store()
        self.takers: dict[TaskId, Any] = {}
        self.let_go: list[TaskId] = []
        self.watching: Any = None

    def hosts(self) -> Sequence[str]:
        return ["m1"]

    def node_id(self, host: str) -> NodeId:
        return NODE.id

    def watch_store(self, host: str, listener: Any) -> Undo:
        self.watching = listener
        return lambda: None

    def task_logs(self, asking: str, host: str, task_id: TaskId, wish: LogWish, taker: Any) -> Undo:
        self.takers[task_id] = taker
        return lambda: self.let_go.append(task_id)

    def remove(self, task: Task) -> None:
        changed = self.store.apply(2, Transaction((Delete(Kind.TASK, task.id, task.version),), 1))
        assert not isinstance(changed, Conflict)
        self.watching(changed)


@pytest.fixture
def manager() -> Manager:
    manager = Manager()
    manager.store.apply(1, Transaction((Create(NODE), Create(CRASHED)), 1))
    gathering = Gathering(
        cast(ApiHost, manager), lambda task: True, LogWish(follow=True), lambda line, details: None, lambda why: None
    )
    gathering.begin(manager.store, SERVICE)
    assert list(manager.takers) == ["t1"]
    return manager


def test_the_stream_of_a_task_that_has_ended_is_let_go_when_the_task_is_removed(manager: Manager) -> None:
    manager.takers[CRASHED.id](None)
    assert manager.let_go == []
    manager.remove(CRASHED)
    assert manager.let_go == ["t1"]


def test_the_stream_of_a_task_that_was_removed_goes_on_to_its_end(manager: Manager) -> None:
    manager.remove(CRASHED)
    assert manager.let_go == []
    manager.takers[CRASHED.id](None)
    assert manager.let_go == ["t1"]
