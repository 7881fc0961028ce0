"""Sessions of agents: who is there, until when, and where each conversation stands."""

from collections.abc import Iterable

from core.ids import Address, NodeId, SessionId
from core.manager.dispatcher.assignments import NodeAssignments
from core.manager.dispatcher.courier import Courier
from core.manager.dispatcher.nodes import Observation
from core.manager.dispatcher.route_progress import RouteProgress
from core.messages import Assignments, Register, Routes, StatusReport
from core.objects.node import NodeState
from core.objects.task import Task
from core.timing import DispatcherTiming


class AgentSession:
    """One registration of one agent; all state of the conversation with it."""

    def __init__(
        self, session_id: SessionId, request: Register, tasks: Iterable[Task], timing: DispatcherTiming
    ) -> None:
        self.id = session_id
        self.node_id: NodeId = request.node_id
        self.attempt = request.attempt
        self.address: Address = request.address
        self.raft_id: NodeId = request.raft_id
        self.forgotten_raft_id = NodeId("")
        """The Raft member the node was when it registered as none: it has lost that member's log, or never heard of it.

        Either way the host must not begin as that member with an empty log; the role manager draws a new one."""
        self.began = False
        """Whether the agent has spoken in this session: until then it may not know of it."""
        self.introduction = Observation(
            NodeState.READY, address=request.address.rpartition(":")[0], description=request.description
        )
        """What is to be written of its node as soon as it has."""
        self.heartbeat_ns = timing.heartbeat_ns
        self.expires_at = 0
        self.armed_at = 0
        """When the alarm that is set for this session rings."""
        self.assignments = NodeAssignments(request.node_id, session_id, tasks)
        self.assignments_courier: Courier[Assignments] = Courier(timing)
        self.routes = RouteProgress()
        self.routes_courier: Courier[Routes] = Courier(timing)
        self.report: StatusReport | None = None
        """The report that is being written to the store."""
        self.reported_sequence = 0
        """The last report that is committed."""

    def due_at(self) -> int:
        """When this session next wants attention."""
        earliest_at = self.expires_at
        if self.began:
            for courier_at in (self.assignments_courier.due_at, self.routes_courier.due_at):
                if courier_at is not None and courier_at < earliest_at:
                    earliest_at = courier_at
        return earliest_at


class Sessions:
    """The live sessions, by node and by id; at most one per node."""

    def __init__(self) -> None:
        self.by_node: dict[NodeId, AgentSession] = {}
        self._by_id: dict[SessionId, AgentSession] = {}

    def get(self, session_id: SessionId) -> AgentSession | None:
        """The live session of this id."""
        return self._by_id.get(session_id)

    def open(self, session: AgentSession) -> None:
        """Begin a session in place of the node's earlier one, if it had one."""
        self.close(session.node_id)
        self.by_node[session.node_id] = session
        self._by_id[session.id] = session

    def close(self, node_id: NodeId) -> AgentSession | None:
        """End the node's session."""
        session = self.by_node.pop(node_id, None)
        if session is not None:
            del self._by_id[session.id]
        return session
