"""How much is kept of what has ended."""

import pytest
from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core.ids import ClusterId
from core.objects.cluster import ClusterSpec
from core.objects.service import Global, Replicated
from core.objects.task import RestartPolicy, Task, TaskState
from core.operations import Kind, UpdateCluster

AT_ONCE = RestartPolicy(delay_ns=0)


def fail_once_on(swarm: Swarm, node: str) -> None:
    """The task of the service `web` on this node fails, and is replaced."""
    [task] = [task for task in swarm.running("web") if task.node_id == node]
    swarm.report(task, TaskState.FAILED)
    swarm.settle()


def limit(swarm: Swarm, tasks: int) -> None:
    cluster = swarm.head.clusters[ClusterId("cluster")]
    assert swarm.ask(UpdateCluster(cluster.version, replace(cluster.spec, task_history_limit=tasks))) is None
    swarm.settle()


def ids(tasks: list[Task]) -> list[str]:
    return [task.id for task in tasks]


def test_the_limit_is_five_and_counts_the_task_that_runs() -> None:
    assert ClusterSpec().task_history_limit == 5


@pytest.mark.parametrize("kept", [1, 3])
def test_the_oldest_go_first(kept: int) -> None:
    swarm = Swarm(workers=1)
    limit(swarm, kept)
    swarm.create("web", task_spec(restart=AT_ONCE))
    for _ in range(4):
        before = swarm.tasks("web")
        fail_once_on(swarm, "w1")
        assert ids(swarm.tasks("web"))[:-1] == ids(before)[max(0, len(before) + 1 - kept) :]
    assert len(swarm.tasks("web")) == kept


def test_each_slot_has_a_history_of_its_own() -> None:
    swarm = Swarm(workers=2)
    limit(swarm, 2)
    swarm.create("web", task_spec(restart=AT_ONCE), Replicated(2))
    [first, _] = swarm.running("web")
    swarm.report(first, TaskState.FAILED)
    swarm.settle()
    assert sorted(task.slot for task in swarm.tasks("web")) == [1, 1, 2]


def test_a_global_service_has_a_history_per_node() -> None:
    swarm = Swarm(workers=2)
    limit(swarm, 2)
    swarm.create("web", task_spec(restart=AT_ONCE), Global())
    for _ in range(3):
        fail_once_on(swarm, "w1")
    fail_once_on(swarm, "w2")
    assert sorted(task.node_id for task in swarm.tasks("web")) == ["w1", "w1", "w2", "w2"]


@pytest.mark.parametrize(("max_attempts", "kept"), [(1, 2), (7, 8)])
def test_as_many_are_kept_as_attempts_have_to_be_counted(max_attempts: int, kept: int) -> None:
    swarm = Swarm(workers=1)
    swarm.create("web", task_spec(restart=replace(AT_ONCE, max_attempts=max_attempts)))
    for _ in range(max_attempts + 1):
        fail_once_on(swarm, "w1")
    assert swarm.running("web") == []
    assert len(swarm.tasks("web")) == kept


def test_a_negative_limit_keeps_all() -> None:
    swarm = Swarm(workers=1)
    limit(swarm, -1)
    swarm.create("web", task_spec(restart=AT_ONCE))
    for _ in range(8):
        fail_once_on(swarm, "w1")
    assert len(swarm.tasks("web")) == 9


def test_what_is_to_be_removed_goes_once_it_has_stopped_and_takes_its_history_along() -> None:
    swarm = Swarm(workers=1)
    swarm.create("web", task_spec(restart=AT_ONCE))
    fail_once_on(swarm, "w1")
    [ended, running] = swarm.tasks("web")
    swarm.remove_quietly(Kind.SERVICE, "web")
    assert ids(swarm.tasks("web")) == [running.id]
    assert ended.id not in swarm.head.tasks
    swarm.settle()
    assert swarm.tasks("web") == []


def test_what_was_never_placed_goes_at_once() -> None:
    swarm = Swarm(workers=1)
    swarm.create_quietly("web", task_spec(constraints=("node.labels.zone == nowhere",)))
    [task] = swarm.tasks("web")
    assert task.status.state is TaskState.PENDING
    swarm.remove_quietly(Kind.SERVICE, "web")
    assert swarm.tasks("web") == []


def test_history_goes_with_what_makes_it_superfluous_and_takes_no_transaction_of_its_own() -> None:
    swarm = Swarm(workers=1)
    limit(swarm, 1)
    swarm.create("web", task_spec(restart=AT_ONCE))
    [task] = swarm.running("web")
    swarm.report(task, TaskState.FAILED)
    before = len(swarm.transactions)
    swarm.settle(agents=False)
    assert len(swarm.transactions) == before + 1
    assert task.id not in swarm.head.tasks
