"""One Raft peer: the parts put together, and every input sent to the part that handles it.

Theory of operation. `step` takes one event, hands it to a handler by its type, and then settles: entries that became
committed are applied, and whatever waited for that, for a new leader, or for a majority's confirmation, goes on.
Timeouts are only looked at in `Tick`, which the driver is to send no later than `deadline()`; `now` never goes back.

The parts, each in its module: intake (messages, and terms first), elections (roles, votes), leadership (a leader's
beginning and end), following and replication (the two ends of Append), rounds (of heartbeats), snapshots, membership,
transfer, barriers (proof of leadership), proposals (the leader's evaluation), clients with requests (the origin's
side), reads, applying with sessions. They share `RaftState`. No part knows this module; what concerns two parts that do
not know each other is taken to both here.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from core.durability import Persisted, Tickets
from core.ids import NodeId
from core.raft.applying import Applier
from core.raft.barriers import Barriers
from core.raft.clients import Clients
from core.raft.config import RaftConfig
from core.raft.effects import RaftEffect, Reply, Role
from core.raft.elections import Elections
from core.raft.events import (
    Cancelled,
    ChangeMembership,
    Propose,
    RaftEvent,
    Read,
    Received,
    StorageFreed,
    StorageLow,
    Submit,
    Tick,
    TransferLeadership,
)
from core.raft.following import Following
from core.raft.intake import Intake, MessageHandler
from core.raft.leadership import Leadership
from core.raft.log import RaftLog
from core.raft.machine import StateMachine
from core.raft.members import Members
from core.raft.membership import MembershipChanges
from core.raft.messages import (
    Append,
    AppendAcked,
    AppendRefused,
    Forward,
    Forwarded,
    GroupEnded,
    Heartbeat,
    HeartbeatAnswered,
    InstallSnapshot,
    PreVote,
    PreVoteGranted,
    ReadIndex,
    ReadIndexed,
    RequestVote,
    SnapshotWanted,
    Stale,
    TimeoutNow,
    VoteAnswered,
)
from core.raft.proposals import Proposals
from core.raft.reads import Reads
from core.raft.records import HardState, RaftDurable
from core.raft.renewal import group_of
from core.raft.replication import Replication
from core.raft.requests import Requests
from core.raft.sessions import Sessions
from core.raft.snapshots import Snapshots
from core.raft.state import RaftState
from core.raft.transfer import Transfer
from core.timing import NEVER


class RaftNode:
    """One peer. See `core.raft.events` for what goes in and `core.raft.effects` for what comes out."""

    __slots__ = (
        "_applier",
        "_barriers",
        "_changes",
        "_clients",
        "_elections",
        "_followed",
        "_following",
        "_handlers",
        "_leadership",
        "_proposals",
        "_reads",
        "_replication",
        "_requests",
        "_rounds",
        "_sessions",
        "_snapshots",
        "_state",
        "_transfer",
    )

    def __init__(
        self, config: RaftConfig, durable: RaftDurable, machine: StateMachine, tickets: Tickets, rng: Random, now: int
    ) -> None:
        """Start from what the disk holds, `RaftDurable()` for one that joins; `machine` must be in its initial state.

        The first effects come with the first step, for which `deadline()` asks at once.
        """
        state = self._state = RaftState(config, durable, machine, tickets, rng, now)
        self._sessions = Sessions()
        self._elections = Elections(state)
        self._following = Following(state)
        self._replication = Replication(state)
        self._rounds = self._replication.rounds
        self._snapshots = Snapshots(state, self._sessions)
        self._barriers = Barriers(state, self._rounds)
        self._requests = Requests(state)
        self._proposals = Proposals(state, self._replication, self._barriers, self._sessions, self._requests)
        self._clients = Clients(state, self._rounds, self._proposals, self._requests, self._sessions)
        self._reads = Reads(state, self._rounds, self._barriers)
        self._changes = MembershipChanges(state, self._replication)
        self._transfer = Transfer(state, self._replication, self._proposals)
        self._leadership = Leadership(
            state,
            self._elections,
            self._replication,
            self._barriers,
            self._proposals,
            self._changes,
            self._transfer,
        )
        self._applier = Applier(state, self._sessions, self._proposals)
        self._followed: tuple[int, NodeId | None, bool] = (0, None, False)
        """Term, leader and whether it leads, as the clients' requests were last sent by."""
        self._handlers: dict[type, Callable[[Any], None]] = self._event_table()
        # The incarnation numbers this recovery's session; nothing that tells it leaves before it is durable.
        state.incarnation += 1
        state.persist_hard_state()

    def _event_table(self) -> dict[type, Callable[[Any], None]]:
        intake = Intake(self._state, self._elections, self._leadership, self._message_table())
        return {
            Tick: self._on_tick,
            Received: intake.on_received,
            Persisted: self._on_persisted,
            Propose: self._clients.on_propose,
            Submit: self._on_submit,
            Read: self._reads.on_read,
            ChangeMembership: self._changes.on_change,
            TransferLeadership: self._on_transfer,
            StorageLow: self._on_storage_low,
            StorageFreed: self._on_storage_freed,
            Cancelled: self._on_cancelled,
        }

    def _message_table(self) -> dict[type, MessageHandler]:
        return {
            PreVote: self._elections.on_pre_vote,
            PreVoteGranted: self._elections.on_pre_vote_granted,
            RequestVote: self._elections.on_request_vote,
            VoteAnswered: self._elections.on_vote_answered,
            Append: self._following.on_append,
            AppendAcked: self._on_acked,
            AppendRefused: self._replication.on_refused,
            Heartbeat: self._following.on_heartbeat,
            HeartbeatAnswered: self._on_heartbeat_answered,
            Stale: self._elections.on_stale,
            InstallSnapshot: self._on_install,
            SnapshotWanted: self._replication.on_snapshot_wanted,
            TimeoutNow: self._elections.on_timeout_now,
            Forward: self._proposals.on_forward,
            Forwarded: self._clients.on_forwarded,
            ReadIndex: self._reads.on_read_index,
            ReadIndexed: self._reads.on_read_indexed,
            GroupEnded: self._on_group_ended,
        }

    # --- the machine's face -------------------------------------------------------------------------------------

    def step(self, now: int, event: RaftEvent) -> list[RaftEffect]:
        """Take one event at `now`, monotonic nanoseconds of this host; what is to be done about it."""
        state = self._state
        assert now >= state.now, (now, state.now)
        state.now = now
        self._handlers[type(event)](event)
        if state.commit_index > state.applied_index:
            self._apply()
        if state.preparing:
            self._leadership.prepare()
        if state.unsettled:
            self._settle()
        effects, state.effects = state.effects, []
        return effects

    def deadline(self) -> int | None:
        """When this peer next wants a Tick; not after `now` of the last step means at once."""
        state = self._state
        if state.effects or state.preparing or state.commit_index > state.applied_index:
            return state.now
        at = self._replication.deadline() if state.role is Role.LEADER else self._elections.deadline()
        at = min(at, self._requests.check_at, self._reads.retry_at, self._transfer.deadline_at)
        return at if at < NEVER else None

    @property
    def id(self) -> NodeId:
        """This peer."""
        return self._state.id

    @property
    def role(self) -> Role:
        """What it is in this term."""
        return self._state.role

    @property
    def term(self) -> int:
        """The newest it knows of."""
        return self._state.term

    @property
    def leader_id(self) -> NodeId | None:
        """Whom it follows; itself, if it leads."""
        return self._state.leader_id

    @property
    def leading(self) -> bool:
        """Whether it leads, has applied its first own entry and so all committed before, and its machine is ready."""
        return self._state.leading

    @property
    def accepting(self) -> bool:
        """Whether Submit is allowed now."""
        return self._proposals.accepting

    @property
    def members(self) -> Members:
        """The membership in force here: the newest in the log."""
        return self._state.members

    @property
    def log(self) -> RaftLog:
        """To be read only."""
        return self._state.log

    @property
    def last_index(self) -> int:
        """Where the log ends; the next command's index is one more."""
        return self._state.log.last_index

    @property
    def commit_index(self) -> int:
        """Up to where the log is known to be committed."""
        return self._state.commit_index

    @property
    def applied_index(self) -> int:
        """Up to where the log is applied."""
        return self._state.applied_index

    @property
    def incarnation(self) -> int:
        """Counts this peer's starts."""
        return self._state.incarnation

    @property
    def ended_by(self) -> int:
        """The group that counts instead of its own, in which it is to take no more part; 0 as long as there is none."""
        return self._state.ended_by

    def durable(self) -> RaftDurable:
        """What would come back from its disk, once all that it has written is there."""
        state = self._state
        entries = tuple(state.log.slice(state.log.first_index, state.log.last_index))
        return RaftDurable(HardState(state.term, state.vote, state.incarnation), state.snapshot, entries)

    @property
    def round(self) -> int:
        """How often it has asked the others in this term of leading."""
        return self._rounds.number

    @property
    def confirmed_round(self) -> int:
        """The last round in which a majority answered; 0 for one that does not lead."""
        return self._rounds.confirmed_round() if self._state.role is Role.LEADER else 0

    @property
    def confirmed_at(self) -> int | None:
        """A time at which it certainly led: when the last round began in which a majority answered; None if unknown."""
        return self._rounds.confirmed_at() if self._state.role is Role.LEADER else None

    def hears(self, node_id: NodeId) -> bool | None:
        """On the leader: whether that member was heard within the longest election timeout, as of the last step.

        None while that cannot be said: it is no member, or has not been one, of this leader's, for that long.
        """
        return self._rounds.hears(node_id)

    def check_invariants(self, full: bool = False) -> None:
        """Assert what must hold between any two steps; `full` walks the whole log."""
        self._state.check_invariants(full)
        self._elections.check_invariants()
        self._barriers.check_invariants()
        self._reads.check_invariants()
        self._leadership.check_invariants()

    def abandon(self) -> list[RaftEffect]:
        """This peer takes no more part and is not stepped again: answer everybody who still waits for it.

        What may have been in a leader's hands has an unknown outcome; nothing else was, or will be, done.
        """
        reason = "this manager left the group of managers: ask another one"
        self._requests.give_up_all(reason)
        self._reads.refuse_all(reason)
        self._changes.abandon()
        replies, self._state.effects = self._state.effects, []
        return [effect for effect in replies if type(effect) is Reply]

    # --- events -------------------------------------------------------------------------------------------------

    def _on_tick(self, event: Tick) -> None:
        self._elections.tick()
        self._leadership.tick()
        self._clients.tick()
        self._reads.tick()

    def _on_persisted(self, event: Persisted) -> None:
        state = self._state
        state.note_persisted(event.ticket)
        if state.role is Role.LEADER:
            if state.durable_index > state.commit_index:
                self._replication.advance_commit()
        elif state.role is Role.CANDIDATE:
            self._elections.on_persisted()
        self._snapshots.on_persisted()

    def _on_submit(self, event: Submit) -> None:
        self._proposals.submit(event.commands)

    def _on_transfer(self, event: TransferLeadership) -> None:
        self._transfer.begin(event.to)

    def _on_storage_low(self, event: StorageLow) -> None:
        self._state.storage_low = True
        self._transfer.prefer_others()

    def _on_storage_freed(self, event: StorageFreed) -> None:
        self._state.storage_low = False

    def _on_cancelled(self, event: Cancelled) -> None:
        self._clients.on_cancelled(event)
        self._reads.on_cancelled(event)

    def _on_acked(self, sender: NodeId, message: AppendAcked) -> None:
        self._replication.on_acked(sender, message)
        if self._transfer.to is not None:
            self._state.unsettled = True

    def _on_group_ended(self, sender: NodeId, message: GroupEnded) -> None:
        if message.group > group_of(self._state.log.last_index):
            self._state.ended_by = max(self._state.ended_by, message.group)

    def _on_heartbeat_answered(self, sender: NodeId, message: HeartbeatAnswered) -> None:
        is_news = self._replication.on_heartbeat_answered(sender, message)
        if is_news and self._barriers.awaits(message.round):
            self._state.unsettled = True

    def _on_install(self, sender: NodeId, message: InstallSnapshot[Any]) -> None:
        applied_index = self._state.applied_index
        self._snapshots.on_install(sender, message)
        if self._state.applied_index > applied_index:
            self._clients.on_restored()

    # --- settling -----------------------------------------------------------------------------------------------

    def _apply(self) -> None:
        state = self._state
        self._applier.run()
        if state.role is Role.LEADER and (not state.leading or self._changes.unfinished):
            state.unsettled = True
        if self._reads.ready or self._barriers.confirmed:
            state.unsettled = True
        if state.applied_index >= self._snapshots.due_index:
            self._snapshots.take_if_due()

    def _settle(self) -> None:
        state = self._state
        while state.unsettled:
            state.unsettled = False
            if state.role is Role.LEADER:
                self._leadership.settle()
            followed = (state.term, state.leader_id, state.leading)
            if followed != self._followed:
                self._followed = followed
                self._clients.pursue()
                self._reads.start_over()
            self._barriers.settle()
            self._reads.settle()
