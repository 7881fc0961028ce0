"""Statuses on their way out: only what is durable, the newest of each task, until the leader has committed it.

One report is under way at a time, numbered within its session; what changes meanwhile waits for the next. A new
session starts over with everything not yet acknowledged.
"""

from collections import deque
from typing import Final

from core.agent.records import TasksObserved
from core.backoff import Backoff
from core.durability import Persist, Stream, Tickets
from core.effects import Effect
from core.ids import NodeId, SessionId, TaskId, Ticket
from core.messages import StatusAck, StatusReport, TaskReport
from core.objects.task import TaskStatus
from core.raft.effects import Send
from core.timing import DispatcherTiming

MAX_REPORTS: Final = 500
"""Most statuses in one message."""
_FIRST_WAIT_FACTOR: Final = 4
"""The first wait for an acknowledgement, in least back-offs: it takes a commit as well as the way there and back."""

_Statuses = tuple[tuple[TaskId, TaskStatus], ...]


class Reports:
    """The agent's out-tray."""

    def __init__(self, timing: DispatcherTiming, tickets: Tickets) -> None:
        self._batch_ns = timing.batch_ns
        self._tickets = tickets
        self._unsynced: deque[tuple[Ticket, _Statuses]] = deque()
        self._unacknowledged: dict[TaskId, TaskStatus] = {}
        self._under_way: StatusReport | None = None
        self._sequence = 0
        first_wait_ns = min(_FIRST_WAIT_FACTOR * timing.backoff_min_ns, timing.backoff_max_ns)
        self._backoff = Backoff(first_wait_ns, timing.backoff_max_ns)
        self._send_at: int | None = None

    def observed(self, statuses: _Statuses, out: list[Effect]) -> None:
        """Tasks have new statuses: write them down."""
        if statuses:
            ticket = self._tickets.draw()
            self._unsynced.append((ticket, statuses))
            out.append(Persist(ticket, Stream.AGENT, TasksObserved(statuses)))

    def persisted(self, now: int, ticket: Ticket) -> None:
        """What is durable may be told."""
        while self._unsynced and self._unsynced[0][0] <= ticket:
            for task_id, status in self._unsynced.popleft()[1]:
                self.add(now, task_id, status)

    def add(self, now: int, task_id: TaskId, status: TaskStatus) -> None:
        """This durable status is to be told."""
        self._unacknowledged[task_id] = status
        if self._send_at is None and self._under_way is None:
            self._send_at = now + self._batch_ns

    def tell_again(self, now: int, task_id: TaskId, status: TaskStatus) -> None:
        """The leader's store lacks this status; if it is not durable yet it will be told by itself."""
        if not any(task_id == unsynced_id for _, statuses in self._unsynced for unsynced_id, _ in statuses):
            self.add(now, task_id, status)

    def forget(self, task_id: TaskId) -> None:
        """Nobody wants to hear of this task any more."""
        self._unacknowledged.pop(task_id, None)

    def begin(self, now: int) -> None:
        """A new session."""
        self._under_way = None
        self._sequence = 0
        self._backoff.reset()
        self._send_at = now if self._unacknowledged else None

    def acknowledged(self, now: int, message: StatusAck) -> None:
        """The report under way is committed."""
        report = self._under_way
        if report is None or message.sequence < report.sequence:
            return
        for told in report.reports:
            if self._unacknowledged.get(told.task_id) is told.status:
                del self._unacknowledged[told.task_id]
        self._under_way = None
        self._backoff.reset()
        self._send_at = now if self._unacknowledged else None

    def flush(self, now: int, session_id: SessionId, manager_id: NodeId, out: list[Effect]) -> None:
        """Send what is due: the next report, or the one under way again. Does nothing without a session."""
        if self._send_at is None or now < self._send_at or not session_id:
            return
        if self._under_way is None:
            self._under_way = self._next_report(session_id)
        if self._under_way is None:
            self._send_at = None
            return
        self._send_at = now + self._backoff.next_ns()
        out.append(Send(manager_id, self._under_way))

    def deadline(self, session_id: SessionId) -> int | None:
        """When `flush` has something to do."""
        return self._send_at if session_id else None

    def _next_report(self, session_id: SessionId) -> StatusReport | None:
        if not self._unacknowledged:
            return None
        self._sequence += 1
        first = list(self._unacknowledged.items())[:MAX_REPORTS]
        return StatusReport(session_id, self._sequence, tuple(TaskReport(*item) for item in first))
