"""The follower's side of replication: entries and heartbeats in, acknowledgements out.

Theory of operation. An Append is accepted if the log agrees with it at `prev_index` (Raft dissertation §3.5). Entries
that are there already are kept, since the message may be an old one; the first that contradicts truncates the log. The
acknowledgement waits until what it acknowledges is durable. `verified_index` is how far the log in memory is known to
agree with this term's leader: only so far does the leader's commit index hold here, whatever message tells it, so that
heartbeats need not be cut to each follower's measure.
"""

from typing import Any

from core.durability import NO_TICKET
from core.ids import NodeId
from core.raft.effects import MessageRefused
from core.raft.messages import Append, AppendAcked, AppendRefused, Heartbeat, HeartbeatAnswered
from core.raft.state import RaftState


class Following:
    """Takes what the leader sends. RaftNode has seen to it that the sender is this term's leader."""

    __slots__ = ("_state",)

    def __init__(self, state: RaftState) -> None:
        self._state = state

    def on_append(self, sender: NodeId, message: Append[Any]) -> None:
        """Accept entries, or say where the logs might agree."""
        state = self._state
        log = state.log
        state.heard_at = state.now
        entries = message.entries
        end_index = message.prev_index + len(entries)
        if entries and (entries[0].index != message.prev_index + 1 or entries[-1].index != end_index):
            state.observe(MessageRefused(sender, "entries that do not follow prev_index"))
            return
        if message.prev_index == log.last_index and message.prev_term == log.last_term:
            if entries:
                state.append_entries(entries)
        elif end_index <= state.commit_index:
            # All of it is committed, so the logs agree this far already: an old message, or a probe of what is known.
            self._acknowledge(sender, state.commit_index)
            return
        elif message.prev_index < state.commit_index:
            self._take(entries[state.commit_index - message.prev_index :])
        elif log.term_at(message.prev_index) != message.prev_term:
            hint_index, hint_term = log.hint(message.prev_index, message.prev_term)
            state.send(sender, AppendRefused(state.term, message.prev_index, hint_index, hint_term))
            return
        else:
            self._take(entries)
        if end_index > state.verified_index:
            state.verified_index = end_index
        if message.commit_index > state.commit_index:
            self._learn_commit(message.commit_index)
        self._acknowledge(sender, end_index)

    def _acknowledge(self, leader_id: NodeId, match_index: int) -> None:
        state = self._state
        ticket = NO_TICKET if match_index <= state.durable_index else state.log_ticket
        state.send_when(ticket, leader_id, AppendAcked(state.term, match_index))

    def _take(self, entries: tuple[Any, ...]) -> None:
        state = self._state
        log = state.log
        position = log.first_conflict(entries)
        if position == len(entries):
            return
        if entries[position].index <= log.last_index:
            state.truncate_from(entries[position].index)
        state.append_entries(entries[position:])

    def _learn_commit(self, commit_index: int) -> None:
        state = self._state
        known = min(commit_index, state.verified_index)
        if known > state.commit_index:
            state.commit_to(known)

    def on_heartbeat(self, sender: NodeId, message: Heartbeat) -> None:
        """The leader lives."""
        state = self._state
        state.heard_at = state.now
        if message.commit_index > state.commit_index:
            self._learn_commit(message.commit_index)
        state.send(sender, HeartbeatAnswered(state.term, message.round, state.verified_index))
