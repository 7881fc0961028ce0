"""The agent of one host: keeps a session with the leader, runs the tasks it is assigned, reports how they do.

Theory of operation. The agent is put together from parts that know nothing of each other: `Session` finds the leader
and holds on to it, `Inbox` takes assignments in order, `Tasks` drives containers through their life cycle, `Reports`
tells statuses until they are committed, `RouteInbox` feeds the data plane. This module routes events to them and, at
the end of each step, writes down the statuses that changed and sends what is due.

Without a session everything runs on: tasks, restarts of the engine, statuses (kept until they can be told). Durable
are the tasks with their newest statuses and the managers' addresses; never the data of secrets. Left out on purpose:
restarting a failed container. A task is one attempt; another attempt is another task, and the leader's business.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from core.agent.events import AddressChanged, AgentEvent, ManagersLearned, RaftIdentityChanged
from core.agent.inbox import Assigned, Inbox
from core.agent.lifecycle import Phase
from core.agent.records import AgentDurable, ManagersKnown
from core.agent.reports import Reports
from core.agent.route_inbox import RouteInbox
from core.agent.session import Session
from core.agent.tasks import Tasks
from core.durability import Persist, Persisted, Stream, Tickets
from core.effects import Effect
from core.events import (
    EngineDown,
    EngineInventory,
    EngineUp,
    HostDescribed,
    LinkDown,
    RoutesApplied,
    RoutesFailed,
    TaskReported,
    WallClock,
)
from core.ids import Address, NodeId, SecretId, SessionId
from core.messages import (
    Assignments,
    BeatAnswer,
    Manager,
    NotLeader,
    Registered,
    Routes,
    SessionUnknown,
    StatusAck,
)
from core.objects.task import Task
from core.raft.events import Received, Tick
from core.timing import NEVER, DispatcherTiming

BEATS_PER_FENCE: Final = 4
"""How often at least an agent beats within the shortest fence of its tasks."""


class Agent:
    """Made when the host becomes a member, or recovers as one; dropped when it leaves.

    `address` is where this host listens; it is told to the dispatcher. Effects: Send, Persist (stream AGENT, records of
    `core.agent.records`), orders to the engine, ProgramRoutes, Observe. The host makes known where `managers` are.
    """

    def __init__(
        self,
        node_id: NodeId,
        address: Address,
        timing: DispatcherTiming,
        tickets: Tickets,
        durable: AgentDurable,
        rng: Random,
        now: int,
    ) -> None:
        self.node_id = node_id
        self._tickets = tickets
        self._session = Session(node_id, address, timing, rng, now)
        self._session.learn(durable.managers)
        self._inbox = Inbox(tickets, durable.index, tuple(task.id for task in durable.tasks))
        self._tasks = Tasks(self._inbox.materials, self._session.proof.at)
        self._tasks.recover(durable.tasks)
        self._beat_for_fences()
        self._reports = Reports(timing, tickets)
        self._routes = RouteInbox(tickets)

    # Reading

    @property
    def managers(self) -> tuple[Manager, ...]:
        """The managers as last heard of."""
        return self._session.managers

    @property
    def session_id(self) -> SessionId | None:
        """The session it holds, if it does."""
        return self._session.id or None

    @property
    def assigned_raft_id(self) -> NodeId | None:
        """The Raft member the leader wants this host to be: empty for a worker, None until it has said."""
        return self._session.assigned_raft_id

    @property
    def assigned_at_version(self) -> int:
        """The `node_version` of that order: orders only ever rise."""
        return self._session.assigned_at_version

    @property
    def secret_ids(self) -> tuple[SecretId, ...]:
        """The secrets it holds in memory."""
        return tuple(self._inbox.secrets)

    def tasks(self) -> tuple[Task, ...]:
        """The tasks of this host as assigned, with the statuses observed here."""
        runs = self._tasks.runs.values()
        return tuple(run.as_task() for run in runs if run.phase not in (Phase.EVICTING, Phase.REMOVING))

    def durable(self) -> AgentDurable:
        """All it must find again after a restart, as one record that may replace all written before."""
        return AgentDurable(self.managers, self._inbox.index, self.tasks())

    # Stepping

    def step(self, now: int, event: AgentEvent) -> list[Effect]:
        """What follows from this event. `now` in monotonic nanoseconds of this host."""
        out: list[Effect] = []
        HANDLERS[type(event)](self, now, event, out)
        self._tasks.fence(now, self._session.proof.at, out)
        self._reports.observed(self._tasks.take_changed(), out)
        self._reports.flush(now, self._session.id, self._session.manager_id, out)
        return out

    def deadline(self) -> int | None:
        """When the agent next wants a Tick; None = never."""
        earliest = self._session.deadline()
        for at in (
            self._tasks.deadline(),
            self._tasks.fence_deadline(),
            self._reports.deadline(self._session.id),
            self._routes.deadline(),
        ):
            if at is not None and (earliest is None or at < earliest):
                earliest = at
        return earliest

    def check_invariants(self) -> None:
        """Assert what always holds."""
        self._session.check_invariants()
        self._tasks.check_invariants()

    def _on_tick(self, now: int, event: Tick, out: list[Effect]) -> None:
        self._session.tick(now, out)
        self._tasks.tick(now, out)
        self._routes.tick(now, out)

    def _on_wall_clock(self, now: int, event: WallClock, out: list[Effect]) -> None:
        self._tasks.wall_offset_ns = event.offset_ns

    def _on_received(self, now: int, event: Received, out: list[Effect]) -> None:
        handler = MESSAGE_HANDLERS.get(type(event.message))
        if handler is not None:
            handler(self, now, event.sender, event.message, out)

    def _on_link_down(self, now: int, event: LinkDown, out: list[Effect]) -> None:
        self._session.link_down(now, event.peer)

    def _on_persisted(self, now: int, event: Persisted, out: list[Effect]) -> None:
        self._reports.persisted(now, event.ticket)
        assigned = self._inbox.persisted(event, self._session.id, out)
        if assigned is not None:
            self._carry_out(now, assigned, out)

    def _on_described(self, now: int, event: HostDescribed, out: list[Effect]) -> None:
        self._session.describe(now, event.description)

    def _on_managers_learned(self, now: int, event: ManagersLearned, out: list[Effect]) -> None:
        self._learn(event.managers, out)

    def _on_raft_identity(self, now: int, event: RaftIdentityChanged, out: list[Effect]) -> None:
        self._session.identify(now, event.raft_id)

    def _on_address(self, now: int, event: AddressChanged, out: list[Effect]) -> None:
        self._session.relocate(now, event.address)

    # The engine

    def _on_engine_up(self, now: int, event: EngineUp, out: list[Effect]) -> None:
        """Its inventory follows, and is what counts."""

    def _on_engine_down(self, now: int, event: EngineDown, out: list[Effect]) -> None:
        self._tasks.engine_down()

    def _on_inventory(self, now: int, event: EngineInventory, out: list[Effect]) -> None:
        self._tasks.inventory(now, event.containers, out)

    def _on_task_reported(self, now: int, event: TaskReported, out: list[Effect]) -> None:
        self._tasks.reported(now, event.task_id, event.operation_id, event.report, out)

    # The data plane

    def _on_routes_applied(self, now: int, event: RoutesApplied, out: list[Effect]) -> None:
        self._routes.applied(now, event, self._session.id, self._session.manager_id, out)

    def _on_routes_failed(self, now: int, event: RoutesFailed, out: list[Effect]) -> None:
        self._routes.failed(now, event, self._session.id, self._session.manager_id, out)

    # The leader

    def _on_registered(self, now: int, sender: NodeId, message: Registered, out: list[Effect]) -> None:
        if self._session.registered(now, sender, message, self._inbox.index, out):
            self._inbox.begin()
            self._reports.begin(now)
            self._routes.begin()
            self._learn(message.managers, out)
            self._session.tick(now, out)

    def _on_beat_answer(self, now: int, sender: NodeId, message: BeatAnswer, out: list[Effect]) -> None:
        if self._session.beat_answered(now, message):
            self._learn(message.managers, out)

    def _on_not_leader(self, now: int, sender: NodeId, message: NotLeader, out: list[Effect]) -> None:
        self._session.not_leader(now, message, out)

    def _on_session_unknown(self, now: int, sender: NodeId, message: SessionUnknown, out: list[Effect]) -> None:
        self._session.unknown(now, message.session_id, out)
        self._session.tick(now, out)

    def _on_assignments(self, now: int, sender: NodeId, message: Assignments, out: list[Effect]) -> None:
        if message.session_id == self._session.id:
            self._inbox.received(sender, message, out)

    def _on_status_ack(self, now: int, sender: NodeId, message: StatusAck, out: list[Effect]) -> None:
        if message.session_id == self._session.id:
            self._reports.acknowledged(now, message)

    def _on_routes(self, now: int, sender: NodeId, message: Routes, out: list[Effect]) -> None:
        if message.session_id == self._session.id:
            self._routes.received(now, sender, message, out)

    # How

    def _learn(self, managers: tuple[Manager, ...], out: list[Effect]) -> None:
        if self._session.learn(managers):
            out.append(Persist(self._tickets.draw(), Stream.AGENT, ManagersKnown(self.managers)))

    def _carry_out(self, now: int, assigned: Assigned, out: list[Effect]) -> None:
        for task_id in assigned.removed:
            self._reports.forget(task_id)
            self._tasks.unassign(now, task_id, out)
        for task in assigned.tasks:
            self._tasks.assign(now, task, out)
            self._tell_if_ahead(now, task)
        self._tasks.pursue_all(now, out)
        self._beat_for_fences()

    def _beat_for_fences(self) -> None:
        """Beat often enough that no fence is over between two beats."""
        fence_ns = self._tasks.shortest_fence_ns()
        self._session.beat_within_ns = NEVER if fence_ns is None else fence_ns // BEATS_PER_FENCE

    def _tell_if_ahead(self, now: int, task: Task) -> None:
        """The leader's store may lack what was told to an earlier one."""
        run = self._tasks.runs.get(task.id)
        if run is not None and run.status.state > task.status.state and task.id not in self._tasks.changed:
            self._reports.tell_again(now, task.id, run.status)


Handler = Callable[[Agent, int, Any, list[Effect]], None]
HANDLERS: Final[dict[type[Any], Handler]] = {
    Tick: Agent._on_tick,
    WallClock: Agent._on_wall_clock,
    Received: Agent._on_received,
    LinkDown: Agent._on_link_down,
    Persisted: Agent._on_persisted,
    HostDescribed: Agent._on_described,
    ManagersLearned: Agent._on_managers_learned,
    RaftIdentityChanged: Agent._on_raft_identity,
    AddressChanged: Agent._on_address,
    EngineUp: Agent._on_engine_up,
    EngineDown: Agent._on_engine_down,
    EngineInventory: Agent._on_inventory,
    TaskReported: Agent._on_task_reported,
    RoutesApplied: Agent._on_routes_applied,
    RoutesFailed: Agent._on_routes_failed,
}
"""One handler for every kind of `AgentEvent`."""

MessageHandler = Callable[[Agent, int, NodeId, Any, list[Effect]], None]
MESSAGE_HANDLERS: Final[dict[type[Any], MessageHandler]] = {
    Registered: Agent._on_registered,
    BeatAnswer: Agent._on_beat_answer,
    NotLeader: Agent._on_not_leader,
    SessionUnknown: Agent._on_session_unknown,
    Assignments: Agent._on_assignments,
    StatusAck: Agent._on_status_ack,
    Routes: Agent._on_routes,
}
"""One handler for every kind of message to an agent, but for the answers to joining, which are the host's."""
