"""One host of a swarm, whole: what every driver runs.

Theory of operation. A `Host` is what its membership makes it (`core.membership`): nothing, an agent, or an agent with a
Raft member and the replicated store. `step` hands each event to the machines it concerns and then settles: messages of
the host to itself are delivered, the leader's reconcilers write one transaction of bounded size, Raft's membership
follows the node objects, and the host becomes the Raft member the leader wants it to be. What is left over makes
`deadline()` the present moment.

No step takes long, however much there is to do: entries are applied up to a number of bytes, a host that is to lead
gets its manager ready part by part, the manager writes one transaction and speaks to so many agents. A host that is
busy still beats.

A failed write halts the host: from then on it says nothing, and the driver recovers it from its disk.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final, get_args

from msgspec import Struct

from core.durability import Persisted
from core.durable import HostDurable
from core.effects import Effect, Halt
from core.envelope import RAFT_MESSAGES
from core.events import (
    EngineDown,
    EngineInventory,
    EngineUp,
    Event,
    HostDescribed,
    KeyMaterial,
    LinkDown,
    LinkUp,
    LogNotOpened,
    LogOpened,
    PersistFailed,
    Requested,
    RoutesApplied,
    RoutesFailed,
    TaskReported,
    WallClock,
)
from core.facts import Halted
from core.ids import NodeId
from core.leading_turn import LeadingTurn
from core.locking import LOCKED
from core.machines import Machines
from core.membership import Membership
from core.messages import JoinRequest, LeaveNotice, NotLeader, Register, SessionUnknown, ToManager
from core.operations import (
    ErrorCode,
    InitSwarm,
    Inspect,
    JoinSwarm,
    LeaveSwarm,
    ListObjects,
    OperationError,
    UnlockSwarm,
    UpdateCluster,
)
from core.outbox import Outbox
from core.phases import HostPhase
from core.raft import events as raft_events
from core.raft.config import RaftConfig
from core.raft.effects import Applied, Observe, OutcomeUnknown, Refused, Reply, Send
from core.raft.events import Cancelled, Received, StorageFreed, StorageLow, Tick
from core.raft.machine import Rejected
from core.raft.messages import GroupEnded
from core.store import Store
from core.timing import NEVER, Timing
from core.wakeups import AGENT, ALL, MANAGER, RAFT, Wakeups
from core.whereabouts import Whereabouts

_LOCAL_MESSAGES_PER_STEP: Final = 64
_TO_MANAGER: Final = frozenset(get_args(ToManager))
_NO_SWARM: Final = (
    "This node is not a swarm manager. "
    'Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
)
_WORKER: Final = (
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. "
    "Please run this command on a manager node or promote the current node to a manager."
)


class HostConfig(Struct, frozen=True):
    """What stays as it is for the life of the process. `raft.id` and `raft.timing` are filled in by the host."""

    timing: Timing
    raft: RaftConfig


class Host:
    """See the module's text. Made by `recover`, whether for the first time or after a crash."""

    def __init__(self, config: HostConfig, durable: HostDurable, rng: Random, now: int) -> None:
        self.halted = False
        self.outbox = Outbox()
        self.machines = Machines(config.timing, config.raft, self.outbox, rng)
        self.membership = Membership(config.timing, self.machines, self.outbox, rng)
        self._now = now
        self._work_left = True  # what `begin` has put into the outbox
        self._ran = ALL
        """Which machines something happened to in this step."""
        self._accepting = False
        """Whether the log took commands when the manager was last looked after."""
        self._wakeups = Wakeups(self.machines, self.membership)
        self._turn = LeadingTurn(self.machines, self.membership, self.outbox)
        self._whereabouts = Whereabouts(self.machines, self.membership.standing)
        self._handlers: dict[type[Any], Callable[[int, Any], None]] = self._table()
        self.membership.begin(durable, now)

    @classmethod
    def recover(cls, config: HostConfig, durable: HostDurable, rng: Random, now: int) -> "Host":
        """The host as its disk has it. `rng` must not repeat what it drew in an earlier incarnation."""
        return cls(config, durable, rng, now)

    # --- the driver's side --------------------------------------------------------------------------------------

    def step(self, now: int, event: Event) -> list[Effect]:
        """Take in one event and say what is to be done about it. `now` never goes back."""
        if self.halted:
            return []
        assert now >= self._now, (now, self._now)
        self._now = now
        self._handlers[type(event)](now, event)
        if not self.halted:
            self._settle(now)
        return self.outbox.take()

    def deadline(self) -> int | None:
        """When the host wants a Tick; not later than the last step if there is more to do already."""
        if self.halted:
            return None
        if self._work_left:
            return self._now
        at = self._wakeups.earliest_at
        return at if at < NEVER else None

    def check_invariants(self, full: bool = False) -> None:
        """Assert what always holds between two steps; `full` walks log and store."""
        self.membership.check_invariants()
        self.machines.check_invariants(full)
        self._wakeups.check_invariants(self._accepting)

    # --- what observers may look at -----------------------------------------------------------------------------

    @property
    def phase(self) -> HostPhase:
        return self.membership.phase

    @property
    def node_id(self) -> NodeId:
        """Empty while in no swarm."""
        return self.membership.identity.node_id

    @property
    def store(self) -> Store | None:
        """The committed store as far as this manager has applied it."""
        replica = self.machines.replica
        return replica.store if replica is not None else None

    @property
    def leading(self) -> bool:
        """Whether this host is the swarm's acting manager, as far as it knows."""
        return self.machines.manager is not None

    # --- events -------------------------------------------------------------------------------------------------

    def _table(self) -> dict[type[Any], Callable[[int, Any], None]]:
        return {
            Tick: self._on_tick,
            WallClock: self._on_wall_clock,
            Received: self._on_received,
            LinkUp: self._on_link_up,
            LinkDown: self._to_agent,
            Persisted: self._on_persisted,
            PersistFailed: self._on_persist_failed,
            HostDescribed: self._on_described,
            EngineUp: self._on_engine,
            EngineDown: self._on_engine,
            EngineInventory: self._on_engine,
            TaskReported: self._to_agent,
            RoutesApplied: self._on_routes,
            RoutesFailed: self._on_routes,
            KeyMaterial: self._on_key_material,
            LogOpened: self._on_log_opened,
            LogNotOpened: lambda now, event: self.membership.on_log_not_opened(event),
            StorageLow: self._on_storage,
            StorageFreed: self._on_storage,
            Requested: self._on_requested,
            Cancelled: self._on_cancelled,
        }

    def _on_tick(self, now: int, event: Tick) -> None:
        if self._wakeups.raft_at <= now:
            self._to_raft(now, event)
        if self._wakeups.agent_at <= now:
            self._to_agent(now, event)
        manager = self.machines.manager
        if manager is not None and self._wakeups.manager_at <= now:
            self._ran |= MANAGER
            self.outbox.emit(manager.tick(now))
        if self._wakeups.membership_due(now):
            self.membership.tick(now)

    def _on_wall_clock(self, now: int, event: WallClock) -> None:
        self.machines.wall_offset_ns = event.offset_ns
        if self.machines.manager is not None:
            self.machines.manager.set_wall_offset(event.offset_ns)
        self._to_agent(now, event)

    def _on_link_up(self, now: int, event: LinkUp) -> None:
        """Nothing waits for a link: whatever was lost is repeated by its own timer."""

    def _on_described(self, now: int, event: HostDescribed) -> None:
        self.machines.description = event.description
        self.membership.orders.follow_address(now, event.address)
        self._to_agent(now, event)

    def _on_engine(self, now: int, event: EngineUp | EngineDown | EngineInventory) -> None:
        self.machines.remember_engine(event)
        self._to_agent(now, event)

    def _on_routes(self, now: int, event: RoutesApplied | RoutesFailed) -> None:
        self.membership.on_routes(now, event)
        self._to_agent(now, event)

    def _on_persisted(self, now: int, event: Persisted) -> None:
        self.outbox.release(event.ticket)
        self.membership.on_persisted(event.ticket)
        self._to_raft(now, event)
        self._to_agent(now, event)

    def _on_storage(self, now: int, event: StorageLow | StorageFreed) -> None:
        self.machines.storage_low = type(event) is StorageLow
        self._to_raft(now, event)

    def _on_cancelled(self, now: int, event: Cancelled) -> None:
        self._ran = ALL
        self.membership.cancel(event.ticket)
        self._to_raft(now, event)

    def _on_persist_failed(self, now: int, event: PersistFailed) -> None:
        # A sync that failed once must not be retried over: the pages it concerned may be gone.
        self.halted = True
        self.outbox.take()
        self.outbox.emit([Observe(Halted(event.reason)), Halt(event.reason)])

    def _on_key_material(self, now: int, event: KeyMaterial) -> None:
        self._ran = ALL
        proposal = self.membership.on_key_material(now, event)
        if proposal is not None:
            self._to_raft(now, proposal)

    def _on_log_opened(self, now: int, event: LogOpened) -> None:
        self._ran = ALL
        self.membership.on_log_opened(now, event)

    def _to_agent(self, now: int, event: Any) -> None:
        agent = self.machines.agent
        if agent is not None:
            self._ran |= AGENT
            self.outbox.emit(agent.step(now, event))

    def _to_raft(self, now: int, event: Any) -> None:
        raft, replica = self.machines.raft, self.machines.replica
        if raft is None or replica is None:
            return
        self._ran |= RAFT
        replica.now = now
        effects = raft.step(now, event)
        if effects:
            emit = self.outbox.effects.append
            for effect in effects:
                if type(effect) is Reply:
                    self._on_reply(effect)
                else:
                    emit(effect)
        if (
            replica.touched
            or raft.members is not self._whereabouts.members
            or (replica.manager is not None and raft.accepting is not self._accepting)
        ):
            self._ran |= MANAGER
            self._accepting = raft.accepting
            self.outbox.emit(replica.take_effects())

    def _on_reply(self, reply: Reply) -> None:
        """An answer of Raft's: to a client, or to this host's own request."""
        if self._turn.is_own(reply.ticket):
            self._ran |= MANAGER
        elif not self.membership.entering.is_own(reply.ticket):
            result = reply.result
            if type(result) is Applied and type(result.value) is OperationError:
                reply = Reply(reply.ticket, Rejected(result.value))
            elif type(result) is Refused and self.membership.entering.will_found(reply.ticket):
                reply = Reply(reply.ticket, OutcomeUnknown("the swarm is still being founded: look again shortly"))
            self.outbox.effects.append(reply)

    # --- messages -----------------------------------------------------------------------------------------------

    def _on_received(self, now: int, event: Received) -> None:
        kind = type(event.message)
        if self.membership.phase is HostPhase.LOCKED:
            return  # it has nothing to say to anybody
        if kind in RAFT_MESSAGES:
            raft = self.machines.raft
            if raft is not None and event.recipient == raft.id:
                self._to_raft(now, event)
            elif kind is not GroupEnded:
                self.membership.orders.answer_for_former(event)
            elif self.membership.orders.is_news(event):
                self._to_raft(now, event)
        elif event.recipient != self.outbox.node_id and kind is not JoinRequest:
            return  # meant for an earlier membership of this machine; only who wants to join knows no node id
        elif kind in _TO_MANAGER:
            self._for_manager(now, event)
        elif self.membership.entering.joining_as:
            self._ran = ALL
            self.membership.entering.on_join_answer(now, event.message)
        else:
            self._to_agent(now, event)

    def _for_manager(self, now: int, event: Received) -> None:
        manager, message = self.machines.manager, event.message
        if manager is not None:
            self._ran |= MANAGER
            self.outbox.emit(manager.receive(now, event.sender, message))
        elif isinstance(message, Register | JoinRequest):
            leader, known = self._whereabouts.leader(), self._whereabouts.managers()
            self.outbox.emit([Send(event.sender, NotLeader(message.attempt, leader, known))])
        elif not isinstance(message, LeaveNotice):
            self.outbox.emit([Send(event.sender, SessionUnknown(message.session_id))])

    # --- clients ------------------------------------------------------------------------------------------------

    def _on_requested(self, now: int, event: Requested) -> None:
        operation = event.operation
        if isinstance(operation, InitSwarm):
            self._ran = ALL
            self.membership.init(now, event.ticket, operation)
        elif isinstance(operation, JoinSwarm):
            self.membership.join(now, event.ticket, operation)
        elif isinstance(operation, LeaveSwarm):
            self._ran = ALL
            self.membership.leave(now, event.ticket, operation)
        elif self.membership.phase is HostPhase.LOCKED and not isinstance(operation, UnlockSwarm):
            self.outbox.refuse(event.ticket, ErrorCode.UNAVAILABLE, LOCKED)
        elif isinstance(operation, UnlockSwarm) and self.membership.phase in (HostPhase.LOCKED, HostPhase.MANAGER):
            self.membership.unlock(event.ticket, operation)
        elif self.machines.raft is None:
            text = _NO_SWARM if self.machines.agent is None else _WORKER
            self.outbox.refuse(event.ticket, ErrorCode.UNAVAILABLE, text)
        elif isinstance(operation, UpdateCluster) and operation.needs_secrets:
            self.membership.update_cluster(event.ticket, operation)
        elif isinstance(operation, Inspect | ListObjects):
            self._to_raft(now, raft_events.Read(event.ticket, operation, operation.stale))
        else:
            self._to_raft(now, raft_events.Propose(event.ticket, operation))

    # --- settling -----------------------------------------------------------------------------------------------

    def _settle(self, now: int) -> None:
        self._work_left = False
        if self.outbox.inbox:
            self._deliver_local(now)
        if self._ran & MANAGER and self.machines.manager is not None:
            for proposal in self._turn.proposals(now):
                self._to_raft(now, proposal)
            self._deliver_local(now)
        if self._ran & RAFT:
            if self.membership.orders.follow_end(now):
                self._ran = ALL
            self.membership.orders.follow_key()
        if self._ran & AGENT and self.membership.orders.follow_order(now):
            self._ran = ALL
        if self.machines.abandoned:
            self._pass_on_abandoned()
        if self._ran != RAFT:  # new members would have concerned the manager as well
            peers = self._whereabouts.changed()
            if peers is not None:
                self.outbox.emit([peers])
        self._wakeups.note(self._ran, self._accepting)
        self._ran = 0

    def _pass_on_abandoned(self) -> None:
        """A Raft member is no more: what it was asked is answered all the same."""
        effects, self.machines.abandoned = self.machines.abandoned, []
        for effect in effects:
            if type(effect) is Reply:
                self._on_reply(effect)
            else:
                self.outbox.effects.append(effect)

    def _deliver_local(self, now: int) -> None:
        for _ in range(_LOCAL_MESSAGES_PER_STEP):
            if not self.outbox.inbox:
                return
            self._on_received(now, self.outbox.inbox.popleft())
        self._work_left = True
