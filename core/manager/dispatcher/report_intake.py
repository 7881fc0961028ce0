"""Status reports on their way into the store:

drafted into the head, acknowledged once the committed store shows them.
"""

from msgspec.structs import replace

from core.effects import Effect
from core.ids import NodeId
from core.manager.alarms import Alarms
from core.manager.dispatcher.sessions import AgentSession, Sessions
from core.manager.draft import Draft
from core.messages import StatusAck, StatusReport
from core.objects.task import TaskState, TaskStatus
from core.raft.effects import Send
from core.store import Store


def advances(stored: TaskStatus, reported: TaskStatus) -> bool:
    """Whether a report is news: states only move forward, an ended task stays as it ended.

    Agents write every state after ASSIGNED but ORPHANED (swarm.md §2.4).
    """
    in_an_agents_hands = TaskState.ACCEPTED <= reported.state <= TaskState.REJECTED
    return in_an_agents_hands and stored.state <= TaskState.RUNNING and stored.state < reported.state


class ReportIntake:
    """At most one report per session is under way (`AgentSession.report`)."""

    def __init__(self, committed: Store, sessions: Sessions) -> None:
        self._committed = committed
        self._sessions = sessions
        self._waiting: dict[NodeId, None] = {}
        """Nodes whose report is to be drafted."""
        self._drafted: Alarms[NodeId] = Alarms()
        """Nodes whose report is in the head; their "time" is the log index by which all of it is committed."""

    @property
    def dirty(self) -> bool:
        """Whether there is something to draft."""
        return bool(self._waiting)

    @property
    def due(self) -> bool:
        """Whether there is something to acknowledge already."""
        index = self._drafted.next()
        return index is not None and index <= self._committed.index

    def received(self, session: AgentSession, message: StatusReport, out: list[Effect]) -> None:
        """A report, perhaps not for the first time."""
        if message.sequence <= session.reported_sequence:
            out.append(Send(session.node_id, StatusAck(session.id, session.reported_sequence)))
        elif session.report is None:
            session.report = message
            self._waiting[session.node_id] = None

    def forget(self, node_id: NodeId) -> None:
        """The node's session is over; the agent reports again in its next one."""
        self._waiting.pop(node_id, None)
        self._drafted.drop(node_id)

    def write(self, draft: Draft) -> None:
        """Draft what waits, as far as there is room."""
        for node_id in list(self._waiting):
            session = self._sessions.by_node[node_id]
            assert session.report is not None
            index = _write(draft, node_id, session.report)
            if index is None:
                return
            del self._waiting[node_id]
            self._drafted.set(node_id, index)

    def acknowledge(self, out: list[Effect]) -> None:
        """Tell the agents whose reports the committed store shows. What it does not show, its agent will repeat.

        Costs what there is to tell, however many reports are still on their way.
        """
        while (node_id := self._drafted.pop_due(self._committed.index)) is not None:
            session = self._sessions.by_node[node_id]
            report, session.report = session.report, None
            assert report is not None
            if self._shows(node_id, report):
                session.reported_sequence = report.sequence
                out.append(Send(node_id, StatusAck(session.id, report.sequence)))

    def _shows(self, node_id: NodeId, report: StatusReport) -> bool:
        for told in report.reports:
            task = self._committed.tasks.get(told.task_id)
            if task is not None and task.node_id == node_id and advances(task.status, told.status):
                return False
        return True


def _write(draft: Draft, node_id: NodeId, report: StatusReport) -> int | None:
    """Draft what is news in a report: the log index by which all of it is committed; None if there is no more room."""
    index = 0
    for told in report.reports:
        task = draft.head.tasks.get(told.task_id)
        if task is None or task.node_id != node_id:
            continue
        if advances(task.status, told.status):
            if draft.full:
                return None
            task = draft.update(replace(task, status=told.status))
        index = max(index, task.version)
    return index
