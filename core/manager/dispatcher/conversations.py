"""What agents are told in their sessions: assignments and routing tables, both from the committed store.

Each is a stop-and-wait conversation: one message under way, repeated until acknowledged; what changes meanwhile makes
up the next. That each host's table is acknowledged is also what withheld stops wait for (`drain`).
"""

from collections.abc import Iterator
from typing import Final

from core.effects import Effect
from core.facts import RoutesAcknowledged
from core.ids import NodeId, TaskId
from core.manager.dispatcher.departures import Departures
from core.manager.dispatcher.drain import Drains, is_draining
from core.manager.dispatcher.laggards import Laggards
from core.manager.dispatcher.route_progress import Heard
from core.manager.dispatcher.sessions import AgentSession, Sessions
from core.manager.dispatcher.window import Window
from core.mesh.tables import MeshTables
from core.messages import AssignmentsAck, Routes, RoutesAck
from core.objects.node import NodeState
from core.objects.task import Task, is_wanted
from core.operations import Kind
from core.parts import Parts, parts_of
from core.raft.effects import Observe, Send
from core.store import Changed, Store
from core.timing import Timing

MAX_GATHERED: Final = 10_000
"""When as many records were gathered for transfers that begin, no more begin in this step."""


class Conversations:
    """`unspoken`: nodes whose agent may have to be told something since it was last spoken to."""

    def __init__(self, committed: Store, sessions: Sessions, timing: Timing) -> None:
        self.tables = MeshTables(committed)
        self.drains = Drains(timing.drain_ack_timeout_ns)
        self.departures = Departures()
        self.unspoken: dict[NodeId, None] = {}
        self._laggards = Laggards()
        self._window = Window()
        self._grace_ns = timing.drain_grace_ns
        self._committed = committed
        self._sessions = sessions
        self._batch_ns = timing.dispatcher.batch_ns
        self._gathered_count = 0

    # What the store says

    def rebuild(self, now: int) -> Parts:
        """Leadership begins: stops that an earlier leader may have withheld are withheld anew."""
        yield from self.tables.rebuild()
        self.departures.begin(self.tables.version, self._committed.nodes)
        for tasks in parts_of(self._committed.tasks.values()):
            for task in filter(is_draining, tasks):
                self.drains.begin(now, task.id, self.tables.version, self._grace_of(task))
            yield

    def follow(self, now: int, index: int, changes: tuple[Changed, ...]) -> None:
        """The store has applied `index`: take note of it."""
        for change in changes:
            if change.kind is Kind.TASK:
                self._task_changed(now, index, change)
        self.departures.follow(index, changes)
        self.tables.follow(index, changes)

    def settle(self) -> bool:
        """A bounded part of what follows from what was noted: tables, and whose agents are behind now; whether all."""
        if not self.tables.settle():
            return False
        for node_id in self.tables.take_stirred():
            session = self._sessions.by_node.get(node_id)
            if session is not None and node_id not in self._laggards:
                self._laggards.note(node_id, session.routes.version)
                self.unspoken[node_id] = None
        self.tables.forget_gone(self._acknowledged_version())
        return True

    def _acknowledged_version(self) -> int:
        """Every live agent's table is of this version or later, or as good as that."""
        oldest = self._laggards.oldest()
        return self.tables.version if oldest is None else oldest

    def _task_changed(self, now: int, index: int, change: Changed) -> None:
        old, task = change.old, change.new
        if task is None or not is_draining(task):
            self.drains.drop(TaskId(change.id))
        elif old is not None and is_wanted(old) and not self._is_down(task.node_id):
            self.drains.begin(now, task.id, index, self._grace_of(task))
        self._touch(now, task or old)

    def _grace_of(self, task: Task) -> int:
        return self._grace_ns if task.drain_grace_ns is None else task.drain_grace_ns

    def _is_down(self, node_id: NodeId) -> bool:
        """Whether the tables were without the node's tasks already. A node without a session may be heard any time."""
        node = self._committed.nodes.get(node_id)
        return node is None or node.status.state == NodeState.DOWN

    def _touch(self, now: int, task: Task) -> None:
        session = self._sessions.by_node.get(task.node_id)
        if session is not None:
            session.assignments.touch(task.id)
            session.assignments_courier.wish(now + self._batch_ns)
            self.unspoken[session.node_id] = None

    # Whom to tell

    def open(self, session: AgentSession) -> None:
        """A session begins: the agent's table is not known."""
        self._laggards.note(session.node_id, 0)

    def forget(self, node_id: NodeId) -> None:
        """The node's session is over."""
        self._laggards.drop(node_id)
        self._window.forget(node_id)
        self._call_up()
        self.unspoken.pop(node_id, None)

    def begin_step(self) -> None:
        """What was gathered before does not count any more."""
        self._gathered_count = 0

    def next_unspoken(self, most: int) -> Iterator[AgentSession]:
        """So many agents at most, those that have waited longest to be spoken to first."""
        for _ in range(min(most, len(self.unspoken))):
            node_id = next(iter(self.unspoken))
            del self.unspoken[node_id]
            yield self._sessions.by_node[node_id]

    def _call_up(self) -> None:
        """There may be room for agents whose next part has to wait."""
        while (node_id := self._window.call()) is not None:
            self.unspoken[node_id] = None

    @property
    def has_more_to_do(self) -> bool:
        """Whether `settle` or `next_unspoken` have something for the next step."""
        return bool(self.unspoken) or not self.tables.settled

    def release(self, now: int) -> None:
        """Stops that were withheld long enough may be told."""
        for task_id in self.drains.released(now):
            self._touch(now, self._committed.tasks[task_id])

    # Telling

    def speak(self, now: int, session: AgentSession, out: list[Effect]) -> None:
        """Send what is due in this session."""
        if session.began:
            self._speak_of_assignments(now, session, out)
            self._speak_of_routes(now, session, out)

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
        if courier.message is None and self._has_news(session):
            courier.wish(now)
        if not courier.is_due(now):
            return
        message = courier.message or self._next_part(session)
        if message is None:
            courier.nothing_to_say()
            return
        if courier.message is None:
            self._window.sent(session.node_id, message.changes.end_position - message.changes.position)
        else:
            self._window.over(session.node_id)  # it should have been acknowledged by now
            self._call_up()
        courier.sent(now, message)
        out.append(Send(session.node_id, message))

    def _has_news(self, session: AgentSession) -> bool:
        """Whether there is a part to tell; if not, and that is sure, the agent is not behind."""
        if session.routes.under_way or not self.tables.settled:
            return True
        version = session.routes.version
        if version and self.tables.changed_at(session.node_id) <= version:
            self._laggards.drop(session.node_id)
            self.departures.programmed(session.node_id, self.tables.version)
            return False
        self._laggards.note(session.node_id, version)
        return True

    def _next_part(self, session: AgentSession) -> Routes | None:
        """None if it has to wait: for the tables to be settled, for the next step, or for its turn."""
        if not session.routes.under_way and not self._may_begin():
            self.unspoken[session.node_id] = None
            return None
        if not self._window.admits(session.node_id):
            return None
        if not session.routes.under_way:
            transfer = self.tables.transfer(session.node_id, session.routes.version)
            session.routes.begin(transfer)
            self._gathered_count += transfer.length
        return Routes(session.id, session.routes.part())

    def _may_begin(self) -> bool:
        return self.tables.settled and self._gathered_count < MAX_GATHERED

    # Being answered

    def assignments_acknowledged(self, session: AgentSession, message: AssignmentsAck) -> None:
        """The agent has the assignments under way, on disk."""
        under_way = session.assignments_courier.message
        if under_way is not None and message.sequence == under_way.sequence:
            session.assignments_courier.delivered()

    def routes_acknowledged(self, now: int, session: AgentSession, message: RoutesAck, out: list[Effect]) -> None:
        """How far the host's data plane has come."""
        heard = session.routes.heard(message)
        if heard is Heard.OLD:
            return
        self._window.over(session.node_id)
        self._call_up()
        if heard is Heard.FAILED:
            session.routes_courier.failed(now)
        else:
            session.routes_courier.delivered()
        if heard is not Heard.PART:
            self._laggards.note(session.node_id, session.routes.version)
        if heard is Heard.VERSION:
            self.departures.programmed(session.node_id, session.routes.version)
            out.append(Observe(RoutesAcknowledged(session.node_id, session.routes.version)))

    def look_at_drains(self, now: int) -> None:
        """Which withheld stops every live agent's table now agrees with."""
        self.drains.acknowledged(now, self._acknowledged_version())
