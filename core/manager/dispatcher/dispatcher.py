"""The leader's conversation with every agent.

Theory of operation. An agent registers and gets a session; it beats as often as it is told, and is taken for lost
after the grace without a word (its node is then DOWN, and the mesh drops its tasks by itself). A new leader takes
every node that was not down for UNKNOWN and gives it a longer grace to be heard from first.

What an agent is told follows the *committed* store: assignments (`assignments`), with stops withheld while a task
drains (`drain`), and routing tables (`core.mesh`). Each is a numbered stop-and-wait conversation, so that a slow
agent costs one coalesced difference and not a queue. A conversation begins with the agent's first word in the
session: only then does the agent know of it.

What agents report is drafted into the *head*, like all that the leader writes, and acknowledged once the committed
store shows it. Who wins when words cross: of statuses the later state, and the first that is an end; of sessions the
last registered; of observations of a node the latest.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from core.effects import Effect
from core.facts import Refused, RoutesAcknowledged, SessionLost, SessionOpened
from core.ids import Address, NodeId, SessionId, draw_id
from core.manager.alarms import Alarms
from core.manager.dispatcher.drain import Drains, find_draining, is_draining
from core.manager.dispatcher.nodes import HEARTBEAT_FAILURE, LEFT, NEW_LEADER, NodeObservations, Observation
from core.manager.dispatcher.sessions import AgentSession, Sessions
from core.manager.dispatcher.status import advances
from core.manager.draft import Draft
from core.mesh.tables import MeshTables
from core.messages import (
    AssignmentsAck,
    Beat,
    BeatAnswer,
    LeaveNotice,
    Manager,
    Register,
    Registered,
    Routes,
    RoutesAck,
    SessionUnknown,
    StatusAck,
    StatusReport,
    ToManager,
)
from core.objects.node import Node, NodeState
from core.objects.task import Task, TaskState
from core.operations import Kind
from core.raft.effects import Observe, Send
from core.store import Changed, Store
from core.timing import Timing


class Dispatcher:
    """A Reconciler for what it writes (status of nodes and tasks); its conversation follows the committed store.

    Made when leadership is ready, dropped with it. `receive`, `on_committed` and `tick` return what is to be sent;
    after each, `reconcile` may be due (`dirty`).
    """

    kinds: tuple[Kind, ...] = ()

    def __init__(self, committed: Store, timing: Timing, rng: Random, now: int) -> None:
        self.tables = MeshTables(committed)
        self._committed = committed
        self._timing = timing.dispatcher
        self._rng = rng
        self._sessions = Sessions()
        self._alarms: Alarms[NodeId] = Alarms()
        self._expected: dict[NodeId, int] = {}
        """Nodes not heard from yet, and until when they may be silent."""
        self._observations = NodeObservations()
        self._reporting: dict[NodeId, None] = {}
        """Nodes whose sessions have a report to be drafted."""
        self._drafted: dict[NodeId, None] = {}
        """Nodes whose sessions have a report in the log, not yet committed."""
        self._drains = Drains(timing.drain_ack_timeout_ns, timing.drain_grace_ns)
        self._lagging: dict[NodeId, None] = {}
        """Nodes whose agent carries an older table than its own latest."""

    # Reading

    def addresses(self) -> tuple[tuple[NodeId, Address], ...]:
        """Where the agents with a session are, for the driver to know."""
        return tuple((session.node_id, session.address) for session in self._sessions.by_node.values())

    def raft_id(self, node_id: NodeId) -> NodeId | None:
        """The Raft member this host said it is (empty: none); None while it has no session."""
        session = self._sessions.by_node.get(node_id)
        return session.raft_id if session is not None else None

    def withheld(self, task: Task) -> bool:
        """Whether this task's stop is not told yet, since it drains."""
        return task.id in self._drains

    # The conversation

    def receive(self, now: int, sender: NodeId, message: ToManager) -> list[Effect]:
        """Register, LeaveNotice, or a word in a session. (JoinRequest is the Manager's.)"""
        out: list[Effect] = []
        if isinstance(message, Register):
            self._on_register(now, sender, message, out)
        elif isinstance(message, LeaveNotice):
            self._on_leave(sender, message, out)
        elif (handler := HANDLERS.get(type(message))) is not None:
            self._in_session(now, sender, message, handler, out)
        return out

    def on_committed(self, now: int, index: int, changes: tuple[Changed, ...]) -> list[Effect]:
        """The committed store has applied `index`. To be called for every index, with or without changes."""
        out: list[Effect] = []
        for change in changes:
            if change.kind is Kind.TASK:
                self._on_task_changed(now, index, change)
            elif change.kind is Kind.NODE:
                self._on_node_changed(now, change, out)
        self.tables.follow(index, changes)
        self._acknowledge_reports(index, out)
        if changes:
            for session in self._sessions.by_node.values():
                self._speak(now, session, out)
            self._look_at_drains(now)
        return out

    def tick(self, now: int) -> list[Effect]:
        """Time has passed: expiry, what was not acknowledged again, stops that were withheld."""
        out: list[Effect] = []
        for task_id in self._drains.released(now):
            self._touch(now, self._committed.tasks[task_id], out)
        while (node_id := self._alarms.pop_due(now)) is not None:
            session = self._sessions.by_node.get(node_id)
            if session is None:
                self._expect_no_longer(now, node_id)
            elif now >= session.expires_at:
                self._lose(now, session, out)
            else:
                self._speak(now, session, out)
        self._acknowledge_reports(self._committed.index, out)
        return out

    # The reconciler

    def rebuild(self, now: int) -> None:
        """Leadership begins: every node not down is UNKNOWN until it is heard, and drains begin anew."""
        for node in self._committed.nodes.values():
            if node.status.state != NodeState.DOWN:
                self._expect(now, node.id)
                self._observations.note(node.id, Observation(NodeState.UNKNOWN, NEW_LEADER))
        for task_id in find_draining(self._committed):
            self._drains.begin(now, task_id, self.tables.version)

    def on_change(self, now: int, change: Changed) -> None:
        """Nothing: it follows the committed store."""

    def reconcile(self, now: int, draft: Draft) -> None:
        """Write what agents reported and which nodes are there."""
        self._observations.write(draft)
        for node_id in list(self._reporting):
            session = self._sessions.by_node.get(node_id)
            if session is None or session.report is None:
                del self._reporting[node_id]
            elif self._draft_report(session, session.report, draft):
                del self._reporting[node_id]
                self._drafted[node_id] = None
            else:
                return

    @property
    def dirty(self) -> bool:
        """Whether there is something to write."""
        return bool(self._observations) or bool(self._reporting)

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        if any(self._is_committed(node_id, self._committed.index) for node_id in self._drafted):
            return 0
        times = (self._alarms.next(), self._drains.deadline())
        return min((time for time in times if time is not None), default=None)

    def check_invariants(self) -> None:
        """Assert what always holds."""
        for node_id, session in self._sessions.by_node.items():
            assert session.node_id == node_id
            assert self._sessions.get(session.id) is session
            assert session.routes_version <= self.tables.version
            assert node_id not in self._expected
        for node_id in self._lagging:
            assert node_id in self._sessions.by_node

    # Sessions

    def _on_register(self, now: int, sender: NodeId, message: Register, out: list[Effect]) -> None:
        node = self._committed.nodes.get(message.node_id)
        if sender != message.node_id or node is None:
            out.append(Observe(Refused(sender, f"no node {message.node_id} to register")))
            return
        session = self._sessions.by_node.get(node.id)
        if session is None or session.attempt != message.attempt:
            session = self._open(now, message, out)
            session.forgotten_raft_id = NodeId("") if message.raft_id else _raft_id(node)
        self._heard(now, session)
        raft_id = _order(session, node)
        managers, index = self._managers(), self._committed.index
        answer = Registered(message.attempt, session.id, index, raft_id, node.version, session.heartbeat_ns, managers)
        out.append(Send(node.id, answer))

    def _open(self, now: int, request: Register, out: list[Effect]) -> AgentSession:
        session_id = SessionId(draw_id(self._rng))
        session = AgentSession(session_id, request, self._committed.tasks_on_node(request.node_id), self._timing)
        self._forget(request.node_id)
        self._sessions.open(session)
        self._lagging[session.node_id] = None
        address = request.address.rpartition(":")[0]
        self._observations.note(
            session.node_id, Observation(NodeState.READY, address=address, description=request.description)
        )
        out.append(Observe(SessionOpened(session.node_id, session_id)))
        return session

    def _on_leave(self, sender: NodeId, message: LeaveNotice, out: list[Effect]) -> None:
        if sender == message.node_id and sender in self._committed.nodes:
            self._forget(sender)
            self._observations.note(sender, Observation(NodeState.DOWN, LEFT))

    def _in_session(self, now: int, sender: NodeId, message: Any, handler: "Handler", out: list[Effect]) -> None:
        session = self._sessions.get(message.session_id)
        if session is None:
            out.append(Send(sender, SessionUnknown(message.session_id)))
        elif session.node_id != sender:
            out.append(Observe(Refused(sender, f"session {session.id} is not its own")))
        else:
            session.began = True
            handler(self, now, session, message, out)
            self._speak(now, session, out)

    def _on_beat(self, now: int, session: AgentSession, message: Beat, out: list[Effect]) -> None:
        self._heard(now, session)
        node = self._committed.nodes[session.node_id]
        managers = self._managers()
        raft_id = _order(session, node)
        answer = BeatAnswer(session.id, message.sequence, session.heartbeat_ns, raft_id, node.version, managers)
        out.append(Send(node.id, answer))

    def _heard(self, now: int, session: AgentSession) -> None:
        """The agent lives: tell it when to beat next, and wait that long times the grace."""
        session.heartbeat_ns = self._draw_heartbeat()
        session.expires_at = now + session.heartbeat_ns * self._timing.grace_factor
        self._arm(session)

    def _draw_heartbeat(self) -> int:
        """The period, give or take the profile's jitter in proportion."""
        cluster = self._committed.cluster
        period_ns = (cluster.spec.heartbeat_period_ns if cluster is not None else 0) or self._timing.heartbeat_ns
        jitter_ns = self._timing.heartbeat_jitter_ns * period_ns // self._timing.heartbeat_ns
        return period_ns + self._rng.randint(-jitter_ns, jitter_ns)

    def _lose(self, now: int, session: AgentSession, out: list[Effect]) -> None:
        self._forget(session.node_id)
        self._observations.note(session.node_id, Observation(NodeState.DOWN, HEARTBEAT_FAILURE))
        out.append(Observe(SessionLost(session.node_id, session.id)))
        self._look_at_drains(now)

    def _forget(self, node_id: NodeId) -> None:
        """Drop all that is kept about a node's session, or about waiting for one."""
        self._sessions.close(node_id)
        for table in (self._expected, self._reporting, self._drafted, self._lagging):
            table.pop(node_id, None)
        self._alarms.drop(node_id)

    def _expect(self, now: int, node_id: NodeId) -> None:
        grace_ns = self._timing.heartbeat_ns * self._timing.failover_grace_factor
        self._expected[node_id] = now + grace_ns
        self._alarms.set(node_id, now + grace_ns)

    def _expect_no_longer(self, now: int, node_id: NodeId) -> None:
        if self._expected.pop(node_id, None) is not None:
            self._observations.note(node_id, Observation(NodeState.DOWN, HEARTBEAT_FAILURE))
            self._look_at_drains(now)

    def _arm(self, session: AgentSession) -> None:
        """See to it that an alarm rings no later than this session wants attention;

        one that rings early does no harm.
        """
        due_at = session.due_at()
        if session.node_id not in self._alarms or due_at < session.armed_at:
            session.armed_at = due_at
            self._alarms.set(session.node_id, due_at)

    def _managers(self) -> tuple[Manager, ...]:
        return tuple(
            Manager(node.id, node.manager.address)
            for node in self._committed.nodes.values()
            if node.manager is not None
        )

    # What the store says

    def _on_task_changed(self, now: int, index: int, change: Changed) -> None:
        task = change.new
        if task is None:
            self._drains.drop(change.id)  # type: ignore[arg-type]  # the id of a task
            self._note_touched(now, change.old)
            return
        old = change.old
        if not is_draining(task):
            self._drains.drop(task.id)
        elif old is not None and old.desired_state <= TaskState.RUNNING and task.node_id in self._sessions.by_node:
            self._drains.begin(now, task.id, index)
        self._note_touched(now, task)

    def _note_touched(self, now: int, task: Task) -> None:
        session = self._sessions.by_node.get(task.node_id)
        if session is not None:
            session.assignments.touch(task.id)
            session.assignments_courier.wish(now + self._timing.batch_ns)

    def _touch(self, now: int, task: Task, out: list[Effect]) -> None:
        self._note_touched(now, task)
        session = self._sessions.by_node.get(task.node_id)
        if session is not None:
            self._speak(now, session, out)

    def _on_node_changed(self, now: int, change: Changed, out: list[Effect]) -> None:
        node_id = NodeId(change.id)
        if change.new is None:
            self._forget(node_id)
        elif change.old is None:
            self._expect(now, node_id)

    # Telling

    def _speak(self, now: int, session: AgentSession, out: list[Effect]) -> None:
        """Send what is due in this session's two conversations."""
        if session.began:
            self._speak_of_assignments(now, session, out)
            self._speak_of_routes(now, session, out)
        self._arm(session)

    def _speak_of_assignments(self, now: int, session: AgentSession, out: list[Effect]) -> None:
        courier = session.assignments_courier
        if session.assignments.behind:
            courier.wish(now)
        if not courier.is_due(now):
            return
        message = courier.message
        if message is None:
            message = session.assignments.next_message(self._committed, self._drains.wanted)
        else:
            message = session.assignments.again(message, self._committed)
        if message is None:
            courier.nothing_to_say()
        else:
            courier.sent(now, message)
            out.append(Send(session.node_id, message))

    def _speak_of_routes(self, now: int, session: AgentSession, out: list[Effect]) -> None:
        courier = session.routes_courier
        if session.routes_version and self.tables.changed_at(session.node_id) <= session.routes_version:
            self._lagging.pop(session.node_id, None)
        else:
            self._lagging[session.node_id] = None
            courier.wish(now)
        if not courier.is_due(now):
            return
        message = courier.message
        if message is None:
            changes = self.tables.delta(session.node_id, session.routes_version)
            message = Routes(session.id, changes)
        courier.sent(now, message)
        out.append(Send(session.node_id, message))

    def _on_assignments_ack(self, now: int, session: AgentSession, message: AssignmentsAck, out: list[Effect]) -> None:
        under_way = session.assignments_courier.message
        if under_way is not None and message.sequence == under_way.sequence:
            session.assignments_courier.delivered()

    def _on_routes_ack(self, now: int, session: AgentSession, message: RoutesAck, out: list[Effect]) -> None:
        courier = session.routes_courier
        if message.reason:
            session.routes_version = 0
            courier.failed(now)
        elif message.version == 0:
            session.routes_version = 0
            courier.delivered()
        elif session.routes_version < message.version <= self.tables.version:
            session.routes_version = message.version
            if courier.message is not None and courier.message.changes.to_version <= message.version:
                courier.delivered()
            out.append(Observe(RoutesAcknowledged(session.node_id, message.version)))
        self._speak_of_routes(now, session, out)
        self._look_at_drains(now)

    def _look_at_drains(self, now: int) -> None:
        """Which withheld stops every table now agrees with."""
        if not self._drains:
            return
        if not self._expected:
            lagging = (self._sessions.by_node[node_id].routes_version for node_id in self._lagging)
            self._drains.acknowledged(now, min(lagging, default=self.tables.version))

    # Reports

    def _on_report(self, now: int, session: AgentSession, message: StatusReport, out: list[Effect]) -> None:
        if message.sequence <= session.reported_sequence:
            out.append(Send(session.node_id, StatusAck(session.id, session.reported_sequence)))
        elif session.report is None:
            session.report, session.report_index = message, None
            self._reporting[session.node_id] = None

    def _draft_report(self, session: AgentSession, report: StatusReport, draft: Draft) -> bool:
        """Write what is news in a report; whether all of it is in the head."""
        index = 0
        for told in report.reports:
            task = draft.head.tasks.get(told.task_id)
            if task is None or task.node_id != session.node_id:
                continue
            if advances(task.status, told.status):
                if draft.full:
                    return False
                task = draft.update(replace(task, status=told.status))
            index = max(index, task.version)
        session.report_index = index
        return True

    def _acknowledge_reports(self, index: int, out: list[Effect]) -> None:
        """Tell the agents whose reports the committed store shows."""
        for node_id in [node_id for node_id in self._drafted if self._is_committed(node_id, index)]:
            del self._drafted[node_id]
            session = self._sessions.by_node[node_id]
            report = session.report
            assert report is not None
            session.report = None  # if it is not shown, the agent will repeat it
            if self._is_shown(session, report):
                session.reported_sequence = report.sequence
                out.append(Send(node_id, StatusAck(session.id, report.sequence)))

    def _is_committed(self, node_id: NodeId, index: int) -> bool:
        report_index = self._sessions.by_node[node_id].report_index
        assert report_index is not None
        return report_index <= index

    def _is_shown(self, session: AgentSession, report: StatusReport) -> bool:
        for told in report.reports:
            task = self._committed.tasks.get(told.task_id)
            if task is not None and task.node_id == session.node_id and advances(task.status, told.status):
                return False
        return True


def _order(session: AgentSession, node: Node) -> NodeId:
    """The Raft member that the node is told to be."""
    raft_id = _raft_id(node)
    return NodeId("") if raft_id == session.forgotten_raft_id else raft_id


def _raft_id(node: Node) -> NodeId:
    return node.manager.raft_id if node.manager is not None else NodeId("")


Handler = Callable[[Dispatcher, int, AgentSession, Any, list[Effect]], None]
HANDLERS: Final[dict[type[Any], Handler]] = {
    Beat: Dispatcher._on_beat,
    AssignmentsAck: Dispatcher._on_assignments_ack,
    RoutesAck: Dispatcher._on_routes_ack,
    StatusReport: Dispatcher._on_report,
}
"""One handler for every kind of message within a session."""
