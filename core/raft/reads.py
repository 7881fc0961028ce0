"""Linearizable reads on any member (Raft dissertation §6.4).

Theory of operation. A read may be answered from any state that includes everything committed before it was asked. The
leader's commit index at that moment, once a majority has confirmed that it still led then, is such a point: a leader
gets it through a barrier, any other member asks the leader for it, with one batch of reads under way at a time. The
answer is given when this member has applied that far. An answer to a batch is good whoever gave it and however late,
since a batch is only asked about after its reads were.
"""

from typing import Any

from core.ids import NodeId, Ticket
from core.raft.barriers import Barriers
from core.raft.clients import is_hopeless, leader_in_reach, no_leader_reason
from core.raft.effects import Applied, Refused, Reply
from core.raft.events import Cancelled, Read
from core.raft.messages import ReadIndex, ReadIndexed
from core.raft.requests import PATIENCE_REFUSALS, TRIES_PER_REFUSAL
from core.raft.rounds import Rounds
from core.raft.state import RaftState
from core.timing import NEVER


class _PendingRead:
    __slots__ = ("asked_at", "read_index", "request", "ticket", "wanted")

    def __init__(self, ticket: Ticket, request: Any, asked_at: int) -> None:
        self.ticket = ticket
        self.request = request
        self.asked_at = asked_at
        self.read_index: int | None = None
        self.wanted = True
        """Whether its client still waits."""


class Reads:
    """Queries that wait for their point in the log, and for this member to get there."""

    __slots__ = (
        "_barriers",
        "_batch",
        "_batch_number",
        "_pending",
        "_rounds",
        "_state",
        "_waiting",
        "ready",
        "retry_at",
    )

    def __init__(self, state: RaftState, rounds: Rounds, barriers: Barriers) -> None:
        self._state = state
        self._rounds = rounds
        self._barriers = barriers
        self._pending: dict[Ticket, _PendingRead] = {}
        """All that is not answered; also what is wanted no longer, since it takes up room until its turn has come."""
        self._waiting: list[_PendingRead] = []
        """Those for which nobody was asked yet."""
        self._batch: list[_PendingRead] = []
        """Those the leader was asked about under `_batch_number`."""
        self._batch_number = 0
        self.ready: list[_PendingRead] = []
        """Those whose point in the log is known, but not yet applied."""
        self.retry_at = NEVER
        """When to ask again."""

    def on_read(self, event: Read) -> None:
        """A client asks a question."""
        state = self._state
        if event.stale:
            self._answer(event.ticket, event.request)
            return
        if is_hopeless(state) or len(self._pending) >= state.config.pending_count_max:
            reason = no_leader_reason(state) if is_hopeless(state) else "too many reads are waiting: try again shortly"
            state.effects.append(Reply(event.ticket, Refused(reason)))
            return
        read = _PendingRead(event.ticket, event.request, state.now)
        self._pending[event.ticket] = read
        self._waiting.append(read)
        if self.retry_at == NEVER:
            self._schedule_retry()
        self.pursue()

    def on_cancelled(self, event: Cancelled) -> None:
        """A client is gone."""
        read = self._pending.get(event.ticket)
        if read is not None:
            read.wanted = False

    def refuse_all(self, reason: str) -> None:
        """This member takes no more part."""
        for read in self._pending.values():
            self._refuse(read, reason)
        self._pending, self._waiting, self._batch, self.ready = {}, [], [], []

    def start_over(self) -> None:
        """The leader changed: ask anew for all that has no point in the log yet."""
        self._batch = []
        self._waiting = [read for read in self._pending.values() if read.read_index is None]
        self.pursue()

    def pursue(self) -> None:
        """Ask for what waits, if there is somebody to ask."""
        state = self._state
        if not self._waiting:
            return
        if state.leading:
            reads, self._waiting = self._waiting, []
            index = state.commit_index
            self._barriers.open(index, lambda: self._found(reads, index))
        elif state.leader_id is not None and state.leader_id != state.id and not self._batch:
            self._batch, self._waiting = self._waiting, []
            self._batch_number += 1
            self._ask(state.leader_id)

    def _ask(self, leader_id: NodeId) -> None:
        self._state.send(leader_id, ReadIndex(self._state.incarnation, self._batch_number))

    def on_read_index(self, sender: NodeId, message: ReadIndex) -> None:
        """Another member asks: answer once leadership is confirmed."""
        state = self._state
        if not state.leading:
            return
        answer = ReadIndexed(message.incarnation, message.batch, state.commit_index)
        self._barriers.open(0, lambda: state.send(sender, answer))

    def on_read_indexed(self, sender: NodeId, message: ReadIndexed) -> None:
        """The leader's answer to a batch."""
        if message.incarnation != self._state.incarnation or message.batch != self._batch_number:
            return
        reads, self._batch = self._batch, []
        self._found(reads, message.index)
        self.pursue()

    def _found(self, reads: list[_PendingRead], read_index: int) -> None:
        for read in reads:
            read.read_index = read_index
        self.ready += reads
        self._state.unsettled = True

    def settle(self) -> None:
        """Answer what this member has applied far enough for."""
        ready = self.ready
        if not ready:
            return
        self.ready = []
        for read in ready:
            assert read.read_index is not None
            if read.read_index > self._state.applied_index:
                self.ready.append(read)
            elif self._pending.pop(read.ticket, None) is not None and read.wanted:
                self._answer(read.ticket, read.request)

    def _answer(self, ticket: Ticket, request: Any) -> None:
        state = self._state
        state.effects.append(Reply(ticket, Applied(state.applied_index, state.machine.query(request))))

    def tick(self) -> None:
        """Ask again, since messages get lost; refuse what waits in vain."""
        state = self._state
        if state.now < self.retry_at:
            return
        for read in list(self._pending.values()):
            self._refuse_if_in_vain(read)
        if not self._pending:
            self._batch, self._waiting = [], []
            self.retry_at = NEVER
            return
        self._waiting = [read for read in self._waiting if read.ticket in self._pending]
        self._schedule_retry()
        if self._batch and not state.leading and state.leader_id is not None and state.leader_id != state.id:
            self._ask(state.leader_id)
        self.pursue()

    def _schedule_retry(self) -> None:
        self.retry_at = self._state.now + self._state.timing.refusal_ns // TRIES_PER_REFUSAL

    def _refuse_if_in_vain(self, read: _PendingRead) -> None:
        state = self._state
        waited_ns = state.now - read.asked_at
        refusal_ns = state.timing.refusal_ns
        in_vain = waited_ns >= refusal_ns and not leader_in_reach(state, self._rounds)
        if in_vain or waited_ns >= PATIENCE_REFUSALS * refusal_ns:
            del self._pending[read.ticket]
            self._refuse(read, no_leader_reason(state))

    def _refuse(self, read: _PendingRead, reason: str) -> None:
        if read.wanted:
            self._state.effects.append(Reply(read.ticket, Refused(reason)))

    def check_invariants(self) -> None:
        """The bound on what is pending bounds what waits to be asked for."""
        assert len(self._waiting) <= len(self._pending)
