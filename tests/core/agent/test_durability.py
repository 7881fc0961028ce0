"""What an agent promises it has on disk first."""

from agent_pair import Pair
from msgspec import msgpack
from pair_objects import SECRET_DATA, WORKER

from core.agent.records import AgentDurable, AgentRecord, ManagersKnown, TasksAssigned, TasksObserved, replay
from core.ids import Address, NodeId, TaskId
from core.messages import AssignmentsAck, Manager, StatusReport
from core.objects.task import TaskState, TaskStatus


def in_session() -> Pair:
    pair = Pair()
    pair.settle()
    return pair


def on_link(pair: Pair, kind: type) -> bool:
    return any(isinstance(message, kind) for *_, message in pair.link)


def test_an_assignment_is_acknowledged_and_takes_effect_once_it_is_on_disk() -> None:
    pair = in_session()
    pair.create_task(1)
    pair.commit_all()
    pair.deliver(0)
    assert not on_link(pair, AssignmentsAck)
    assert pair.engine.orders == []
    pair.sync(1)
    assert on_link(pair, AssignmentsAck)
    assert len(pair.engine.orders) == 1


def test_a_status_is_told_once_it_is_on_disk() -> None:
    pair = in_session()
    pair.create_task(1)
    pair.commit_all()
    pair.deliver(0)
    pair.sync(1)
    assert pair.unsynced
    assert not on_link(pair, StatusReport)
    pair.sync(1)
    assert on_link(pair, StatusReport)


def test_a_status_that_was_lost_with_the_host_was_never_told() -> None:
    pair = in_session()
    pair.create_task(1)
    pair.commit_all()
    pair.deliver(0)
    pair.sync(2)
    report = pair.engine.perform(0, refuse=True)
    assert report is not None
    pair.agent_step(report)
    pair.restart_agent(orders_are_lost=True)
    pair.settle()
    assert TaskState.REJECTED not in pair.promises.history[TaskId("task-1")]
    assert pair.promises.history[TaskId("task-1")][-1] == TaskState.RUNNING


def test_a_task_that_was_taken_away_is_not_run_again_after_a_restart_without_managers() -> None:
    pair = in_session()
    pair.create_task(1)
    pair.settle()
    pair.delete_task(0)
    pair.commit_all()
    pair.deliver(0)
    pair.sync(1)  # told, on disk; the container still runs
    assert pair.engine.running() == ["task-1"]
    pair.link.clear()
    pair.restart_agent(orders_are_lost=True)
    while pair.engine.orders:
        pair.engine.perform(0)
    assert pair.engine.containers == {}
    assert pair.agent.tasks() == ()


def test_without_a_manager_everything_runs_on() -> None:
    pair = in_session()
    pair.create_task(1)
    pair.settle()
    for _ in range(200):
        pair.link.clear()
        pair.advance(pair.agent.deadline() or 1)
    assert pair.agent.session_id is None
    assert pair.engine.running() == ["task-1"]


def test_the_records_replayed_are_the_agent() -> None:
    pair = in_session()
    for number in range(4):
        pair.create_task(number)
        pair.settle()
    pair.delete_task(1)
    pair.settle()
    assert replay(pair.disk) == pair.agent.durable()
    assert replay([*pair.disk[:3], pair.agent.durable()]) == pair.agent.durable()
    encoded = msgpack.encode(pair.agent.durable())
    assert not any(data in encoded for data in SECRET_DATA.values())


def test_replaying_never_goes_back() -> None:
    pair = in_session()
    pair.create_task(1)
    pair.settle()
    (task,) = pair.committed.tasks_on_node(WORKER)
    managers = (Manager(NodeId("m"), Address("m:1")),)
    records: list[AgentRecord] = [
        ManagersKnown(managers),
        TasksAssigned(9, (task,)),
        TasksObserved(((task.id, TaskStatus(TaskState.FAILED)), (TaskId("unknown"), TaskStatus()))),
        TasksAssigned(7, (task,)),
    ]
    durable = replay(records)
    assert isinstance(durable, AgentDurable)
    assert (durable.index, durable.managers, durable.tasks[0].status.state) == (9, managers, TaskState.FAILED)
