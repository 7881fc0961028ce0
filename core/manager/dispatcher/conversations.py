"""What agents are told in their sessions: assignments and routing tables, both from the committed store.

Each is a stop-and-wait conversation of numbered messages: one under way, repeated until acknowledged; what changes
meanwhile makes up the next. That each host's table is acknowledged is also what withheld stops wait for (`drain`).
"""

from core.effects import Effect
from core.facts import RoutesAcknowledged
from core.ids import NodeId, TaskId
from core.manager.dispatcher.drain import Drains, is_draining
from core.manager.dispatcher.sessions import AgentSession, Sessions
from core.mesh.tables import MeshTables
from core.messages import AssignmentsAck, Routes, RoutesAck
from core.objects.task import Task, TaskState
from core.operations import Kind
from core.parts import Parts, parts_of
from core.raft.effects import Observe, Send
from core.store import Changed, Store
from core.timing import Timing


class Conversations:
    """`lagging`: nodes whose agent may carry an older table than its own latest.

    `unspoken`: nodes whose agent may have to be told something since it was last spoken to.
    """

    def __init__(self, committed: Store, sessions: Sessions, timing: Timing) -> None:
        self.tables = MeshTables(committed)
        self.drains = Drains(timing.drain_ack_timeout_ns, timing.drain_grace_ns)
        self.lagging: dict[NodeId, None] = {}
        self._committed = committed
        self._sessions = sessions
        self._batch_ns = timing.dispatcher.batch_ns
        self.unspoken: dict[NodeId, None] = {}

    # What the store says

    def rebuild(self, now: int) -> Parts:
        """Leadership begins: stops that an earlier leader may have withheld are withheld anew."""
        yield from self.tables.rebuild()
        for tasks in parts_of(self._committed.tasks.values()):
            for task in filter(is_draining, tasks):
                self.drains.begin(now, task.id, self.tables.version)
            yield

    def follow(self, now: int, index: int, changes: tuple[Changed, ...]) -> None:
        """The store has applied `index`: take note of it, and of the agents to whom there may be something to say."""
        for change in changes:
            if change.kind is Kind.TASK:
                self._task_changed(now, index, change)
        if self.tables.follow(index, changes):
            everyone = dict.fromkeys(self._sessions.by_node)
            self.unspoken.update(everyone)
            self.lagging.update(everyone)

    def _task_changed(self, now: int, index: int, change: Changed) -> None:
        old, task = change.old, change.new
        if task is None or not is_draining(task):
            self.drains.drop(TaskId(change.id))
        elif old is not None and old.desired_state <= TaskState.RUNNING and task.node_id in self._sessions.by_node:
            self.drains.begin(now, task.id, index)
        self._touch(now, task or old)

    def _touch(self, now: int, task: Task) -> None:
        session = self._sessions.by_node.get(task.node_id)
        if session is not None:
            session.assignments.touch(task.id)
            session.assignments_courier.wish(now + self._batch_ns)
            self.unspoken[session.node_id] = None

    # Telling

    def speak(self, now: int, session: AgentSession, out: list[Effect]) -> None:
        """Send what is due in this session."""
        if session.began:
            self._speak_of_assignments(now, session, out)
            self._speak_of_routes(now, session, out)

    def release(self, now: int) -> None:
        """Stops that were withheld long enough may be told."""
        for task_id in self.drains.released(now):
            self._touch(now, self._committed.tasks[task_id])

    def next_unspoken(self) -> AgentSession | None:
        """The agent that has waited longest to be spoken to; None if none does."""
        node_id = next(iter(self.unspoken), None)
        if node_id is None:
            return None
        del self.unspoken[node_id]
        return self._sessions.by_node[node_id]

    def forget(self, node_id: NodeId) -> None:
        """The node's session is over."""
        self.lagging.pop(node_id, None)
        self.unspoken.pop(node_id, None)

    def _speak_of_assignments(self, now: int, session: AgentSession, out: list[Effect]) -> None:
        courier = session.assignments_courier
        if session.assignments.behind:
            courier.wish(now)
        if not courier.is_due(now):
            return
        message = courier.message
        if message is None:
            message = session.assignments.next_message(self._committed, self.drains.wanted)
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
            self.lagging.pop(session.node_id, None)
        else:
            self.lagging[session.node_id] = None
            courier.wish(now)
        if not courier.is_due(now):
            return
        message = courier.message
        if message is None:
            message = Routes(session.id, self.tables.delta(session.node_id, session.routes_version))
        courier.sent(now, message)
        out.append(Send(session.node_id, message))

    # Being answered

    def assignments_acknowledged(self, session: AgentSession, message: AssignmentsAck) -> None:
        """The agent has the assignments under way, on disk."""
        under_way = session.assignments_courier.message
        if under_way is not None and message.sequence == under_way.sequence:
            session.assignments_courier.delivered()

    def routes_acknowledged(self, now: int, session: AgentSession, message: RoutesAck, out: list[Effect]) -> None:
        """The host's data plane carries a version; 0: none, so that it needs the whole table."""
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

    def look_at_drains(self, now: int) -> None:
        """Which withheld stops every live agent's table now agrees with."""
        lagging = (self._sessions.by_node[node_id].routes_version for node_id in self.lagging)
        self.drains.acknowledged(now, min(lagging, default=self.tables.version))
