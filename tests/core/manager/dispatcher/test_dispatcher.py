"""Stories of the dispatcher: who is there, what agents are told and when, what of their reports is believed."""

from collections.abc import Callable
from random import Random
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from core.ids import Address, NetworkId, NodeId, SecretId, ServiceId, SessionId, TaskId
from core.manager.dispatcher import dispatcher
from core.manager.dispatcher.assignments import MAX_TASKS
from core.manager.dispatcher.dispatcher import HANDLERS, Dispatcher
from core.manager.draft import Draft
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
    RoutesAck,
    SessionUnknown,
    StatusAck,
    StatusReport,
    TaskReport,
    ToManager,
)
from core.objects import Network, Node, Secret, Service, Task
from core.objects.network import NetworkAttachment, NetworkSpec
from core.objects.node import NodeDescription, NodeSpec, NodeState
from core.objects.secret import SecretSpec
from core.objects.service import ServiceSpec
from core.objects.task import (
    ContainerSpec,
    FileTarget,
    NetworkTarget,
    SecretReference,
    TaskSpec,
    TaskState,
    TaskStatus,
)
from core.operations import Kind
from core.parts import finish
from core.raft.effects import Send
from core.store import Conflict, Store
from core.timing import LAN, MS, SECOND

A, B = NodeId("node-a"), NodeId("node-b")
FRONT = NetworkId("front")
WEB = ServiceId("web")
PASSWORD = SecretId("password")
TIMING = LAN.dispatcher
LONGEST_GRACE_NS = TIMING.grace_factor * (TIMING.heartbeat_ns + TIMING.heartbeat_jitter_ns)
SHORTEST_GRACE_NS = TIMING.grace_factor * (TIMING.heartbeat_ns - TIMING.heartbeat_jitter_ns)


def task(task_id: str, node_id: NodeId, state: TaskState = TaskState.RUNNING, secret: bool = False) -> Task:
    references = (SecretReference(PASSWORD, "password", FileTarget("password")),) if secret else ()
    return Task(
        TaskId(task_id),
        WEB,
        1,
        TaskSpec(ContainerSpec("image", secrets=references)),
        1,
        node_id=node_id,
        status=TaskStatus(state),
        attachments=(NetworkAttachment(FRONT, f"10.0.1.{len(task_id)}/24"),),
    )


def acknowledgement(message: Routes) -> RoutesAck:
    """The answer of an agent whose data plane has programmed this, and all before it."""
    part = message.changes
    version, position = (part.to_version, 0) if part.last else (part.from_version, part.end_position)
    return RoutesAck(message.session_id, version, part.to_version, position)


class Leader:
    """A dispatcher whose drafts commit at once (unless `hold`), and what it sent to each node."""

    def __init__(self) -> None:
        self.now = 0
        self.hold = False
        self.store = Store()
        self.sent: dict[NodeId, list[Any]] = {A: [], B: []}
        self.attempt = 0
        self.begin()
        for node_id in (A, B):
            self.create(Node(node_id, NodeSpec()))
        spec = ServiceSpec("web", TaskSpec(ContainerSpec("image"), networks=(NetworkTarget(FRONT),)))
        self.create(Network(FRONT, NetworkSpec("front"), vni=4096))
        self.create(Service(WEB, spec))
        self.create(Secret(PASSWORD, SecretSpec("password", b"data")))

    def begin(self) -> None:
        """A new leader's dispatcher."""
        self.head = self.store.copy()
        self.dispatcher = Dispatcher(self.store, LAN, Random(1), self.now)
        finish(self.dispatcher.rebuild(self.now))
        self.pending: list[Any] = []
        self.settle([])

    def write(self, change: Callable[[Draft], object]) -> None:
        draft = Draft(self.head, self.head.index + 1, self.now)
        change(draft)
        self.pending.append(draft.transaction())
        if not self.hold:
            self.commit()

    def create(self, stored: Node | Network | Service | Secret | Task) -> None:
        self.write(lambda draft: draft.create(stored))

    def commit(self) -> None:
        pending, self.pending = self.pending, []
        for transaction in pending:
            index = self.store.index + 1
            changes = self.store.apply(index, transaction)
            assert not isinstance(changes, Conflict)
            self.dispatcher.on_committed(self.now, index, changes)
            self.settle(self.dispatcher.speak(self.now))

    def settle(self, effects: list[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self.sent[effect.to].append(effect.message)
        if self.dispatcher.dirty:
            self.write(lambda draft: self.dispatcher.reconcile(self.now, draft))
        self.dispatcher.check_invariants()

    def receive(self, sender: NodeId, message: ToManager) -> None:
        self.settle(self.dispatcher.receive(self.now, sender, message))

    def until(self, now: int) -> None:
        while (at := self.dispatcher.deadline()) is not None and at <= now:
            self.now = max(self.now, at)
            self.settle(self.dispatcher.tick(self.now))
        self.now = now

    def take(self, node_id: NodeId, kind: type[Any]) -> list[Any]:
        """The messages of a kind sent to a node since it was last looked at."""
        taken = [message for message in self.sent[node_id] if isinstance(message, kind)]
        self.sent[node_id] = [message for message in self.sent[node_id] if not isinstance(message, kind)]
        return taken

    def register(self, node_id: NodeId) -> SessionId:
        self.attempt += 1
        address, description = Address(f"{node_id}:2377"), NodeDescription(hostname=node_id)
        self.receive(node_id, Register(self.attempt, node_id, NodeId(""), address, description))
        session_id: SessionId = self.take(node_id, Registered)[-1].session_id
        self.receive(node_id, Beat(session_id, 1))
        return session_id

    def acknowledge(self, node_id: NodeId, session_id: SessionId, routes: bool = True) -> list[Assignments]:
        """Take and acknowledge what was sent, until nothing more comes; the assignments."""
        told: list[Assignments] = []
        while True:
            assignments, tables = self.take(node_id, Assignments), self.take(node_id, Routes) if routes else []
            if not assignments and not tables:
                return told
            told += assignments
            for message in assignments:
                self.receive(node_id, AssignmentsAck(session_id, message.sequence))
            for message in tables:
                self.receive(node_id, acknowledgement(message))

    def want(self, task_id: str, desired: TaskState) -> None:
        stored = self.store.tasks[TaskId(task_id)]
        self.write(lambda draft: draft.update(replace(stored, desired_state=desired)))

    def state(self, node_id: NodeId) -> NodeState:
        return self.store.nodes[node_id].status.state

    def beat(self, sessions: dict[NodeId, SessionId], until: int) -> None:
        """Time passes, and these agents beat."""
        while self.now < until:
            for node_id, session_id in sessions.items():
                self.receive(node_id, Beat(session_id, 2))
            self.until(min(self.now + TIMING.heartbeat_ns, until))


@pytest.fixture
def leader() -> Leader:
    return Leader()


class Pair(Leader):
    """Both nodes in session, all acknowledged; a running task on A."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions = {node_id: self.register(node_id) for node_id in (A, B)}
        self.create(task("web.1", A))
        self.create(task("web.22", B))
        for node_id, session_id in self.sessions.items():
            self.acknowledge(node_id, session_id)

    def stops_told(self) -> list[TaskId]:
        told = self.acknowledge(A, self.sessions[A])
        stops = [each.id for message in told for each in message.tasks if each.desired_state >= TaskState.SHUTDOWN]
        return list(dict.fromkeys(stops))


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


# Draining


def test_a_stop_is_told_when_every_table_is_without_the_task_and_its_connections_had_their_grace(pair: Pair) -> None:
    pair.want("web.1", TaskState.SHUTDOWN)
    assert pair.stops_told() == []
    pair.beat(pair.sessions, 500 * MS)
    pair.acknowledge(B, pair.sessions[B])  # the last table without it
    pair.beat(pair.sessions, 500 * MS + LAN.drain_grace_ns - 1)
    assert pair.stops_told() == []
    pair.beat(pair.sessions, 500 * MS + LAN.drain_grace_ns)
    assert pair.stops_told() == ["web.1"]


def test_a_table_that_is_never_acknowledged_is_not_waited_for_longer_than_its_timeout(pair: Pair) -> None:
    pair.want("web.1", TaskState.SHUTDOWN)
    pair.acknowledge(A, pair.sessions[A])
    pair.beat(pair.sessions, LAN.drain_ack_timeout_ns + LAN.drain_grace_ns - 1)
    assert pair.stops_told() == []
    pair.beat(pair.sessions, LAN.drain_ack_timeout_ns + LAN.drain_grace_ns)
    assert pair.stops_told() == ["web.1"]


def test_a_lost_node_is_not_waited_for(pair: Pair) -> None:
    pair.want("web.1", TaskState.SHUTDOWN)
    pair.acknowledge(A, pair.sessions[A])
    pair.beat({A: pair.sessions[A]}, LONGEST_GRACE_NS + TIMING.heartbeat_ns)
    assert pair.state(B) == NodeState.DOWN
    pair.acknowledge(A, pair.sessions[A])
    pair.beat({A: pair.sessions[A]}, LONGEST_GRACE_NS + TIMING.heartbeat_ns + LAN.drain_grace_ns)
    assert pair.now < LAN.drain_ack_timeout_ns + LAN.drain_grace_ns
    assert pair.stops_told() == ["web.1"]


def test_a_task_that_takes_no_connections_is_stopped_at_once(pair: Pair) -> None:
    pair.create(task("starting", A, TaskState.STARTING))
    pair.acknowledge(A, pair.sessions[A])
    pair.want("starting", TaskState.SHUTDOWN)
    assert pair.stops_told() == ["starting"]


def test_a_new_leader_waits_once_more(pair: Pair) -> None:
    pair.want("web.1", TaskState.SHUTDOWN)
    pair.begin()
    pair.sessions = {A: pair.register(A)}
    assert pair.stops_told() == []
    pair.beat(pair.sessions, LAN.drain_ack_timeout_ns + LAN.drain_grace_ns - 1)
    assert pair.stops_told() == []  # B, which was not heard, may still carry the old table
    pair.beat(pair.sessions, LAN.drain_ack_timeout_ns + LAN.drain_grace_ns)
    assert pair.stops_told() == ["web.1"]


# Routes


def test_a_session_begins_with_a_whole_table_and_goes_on_with_deltas(leader: Leader) -> None:
    leader.create(task("web.1", A))
    session_id = leader.register(A)
    (whole,) = leader.take(A, Routes)
    assert whole.changes.from_version == 0
    leader.receive(A, acknowledgement(whole))
    leader.create(task("web.22", A))
    (delta,) = leader.take(A, Routes)
    assert delta.changes.from_version == whole.changes.to_version


def test_a_data_plane_that_failed_gets_the_whole_table_again_after_a_while(pair: Pair) -> None:
    pair.want("web.1", TaskState.SHUTDOWN)
    (delta,) = pair.take(B, Routes)
    assert delta.changes.from_version > 0
    pair.receive(B, RoutesAck(pair.sessions[B], 0, delta.changes.to_version, 0, "no room"))
    assert pair.take(B, Routes) == []
    pair.until(TIMING.backoff_max_ns)
    assert pair.take(B, Routes)[0].changes.from_version == 0


def test_a_write_that_changes_no_table_sends_no_table(pair: Pair) -> None:
    node = pair.store.nodes[B]
    pair.write(lambda draft: draft.update(replace(node, spec=replace(node.spec, labels={"rack": "1"}))))
    assert pair.take(A, Routes) == pair.take(B, Routes) == []


def test_many_agents_are_spoken_to_in_several_steps(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "MAX_SPOKEN", 1)
    pair.create(task("web.333", A))
    assert [len(pair.take(node_id, Routes)) for node_id in (A, B)] == [1, 0]
    assert pair.dispatcher.deadline() == 0
    pair.until(pair.now)
    assert [len(pair.take(node_id, Routes)) for node_id in (A, B)] == [0, 1]


def test_an_agent_that_was_not_spoken_to_yet_is_waited_for(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "MAX_SPOKEN", 1)
    pair.want("web.1", TaskState.SHUTDOWN)
    (table,) = pair.take(A, Routes)
    pair.receive(A, acknowledgement(table))
    pair.until(pair.now + LAN.drain_grace_ns)
    assert pair.dispatcher.withheld(pair.store.tasks[TaskId("web.1")])
