"""The leader's conversation with every agent.

Theory of operation. An agent registers and gets a session; with its first word in it its node is READY. It beats as
often as it is told, and is taken for lost after the grace without a word (its node is then DOWN, and the mesh drops its
tasks by itself). To register again and again is no word: whoever gets no answer can be told nothing. A new leader takes
every node that was not down for UNKNOWN and gives it a longer grace to be heard from first.

What an agent is told follows the *committed* store: assignments (`assignments`), with stops withheld while a task
drains (`drain`), and routing tables (`core.mesh`). Each is a numbered stop-and-wait conversation, so that a slow
agent costs one coalesced difference and not a queue. A conversation begins with the agent's first word in the
session: only then does the agent know of it.

What agents report is drafted into the *head*, like all that the leader writes, and acknowledged once the committed
store shows it. Who wins when words cross: of statuses the later state, and the first that is an end; of sessions the
last registered, by the agent's count of attempts and not by arrival; of observations of a node the latest.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from core.effects import Effect
from core.facts import Refused, SessionLost, SessionOpened
from core.ids import Address, NodeId, SessionId, draw_id
from core.manager.alarms import Alarms
from core.manager.dispatcher.conversations import Conversations
from core.manager.dispatcher.nodes import HEARTBEAT_FAILURE, LEFT, NEW_LEADER, NodeObservations, Observation
from core.manager.dispatcher.registrations import Registrations
from core.manager.dispatcher.report_intake import ReportIntake
from core.manager.dispatcher.sessions import AgentSession, Sessions
from core.manager.draft import Draft
from core.manager.task_moves import Writer
from core.messages import (
    AssignmentsAck,
    Beat,
    BeatAnswer,
    LeaveNotice,
    Manager,
    Register,
    Registered,
    RoutesAck,
    SessionUnknown,
    StatusReport,
    ToManager,
)
from core.objects.node import ManagerStatus, Node, NodeState
from core.objects.task import Task
from core.operations import Kind
from core.parts import Parts
from core.raft.effects import Observe, Send
from core.store import Changed, Store
from core.timing import Timing

MAX_SPOKEN: Final = 200
"""Most agents spoken to in one step, for one reason."""


class Dispatcher:
    """A Reconciler for what it writes (status of nodes and tasks); its conversation follows the committed store.

    Made when leadership is ready, dropped with it. `receive`, `on_committed` and `tick` return what is to be sent;
    after each, `reconcile` may be due (`dirty`).
    """

    kinds: tuple[Kind, ...] = ()
    writer = Writer.AGENT

    def __init__(self, committed: Store, timing: Timing, rng: Random, now: int, proven_at: Callable[[], int]) -> None:
        self._committed = committed
        self._proven_at = proven_at
        self._timing = timing.dispatcher
        self._rng = rng
        self._sessions = Sessions()
        self._alarms: Alarms[NodeId] = Alarms()
        self._expected: dict[NodeId, None] = {}
        """Nodes not heard from yet; their alarm rings when that has lasted too long."""
        self._managers = _managers(committed)
        self._registrations = Registrations(timing.dispatcher.backoff_max_ns)
        self._observations = NodeObservations()
        self._conversations = Conversations(committed, self._sessions, timing)
        self._reports = ReportIntake(committed, self._sessions)

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
        return task.id in self._conversations.drains

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

    def on_committed(self, now: int, index: int, changes: tuple[Changed, ...]) -> None:
        """The committed store has applied `index`. To be called for every index, with or without changes.

        `speak` is to be called before the step is over.
        """
        for change in changes:
            if change.kind is Kind.NODE:
                self._on_node_changed(now, change)
        self._conversations.follow(now, index, changes)

    def speak(self, now: int) -> list[Effect]:
        """What is to be said because of what was committed: to a bounded number of agents; `tick` goes on at once."""
        out: list[Effect] = []
        self._conversations.begin_step()
        self._reports.acknowledge(out)
        if self._conversations.settle():
            for session in self._conversations.next_unspoken(MAX_SPOKEN):
                self._speak(now, session, out)
        self._look_at_drains(now)
        return out

    def tick(self, now: int) -> list[Effect]:
        """Time has passed: expiry, what was not acknowledged again, stops that were withheld."""
        out: list[Effect] = []
        self._conversations.release(now)
        for _ in range(MAX_SPOKEN):
            node_id = self._alarms.pop_due(now)
            if node_id is None:
                break
            self._ring(now, node_id, out)
        return out + self.speak(now)

    # The reconciler

    def rebuild(self, now: int) -> Parts:
        """Leadership begins: every node not down is UNKNOWN until it is heard, and drains begin anew."""
        yield from self._conversations.rebuild(now)
        for node in self._committed.nodes.values():
            if node.status.state != NodeState.DOWN:
                self._expect(now, node.id)
                self._observations.note(node.id, Observation(NodeState.UNKNOWN, NEW_LEADER))
        yield

    def on_change(self, now: int, change: Changed) -> None:
        """Nothing: it follows the committed store."""

    def reconcile(self, now: int, draft: Draft) -> None:
        """Write what agents reported, which nodes are there, and which networks they have left for good."""
        self._observations.write(draft)
        self._conversations.departures.write(draft)
        self._reports.write(draft)

    @property
    def dirty(self) -> bool:
        """Whether there is something to write."""
        return bool(self._observations or self._conversations.departures) or self._reports.dirty

    def attempt_of(self, node_id: NodeId) -> int | None:
        """The attempt to register that opened this node's session; None if it has none."""
        session = self._sessions.by_node.get(node_id)
        return session.attempt if session is not None else None

    def deadline(self) -> int | None:
        """When `tick` has something to do; 0 if it has already."""
        if self._reports.due or self._conversations.has_more_to_do:
            return 0
        alarm_at, drain_at = self._alarms.next(), self._conversations.drains.deadline()
        if alarm_at is None or drain_at is None:
            return drain_at if alarm_at is None else alarm_at
        return min(alarm_at, drain_at)

    def check_invariants(self) -> None:
        """Assert what always holds."""
        for node_id, session in self._sessions.by_node.items():
            assert session.node_id == node_id
            assert self._sessions.get(session.id) is session
            assert session.routes.version <= self._conversations.tables.version
            assert node_id not in self._expected
        for node_id in self._conversations.unspoken:
            assert node_id in self._sessions.by_node

    # Sessions

    def _on_register(self, now: int, sender: NodeId, message: Register, out: list[Effect]) -> None:
        node = self._committed.nodes.get(message.node_id)
        if sender != message.node_id or node is None:
            out.append(Observe(Refused(sender, f"no node {message.node_id} to register")))
            return
        session = self._sessions.by_node.get(node.id)
        if session is None or session.attempt != message.attempt:
            current = session.attempt if session is not None else None
            refusal = self._registrations.refusal(now, node.id, message.attempt, current)
            if refusal is not None:
                if self._registrations.is_first_refusal(node.id, message.attempt):
                    out.append(Observe(Refused(sender, f"node {node.id} {refusal}")))
                return
            session = self._open(now, message, out)
            session.forgotten_raft_id = NodeId("") if message.raft_id else _raft_id(node)
        if session.began:
            self._heard(now, session)
        raft_id = _order(session, node)
        managers, index = self._managers, self._committed.index
        answer = Registered(message.attempt, session.id, index, raft_id, node.version, session.heartbeat_ns, managers)
        out.append(Send(node.id, answer))

    def _open(self, now: int, request: Register, out: list[Effect]) -> AgentSession:
        session_id = SessionId(draw_id(self._rng))
        session = AgentSession(session_id, request, self._committed.tasks_on_node(request.node_id), self._timing)
        before = self._sessions.by_node.get(request.node_id)
        self._forget(request.node_id)
        self._sessions.open(session)
        self._conversations.open(session)
        self._heard(now, session)
        if before is not None and not before.began:
            session.expires_at = before.expires_at  # it may register for ever without getting an answer
            self._arm(session)
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
            if not session.began:
                session.began = True
                self._observations.note(session.node_id, session.introduction)
            handler(self, now, session, message, out)
            self._speak(now, session, out)
            self._look_at_drains(now)

    def _on_beat(self, now: int, session: AgentSession, message: Beat, out: list[Effect]) -> None:
        self._heard(now, session)
        node = self._committed.nodes[session.node_id]
        managers = self._managers
        raft_id = _order(session, node)
        age_ns = now - self._proven_at()
        answer = BeatAnswer(session.id, message.sequence, session.heartbeat_ns, raft_id, node.version, managers, age_ns)
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
        self._conversations.forget(node_id)
        self._reports.forget(node_id)
        self._expected.pop(node_id, None)
        self._alarms.drop(node_id)

    def _on_node_changed(self, now: int, change: Changed) -> None:
        if _manager_status(change.old) != _manager_status(change.new):
            self._managers = _managers(self._committed)
        if change.new is None:
            self._forget(NodeId(change.id))
            self._registrations.forget(NodeId(change.id))
        elif change.old is None:
            self._expect(now, NodeId(change.id))

    def _expect(self, now: int, node_id: NodeId) -> None:
        self._expected[node_id] = None
        self._alarms.set(node_id, now + self._timing.heartbeat_ns * self._timing.failover_grace_factor)

    def _ring(self, now: int, node_id: NodeId, out: list[Effect]) -> None:
        """Some time of this node's has come."""
        session = self._sessions.by_node.get(node_id)
        if session is None:
            del self._expected[node_id]
            self._observations.note(node_id, Observation(NodeState.DOWN, HEARTBEAT_FAILURE))
            self._look_at_drains(now)
        elif now >= session.expires_at:
            self._lose(now, session, out)
        else:
            self._speak(now, session, out)

    def _arm(self, session: AgentSession) -> None:
        """An alarm rings no later than this session wants attention; one that rings early does no harm."""
        due_at = session.due_at()
        if session.node_id not in self._alarms or due_at < session.armed_at:
            session.armed_at = due_at
            self._alarms.set(session.node_id, due_at)

    # Within a session

    def _on_assignments_ack(self, now: int, session: AgentSession, message: AssignmentsAck, out: list[Effect]) -> None:
        self._conversations.assignments_acknowledged(session, message)

    def _on_routes_ack(self, now: int, session: AgentSession, message: RoutesAck, out: list[Effect]) -> None:
        self._conversations.routes_acknowledged(now, session, message, out)

    def _on_report(self, now: int, session: AgentSession, message: StatusReport, out: list[Effect]) -> None:
        self._reports.received(session, message, out)

    def _speak(self, now: int, session: AgentSession, out: list[Effect]) -> None:
        self._conversations.speak(now, session, out)
        self._arm(session)

    def _look_at_drains(self, now: int) -> None:
        """A node that is still expected may have kept the tables of an earlier leader: drains wait for it."""
        if self._conversations.drains and not self._expected:
            self._conversations.look_at_drains(now)


def _managers(store: Store) -> tuple[Manager, ...]:
    return tuple(Manager(node.id, node.manager.address) for node in store.nodes.values() if node.manager is not None)


def _manager_status(node: Node | None) -> ManagerStatus | None:
    return node.manager if node is not None else None


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
