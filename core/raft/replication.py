"""The leader's side of replication: entries and heartbeats out, acknowledgements in, commitment.

Theory of operation. New entries go out at once to a follower that has nothing on its way; while an Append is on its
way, what is proposed meanwhile waits for its answer and leaves as one message. It leaves earlier when it fills a
message, or when `coalesce_ns` have passed since the last one, so that long links are kept busy too. What is on its way
is bounded in count and bytes.

Loss is noticed, never awaited: each heartbeat round is answered with how far the follower's log is verified in memory.
An answer to a round that began after the last Append left, and that shows less than was sent, means loss: probe again.
One that shows all of it, unacknowledged, means a lost acknowledgement or a slow disk: an empty Append asks again.

An entry is committed when a majority of voters has it durably and it is of this term (Raft dissertation §3.6.2); the
leader's own copy counts like any other, from when its write is durable (§10.2.1).
"""

from typing import Any

from core.ids import NodeId
from core.raft.effects import MessageRefused
from core.raft.entries import LogEntry
from core.raft.messages import Append, AppendAcked, AppendRefused, Heartbeat, HeartbeatAnswered, SnapshotWanted
from core.raft.progress import PROBE, REPLICATE, SNAPSHOT, Progress
from core.raft.quorum import reached_by_quorum
from core.raft.rounds import Rounds
from core.raft.snapshot_sending import send_chunk, send_wanted
from core.raft.state import RaftState
from core.timing import NEVER


class Replication:
    """What a leader does for the others; idle while this peer does not lead."""

    __slots__ = (
        "_flush_at",
        "_memo",
        "_memo_bytes",
        "_state",
        "_term_start_index",
        "_wake_bytes",
        "progress",
        "rounds",
    )

    def __init__(self, state: RaftState) -> None:
        self._state = state
        self.progress: dict[NodeId, Progress] = {}
        """The other members, and those whose removal is not yet committed; empty while not leading."""
        self.rounds = Rounds(state, self.progress)
        self._term_start_index = 0
        self._flush_at = NEVER
        self._wake_bytes = 0
        """How long the log must be, in bytes, for a follower that waits to be sent more; 0 if one does not wait."""
        self._memo: Append[Any] | None = None
        self._memo_bytes = 0

    # --- leading ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """This peer was elected; the caller appends its first entry next."""
        state = self._state
        self.rounds.start()
        self._term_start_index = state.log.last_index + 1
        self._flush_at = NEVER
        self.progress.clear()
        self.adopt_members()

    def stop(self) -> None:
        """This peer leads no longer."""
        self.progress.clear()
        self._memo = None
        self.rounds.stop()
        self._flush_at = NEVER

    @property
    def has_committed_own_term(self) -> bool:
        """Whether an entry of this leader's own term is committed."""
        return self._state.commit_index >= self._term_start_index

    @property
    def term_start_index(self) -> int:
        """Index of this leader's first own entry."""
        return self._term_start_index

    def adopt_members(self) -> None:
        """Follow the membership in force; those removed are kept until their removal is committed."""
        state = self._state
        for member in state.members:
            if member.id != state.id and member.id not in self.progress:
                self.progress[member.id] = Progress(member.id, state.log.last_index + 1, state.now)
        self._wake_bytes = 0

    def release_removed(self) -> None:
        """The membership in force is committed: tell those it removed so, once, and forget them."""
        state = self._state
        member_ids = [member.id for member in state.members]
        for node_id in [node_id for node_id in self.progress if node_id not in member_ids]:
            state.send(node_id, Heartbeat(state.term, self.rounds.number, state.commit_index))
            del self.progress[node_id]

    # --- time ---------------------------------------------------------------------------------------------------

    def deadline(self) -> int:
        """Next heartbeat, or end of coalescing."""
        return min(self.rounds.next_at, self._flush_at)

    def tick(self) -> None:
        """Begin a heartbeat round, or send what has waited long enough."""
        self.rounds.tick()
        if self._state.now >= self._flush_at:
            self._flush_at = NEVER
            self.broadcast()

    # --- sending ------------------------------------------------------------------------------------------------

    def append(self, entries: list[LogEntry]) -> None:
        """Put new entries into the log and on their way."""
        state = self._state
        state.append_entries(entries)
        if state.log.total_bytes >= self._wake_bytes or state.now >= self._flush_at:
            self.broadcast()

    def broadcast(self) -> None:
        """Send everyone what may leave now."""
        self._wake_bytes = self._flush_at = NEVER
        for peer in self.progress.values():
            self._pump(peer)

    def _pump(self, peer: Progress) -> None:
        if peer.mode is REPLICATE:
            last_index = self._state.log.last_index
            while peer.next_index <= last_index:
                if peer.inflight and not self._may_stream(peer):
                    return
                self._send_entries(peer)
                if peer.mode is not REPLICATE:
                    return  # The log no longer reaches back: it gets a snapshot.
            self._wake_bytes = 0
        elif peer.mode is PROBE and not peer.probed:
            peer.probed = True
            self._send_entries(peer)

    def _may_stream(self, peer: Progress) -> bool:
        """Whether more may leave while something is on its way; if not, when or at what size it may."""
        state, config = self._state, self._state.config
        if len(peer.inflight) >= config.inflight_count_max or peer.inflight_bytes >= config.inflight_bytes_max:
            return False
        if peer.next_index <= state.log.base_index:
            return True
        flush_at = peer.sent_at + config.coalesce_ns
        wake_bytes = state.log.bytes_up_to(peer.next_index - 1) + config.append_bytes_max
        if state.now >= flush_at or state.log.total_bytes >= wake_bytes:
            return True
        self._flush_at = min(self._flush_at, flush_at)
        self._wake_bytes = min(self._wake_bytes, wake_bytes)
        return False

    def _send_entries(self, peer: Progress) -> None:
        """One Append from `next_index` on, empty if there is nothing; a snapshot, if the log no longer reaches back."""
        state = self._state
        next_index = peer.next_index
        if next_index <= state.log.base_index:
            self._send_snapshot(peer)
            return
        message = self._memo
        if (
            message is None
            or message.prev_index != next_index - 1
            or message.commit_index != state.commit_index
            or message.prev_index + len(message.entries) != state.log.last_index
        ):
            message = self._append_message(next_index)
        peer.sent_at = state.now
        peer.sent_round = self.rounds.number
        state.send(peer.id, message)
        if message.entries and peer.mode is REPLICATE:
            peer.note_inflight(next_index + len(message.entries) - 1, self._memo_bytes)

    def _append_message(self, next_index: int) -> Append[Any]:
        """The Append that begins at `next_index`; kept, since most often the next follower is as far."""
        state, log = self._state, self._state.log
        prev_index = next_index - 1
        prev_term = log.term_at(prev_index)
        assert prev_term is not None, (next_index, log.base_index)
        entries: tuple[LogEntry, ...] = ()
        last_index = prev_index
        if next_index <= log.last_index:
            last_index = log.last_within(next_index, state.config.append_bytes_max, state.config.append_entries_max)
            entries = log.slice(next_index, last_index)
        self._memo_bytes = log.bytes_up_to(last_index) - log.bytes_up_to(prev_index)
        self._memo = message = Append(state.term, prev_index, prev_term, state.commit_index, entries)
        return message

    def _send_snapshot(self, peer: Progress) -> None:
        state = self._state
        assert state.snapshot is not None, "a log begins after 1 only once there is a snapshot"
        peer.send_snapshot(state.snapshot)
        peer.sent_round = self.rounds.number
        send_chunk(state, peer)

    # --- answers ------------------------------------------------------------------------------------------------

    def on_acked(self, sender: NodeId, message: AppendAcked) -> None:
        """A member has more, durably."""
        peer = self.progress.get(sender)
        if peer is None:
            return
        state = self._state
        peer.heard_at = state.now
        match_index = message.match_index
        if match_index > state.log.last_index:
            state.observe(MessageRefused(sender, "acknowledges what was never sent"))
            return
        peer.acknowledge(match_index)
        if peer.mode is not REPLICATE:
            self._leave_mode(peer)
        if match_index > state.commit_index:
            self.advance_commit()
        self._pump(peer)
        if state.awaits_promotion:
            state.unsettled = True

    def _leave_mode(self, peer: Progress) -> None:
        if peer.mode is PROBE:
            peer.replicate()
        elif peer.snapshot is not None and peer.match_index >= peer.snapshot.meta.index:
            peer.probe(peer.match_index + 1)

    def on_refused(self, sender: NodeId, message: AppendRefused) -> None:
        """The logs do not agree there: go back as far as both logs' terms say (Raft dissertation §3.5)."""
        peer = self.progress.get(sender)
        if peer is None:
            return
        peer.heard_at = self._state.now
        outdated = (
            message.prev_index <= peer.match_index
            if peer.mode is REPLICATE
            else (peer.mode is SNAPSHOT or message.prev_index != peer.next_index - 1)
        )
        if outdated:
            return
        hint_index = min(message.hint_index, message.prev_index - 1)
        log = self._state.log
        if hint_index > log.base_index:
            hint_index, _ = log.hint(hint_index, message.hint_term)
        peer.probe(hint_index + 1)
        self._pump(peer)

    def on_heartbeat_answered(self, sender: NodeId, message: HeartbeatAnswered) -> bool:
        """A member lives and follows; what it shows may say that something was lost. Whether the answer is news."""
        peer = self.progress.get(sender)
        if peer is None:
            return False
        state = self._state
        peer.heard_at = state.now
        is_news = message.round > peer.acked_round
        if is_news:
            peer.acked_round = message.round
            if state.awaits_promotion:
                state.unsettled = True
        if message.round > peer.sent_round:
            self._seek_loss(peer, message.verified_index)
        return is_news

    def _seek_loss(self, peer: Progress, verified_index: int) -> None:
        state = self._state
        if peer.mode is SNAPSHOT:
            peer.sent_round = self.rounds.number
            send_chunk(state, peer)
        elif verified_index < peer.next_index - 1 or peer.mode is PROBE:
            peer.probe(min(verified_index, state.log.last_index) + 1)
            self._pump(peer)
        elif peer.match_index < peer.next_index - 1:
            self._ask_again(peer)

    def _ask_again(self, peer: Progress) -> None:
        state = self._state
        prev_index = peer.next_index - 1
        prev_term = state.log.term_at(prev_index)
        if prev_term is None:
            peer.probe(peer.match_index + 1)
            self._pump(peer)
            return
        peer.sent_round = self.rounds.number
        state.send(peer.id, Append(state.term, prev_index, prev_term, state.commit_index, ()))

    def on_snapshot_wanted(self, sender: NodeId, message: SnapshotWanted) -> None:
        """A member that is being sent a snapshot names the chunk it needs next."""
        peer = self.progress.get(sender)
        if peer is not None:
            send_wanted(self._state, peer, message, self.rounds.number)

    # --- commitment ---------------------------------------------------------------------------------------------

    def advance_commit(self) -> None:
        """Commit what a majority of voters has durably, if it is of this term (Raft dissertation §3.6.2)."""
        state = self._state
        progress = self.progress
        matches = [
            state.durable_index if node_id == state.id else progress[node_id].match_index for node_id in state.voter_ids
        ]
        index = reached_by_quorum(matches)
        if index > state.commit_index and index >= self._term_start_index:
            state.commit_to(index)

    def check_invariants(self) -> None:
        """Every other member is followed, and nobody is believed to have what this log has not."""
        state = self._state
        for member in state.members:
            assert member.id == state.id or member.id in self.progress, member
        config = state.config
        for peer in self.progress.values():
            peer.check_invariants()
            assert len(peer.inflight) <= config.inflight_count_max
            if peer.inflight:
                assert peer.inflight_bytes - peer.inflight[-1][1] < config.inflight_bytes_max
            assert peer.match_index <= state.log.last_index
