"""Stories of the dispatcher: who is there, what agents are told and when, what of their reports is believed."""

from typing import get_args

import pytest
from dispatcher_bench import LONGEST_GRACE_NS, PASSWORD, SHORTEST_GRACE_NS, TIMING, A, B, Leader, Pair, task
from msgspec.structs import replace

from core.ids import Address, NodeId, TaskId
from core.manager.dispatcher.assignments import MAX_TASKS
from core.manager.dispatcher.dispatcher import HANDLERS
from core.messages import (
    Assignments,
    AssignmentsAck,
    Beat,
    BeatAnswer,
    JoinRequest,
    LeaveNotice,
    Register,
    Registered,
    Routes,
    SessionUnknown,
    StatusAck,
    StatusReport,
    TaskReport,
    ToManager,
)
from core.objects.node import NodeDescription, NodeState
from core.objects.task import (
    TaskState,
    TaskStatus,
)
from core.operations import Kind
from core.timing import SECOND


@pytest.fixture
def leader() -> Leader:
    return Leader()


@pytest.fixture
def pair() -> Pair:
    return Pair()


def test_every_message_of_a_session_has_its_handler() -> None:
    assert set(HANDLERS) == set(get_args(ToManager)) - {JoinRequest, Register, LeaveNotice}


# Sessions


def test_a_registered_node_is_ready_and_described(leader: Leader) -> None:
    leader.register(A)
    node = leader.store.nodes[A]
    assert (node.status.state, node.status.address, node.description.hostname) == (NodeState.READY, A, A)


def test_a_silent_node_is_down_after_the_grace(leader: Leader) -> None:
    leader.register(A)
    leader.until(SHORTEST_GRACE_NS - 1)
    assert leader.state(A) == NodeState.READY
    leader.until(LONGEST_GRACE_NS)
    assert leader.state(A) == NodeState.DOWN
    assert leader.store.nodes[A].status.message == "heartbeat failure"


def test_a_node_is_ready_with_its_first_word_in_the_session(leader: Leader) -> None:
    leader.receive(A, Register(1, A, NodeId(""), Address("a:1"), NodeDescription(hostname="a")))
    assert leader.state(A) == NodeState.UNKNOWN
    leader.receive(A, Beat(leader.take(A, Registered)[-1].session_id, 1))
    assert leader.state(A) == NodeState.READY
    assert leader.store.nodes[A].description.hostname == "a"


def test_to_register_again_and_again_is_no_word(leader: Leader) -> None:
    leader.register(A)
    for attempt in range(100, 140):
        leader.receive(A, Register(attempt, A, NodeId(""), Address("a:1"), NodeDescription()))
        leader.until(leader.now + SHORTEST_GRACE_NS // 2)
    assert leader.state(A) == NodeState.DOWN
    leader.register(A)
    assert leader.state(A) == NodeState.READY


def test_an_answer_says_how_long_ago_the_leader_certainly_led(leader: Leader) -> None:
    session_id = leader.register(A)
    leader.take(A, BeatAnswer)
    leader.proof_age_ns = 7 * SECOND
    leader.receive(A, Beat(session_id, 100))
    assert [answer.proof_age_ns for answer in leader.take(A, BeatAnswer)] == [7 * SECOND]


def test_a_beating_node_stays_ready_and_is_told_when_to_beat_next(leader: Leader) -> None:
    session_id = leader.register(A)
    leader.beat({A: session_id}, 5 * SECOND)
    assert leader.state(A) == NodeState.READY
    periods = {answer.heartbeat_ns for answer in leader.take(A, BeatAnswer)}
    assert len(periods) > 5
    assert all(abs(period - TIMING.heartbeat_ns) <= TIMING.heartbeat_jitter_ns for period in periods)


def test_a_new_leader_gives_nodes_a_longer_grace_to_be_heard(leader: Leader) -> None:
    leader.register(A)
    leader.begin()
    assert leader.state(A) == NodeState.UNKNOWN
    failover_grace_ns = TIMING.failover_grace_factor * TIMING.heartbeat_ns
    leader.register(B)
    leader.beat({B: leader.register(B)}, failover_grace_ns - 1)
    assert leader.state(A) == NodeState.UNKNOWN
    leader.until(failover_grace_ns)
    assert (leader.state(A), leader.state(B)) == (NodeState.DOWN, NodeState.READY)


def test_a_node_that_leaves_is_down_at_once(leader: Leader) -> None:
    leader.register(A)
    leader.receive(A, LeaveNotice(A))
    assert leader.state(A) == NodeState.DOWN


def test_nobody_leaves_or_registers_in_another_name(leader: Leader) -> None:
    leader.register(A)
    leader.receive(B, LeaveNotice(A))
    leader.receive(B, Register(1, A, NodeId(""), Address("b:1"), NodeDescription()))
    assert leader.state(A) == NodeState.READY
    assert leader.take(A, Registered) == leader.take(B, Registered) == []


def test_a_repeated_registration_gets_the_same_session_and_a_new_attempt_a_new_one(leader: Leader) -> None:
    first = leader.register(A)
    leader.attempt -= 1
    assert leader.register(A) == first
    second = leader.register(A)
    assert second != first
    leader.receive(A, Beat(first, 2))
    assert leader.take(A, SessionUnknown) == [SessionUnknown(first)]


def test_a_session_serves_only_the_node_that_holds_it(leader: Leader) -> None:
    session_id = leader.register(A)
    leader.take(A, BeatAnswer)
    leader.receive(B, Beat(session_id, 2))
    assert leader.take(A, BeatAnswer) == leader.take(B, BeatAnswer) == []


def test_nothing_is_told_before_the_agents_first_word(leader: Leader) -> None:
    leader.receive(A, Register(1, A, NodeId(""), Address("a:1"), NodeDescription()))
    leader.create(task("web.1", A))
    assert leader.take(A, Assignments) == leader.take(A, Routes) == []


# Assignments


def test_a_session_begins_with_the_complete_set_and_goes_on_with_differences(leader: Leader) -> None:
    leader.create(task("web.1", A, TaskState.ASSIGNED))
    session_id = leader.register(A)
    (first,) = leader.acknowledge(A, session_id)
    assert (first.sequence, first.complete, first.more, [each.id for each in first.tasks]) == (
        1,
        True,
        False,
        ["web.1"],
    )
    leader.create(task("web.22", A, TaskState.ASSIGNED))
    leader.write(lambda draft: draft.delete(Kind.TASK, TaskId("web.1")))
    told = leader.acknowledge(A, session_id)
    assert [message.complete for message in told] == [False, False]
    assert [each.id for message in told for each in message.tasks] == ["web.22"]
    assert [each for message in told for each in message.removed_tasks] == ["web.1"]


def test_a_large_set_comes_in_parts(leader: Leader) -> None:
    count = 2 * MAX_TASKS + 1
    for number in range(count):
        leader.create(task(f"task {number}", A, TaskState.ASSIGNED))
    told = leader.acknowledge(A, leader.register(A))
    assert [(message.complete, message.more) for message in told] == [(True, True), (True, True), (True, False)]
    assert len({each.id for message in told for each in message.tasks}) == count


def test_one_message_is_under_way_and_what_changes_meanwhile_makes_one_more(leader: Leader) -> None:
    session_id = leader.register(A)
    leader.acknowledge(A, session_id)
    for number in range(5):
        leader.create(task(f"task {number}", A, TaskState.ASSIGNED))
    assert len(leader.take(A, Assignments)) == 1
    leader.receive(A, AssignmentsAck(session_id, 2))
    (coalesced,) = leader.take(A, Assignments)
    assert len(coalesced.tasks) == 4


def test_what_is_not_acknowledged_is_repeated(leader: Leader) -> None:
    leader.register(A)
    first = leader.take(A, Assignments)
    leader.until(SHORTEST_GRACE_NS // 2)
    again = leader.take(A, Assignments)
    assert again
    assert all(message == first[0] for message in again)


def test_a_status_the_agent_told_itself_is_not_told_back(leader: Leader) -> None:
    leader.create(task("web.1", A, TaskState.ASSIGNED))
    session_id = leader.register(A)
    leader.acknowledge(A, session_id)
    report = TaskReport(TaskId("web.1"), TaskStatus(TaskState.RUNNING))
    leader.receive(A, StatusReport(session_id, 1, (report,)))
    assert leader.store.tasks[TaskId("web.1")].status.state == TaskState.RUNNING
    assert leader.acknowledge(A, session_id) == []


def test_a_secret_comes_with_the_first_task_that_needs_it_and_goes_with_the_last(leader: Leader) -> None:
    session_id = leader.register(A)
    other_id = leader.register(B)
    for number, needs in enumerate((False, True, True), start=1):
        leader.create(task("t" * number, A, TaskState.ASSIGNED, needs))
    told = leader.acknowledge(A, session_id)
    assert [len(message.secrets) for message in told if message.secrets] == [1]
    ended = TaskStatus(TaskState.FAILED)
    leader.write(lambda draft: draft.update(replace(leader.store.tasks[TaskId("tt")], status=ended)))
    assert [message for message in leader.acknowledge(A, session_id) if message.revoked_secrets] == []
    leader.write(lambda draft: draft.delete(Kind.TASK, TaskId("ttt")))
    (last,) = leader.acknowledge(A, session_id)
    assert last.revoked_secrets == (PASSWORD,)
    assert all(message.secrets == () for message in leader.acknowledge(B, other_id))


@pytest.mark.parametrize("needed_again", [True, False])
def test_a_secret_left_out_of_a_repeated_message_is_given_with_the_next_or_revoked(
    leader: Leader, needed_again: bool
) -> None:
    session_id = leader.register(A)
    leader.acknowledge(A, session_id)
    leader.create(task("old", A, TaskState.ASSIGNED, secret=True))
    (first,) = leader.take(A, Assignments)
    assert [each.id for each in first.secrets] == [PASSWORD]
    ended = replace(leader.store.tasks[TaskId("old")], status=TaskStatus(TaskState.FAILED))
    leader.write(lambda draft: draft.update(ended))
    if needed_again:
        leader.create(task("new", A, TaskState.ASSIGNED, secret=True))
    leader.until(SHORTEST_GRACE_NS // 2)
    again = leader.take(A, Assignments)[-1]
    assert (again.sequence, again.secrets) == (first.sequence, ())
    leader.receive(A, AssignmentsAck(session_id, again.sequence))
    (following,) = leader.acknowledge(A, session_id)
    assert [each.id for each in following.secrets] == ([PASSWORD] if needed_again else [])
    assert following.revoked_secrets == (() if needed_again else (PASSWORD,))


# Reports


def test_a_report_is_acknowledged_once_it_is_committed(pair: Pair) -> None:
    pair.hold = True
    report = TaskReport(TaskId("web.1"), TaskStatus(TaskState.FAILED))
    pair.receive(A, StatusReport(pair.sessions[A], 1, (report,)))
    pair.receive(A, StatusReport(pair.sessions[A], 1, (report,)))
    assert pair.take(A, StatusAck) == []
    pair.commit()
    assert pair.take(A, StatusAck) == [StatusAck(pair.sessions[A], 1)]
    pair.receive(A, StatusReport(pair.sessions[A], 1, (report,)))
    assert pair.take(A, StatusAck) == [StatusAck(pair.sessions[A], 1)]


@pytest.mark.parametrize("state", [TaskState.STARTING, TaskState.NEW, TaskState.ORPHANED, TaskState.REMOVE])
def test_a_stale_or_impossible_status_is_acknowledged_and_not_believed(pair: Pair, state: TaskState) -> None:
    pair.receive(A, StatusReport(pair.sessions[A], 1, (TaskReport(TaskId("web.1"), TaskStatus(state)),)))
    pair.until(pair.now)
    assert pair.store.tasks[TaskId("web.1")].status.state == TaskState.RUNNING
    assert pair.take(A, StatusAck) == [StatusAck(pair.sessions[A], 1)]


def test_a_task_that_has_ended_stays_as_it_ended(pair: Pair) -> None:
    for sequence, state in enumerate((TaskState.COMPLETE, TaskState.FAILED), start=1):
        report = TaskReport(TaskId("web.1"), TaskStatus(state))
        pair.receive(A, StatusReport(pair.sessions[A], sequence, (report,)))
    assert pair.store.tasks[TaskId("web.1")].status.state == TaskState.COMPLETE


def test_a_node_reports_on_its_own_tasks_only(pair: Pair) -> None:
    report = TaskReport(TaskId("web.1"), TaskStatus(TaskState.FAILED))
    pair.receive(B, StatusReport(pair.sessions[B], 1, (report,)))
    assert pair.store.tasks[TaskId("web.1")].status.state == TaskState.RUNNING
