"""What a host is in its swarm: its identity on disk, and the machines that follow from it.

Theory of operation. The phases, and what leads from one to the next, are the table in `core.phases`. A member has an
agent; a manager has a Raft member and the replicated store besides (`core.machines`). Here a host becomes what its disk
says, and what somebody asks for is handed on, if the phase allows it: entering a swarm (`core.entering`), unlocking it
(`core.locking`), beginning it anew (`core.renewing`); leaving it is here. Each ends in a new identity and phase
(`core.standing`). What a member becomes because of what it hears is in `core.orders`. A host that has forgotten which
membership it is in is inactive (`core.durable`).
"""

from random import Random
from typing import Final

from msgspec.structs import replace

from core.agent.events import ManagersLearned
from core.agent.records import AgentDurable
from core.backoff import Backoff
from core.durable import HostDurable, Identity
from core.entering import ALREADY_MEMBER, Entering
from core.events import KeyMaterial, LogNotOpened, LogOpened, RoutesApplied, RoutesFailed
from core.founding import Founder
from core.ids import NodeId, Ticket
from core.key_requests import KeyRequests
from core.left_behind import LeftBehind
from core.locking import LEAVING_LOCKED, NOT_LOCKED, Lock
from core.machines import Machines
from core.messages import LeaveNotice
from core.operations import ErrorCode, InitSwarm, JoinSwarm, LeaveSwarm, UnlockSwarm, UpdateCluster
from core.orders import Orders
from core.outbox import Outbox
from core.phases import HostPhase, HostStimulus, phase_at_start
from core.raft import events as raft_events
from core.raft.effects import Applied, Reply, Send
from core.raft.node import RaftNode
from core.raft.records import RaftDurable
from core.renewing import Renewing
from core.standing import Standing
from core.timing import Timing
from core.tokens import ROTATION_SECRET_LENGTHS, TOKEN_SECRET_LENGTHS
from core.unlock_key import UNLOCK_SECRET_LENGTH

_MANAGER_NO_MORE: Final = "This node is not a swarm manager any more: ask another one."
_LEAVING_MANAGER: Final = "You are attempting to leave the swarm on a node that is participating as a manager. "


class Membership:
    """See the module's text. It makes and drops the host's machines as the identity says."""

    def __init__(self, timing: Timing, machines: Machines, outbox: Outbox, rng: Random) -> None:
        self._machines = machines
        self._outbox = outbox
        founder, backoff = Founder(outbox), Backoff(timing.dispatcher.backoff_min_ns, timing.dispatcher.backoff_max_ns)
        self.standing = Standing(machines, outbox, founder, backoff)
        self.entering = Entering(self.standing, machines, outbox, founder, timing.dispatcher, rng)
        self.orders = Orders(self.standing, machines, outbox)
        self._renewing = Renewing(self.standing, machines, outbox, rng)
        self._left_behind = LeftBehind(self.standing, machines, outbox, timing.dispatcher.heartbeat_ns)
        self._key_requests = KeyRequests(outbox)
        self._lock = Lock(outbox)
        self._agent_before = AgentDurable()
        """What the agent of a locked host is to start from."""
        self._leaving: Ticket | None = None
        """The write by which this host is in no swarm any more."""

    def begin(self, durable: HostDurable, now: int) -> None:
        """Become what the disk says."""
        identity = self.standing.identity = durable.identity
        if durable.corrupt and identity.raft_id:
            lost = identity.raft_id
            self.standing.write(replace(identity, raft_id=NodeId(""), lost_raft_id=lost, founding=None, renewal=None))
        phase = phase_at_start(self.identity)
        if phase is HostPhase.LOCKED:
            self._machines.keep_containers = True
            self._agent_before = durable.agent
        else:
            self._take_up(now, durable.agent, durable.raft)
        self.standing.enter(phase)

    def _take_up(self, now: int, agent: AgentDurable, raft: RaftDurable) -> None:
        """Make what the identity says."""
        if not self.identity.node_id:
            self.standing.forget_routes(now)
            return
        self.standing.become_node(now, agent)
        if not agent.managers:
            self._machines.tell_agent(now, ManagersLearned(self.identity.managers))
        if self.identity.renewal is not None:
            self._renewing.finish(now, raft)
        elif self.identity.raft_id:
            self._machines.start_raft(now, self.identity, raft)

    @property
    def identity(self) -> Identity:
        """Who this host is."""
        return self.standing.identity

    @property
    def phase(self) -> HostPhase:
        """What this host is."""
        return self.standing.phase

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        removal_at = self.standing.route_removal.deadline()
        joining_at = self.entering.deadline()
        if joining_at is None and not self.standing.identity.left_behind:
            return removal_at  # as it nearly always is; this is asked at every step
        times = (removal_at, joining_at, self._left_behind.deadline())
        return min((at for at in times if at is not None), default=None)

    def check_invariants(self) -> None:
        """Assert that phase, identity and machines say the same."""
        phase, joining_as = self.phase, self.entering.joining_as
        self.standing.check_invariants()
        assert bool(joining_as) == (phase is HostPhase.JOINING), ("joining", phase)
        assert (self._leaving is not None) == (phase is HostPhase.LEAVING), ("leaving", phase)
        assert self.standing.joining_as == joining_as, ("joining as another", joining_as)

    # --- entering -----------------------------------------------------------------------------------------------

    def init(self, now: int, ticket: Ticket, operation: InitSwarm) -> None:
        """Found a swarm: first of all, ask for the secrets of its tokens. By force: begin this manager's swarm anew."""
        if operation.force_new_cluster and self.phase in (HostPhase.MANAGER, HostPhase.LOCKED):
            self._renewing.begin(now, ticket, operation)
            return
        if self.phase is not HostPhase.INACTIVE:
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, ALREADY_MEMBER)
            return
        self._key_requests.ask(ticket, operation, (*TOKEN_SECRET_LENGTHS, UNLOCK_SECRET_LENGTH))

    def update_cluster(self, ticket: Ticket, operation: UpdateCluster) -> None:
        """A manager is asked for an update that takes fresh secrets."""
        self._key_requests.ask(ticket, operation, (*ROTATION_SECRET_LENGTHS, UNLOCK_SECRET_LENGTH))

    def on_key_material(self, now: int, event: KeyMaterial) -> raft_events.Propose | None:
        """The secrets that somebody waits for are there. Returns what is to be proposed with them."""
        wanted = self._key_requests.take(event)
        if wanted is None:
            return None
        ticket, operation = wanted
        if isinstance(operation, InitSwarm):
            return self.entering.found(now, ticket, operation, event.secrets)
        if self.phase is not HostPhase.MANAGER:
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, _MANAGER_NO_MORE)
            return None
        return raft_events.Propose(ticket, replace(operation, secrets=event.secrets))

    # --- joining and leaving ------------------------------------------------------------------------------------

    def join(self, now: int, ticket: Ticket, operation: JoinSwarm) -> None:
        """Ask to become a member of a swarm."""
        if self.phase is not HostPhase.INACTIVE or self._key_requests.founding:
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, ALREADY_MEMBER)
        else:
            self.entering.join(now, ticket, operation)

    def tick(self, now: int) -> None:
        """What is due: asking once more to join, or giving that up; telling those left behind; emptying the table."""
        self._left_behind.tick(now)
        removal = self.standing.route_removal.tick(now)
        if removal is not None:
            self._outbox.emit([removal])
        self.entering.tick(now)

    def leave(self, now: int, ticket: Ticket, operation: LeaveSwarm) -> None:
        """Forget the swarm, and remove its containers and routes from this host."""
        agent, raft = self._machines.agent, self._machines.raft
        locked = self.phase is HostPhase.LOCKED
        if agent is None and not locked:
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, "This node is not part of a swarm")
            return
        if (raft is not None or locked) and not operation.force:
            text = LEAVING_LOCKED if raft is None else _leave_warning(raft)
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, text)
            return
        if agent is not None:
            node_id = self.identity.node_id
            others = [manager.node_id for manager in agent.managers if manager.node_id != node_id]
            self._outbox.emit([Send(other, LeaveNotice(node_id)) for other in others])
        self._lock.abandon()
        self._machines.drop_containers()
        self.standing.forget_routes(now)
        self.standing.stop_raft()
        self._outbox.inbox.clear()
        self.standing.seal_with("")
        self._leaving = self.standing.write(Identity(membership_count=self.identity.membership_count + 1))
        self._outbox.hold(self._leaving, Reply(ticket, Applied(0, None)))
        self.standing.move(HostStimulus.LEFT)

    # --- locking ------------------------------------------------------------------------------------------------

    def unlock(self, ticket: Ticket, operation: UnlockSwarm) -> None:
        """Somebody shows the key of a manager that is locked."""
        if self.phase is HostPhase.LOCKED:
            self._lock.try_key(ticket, operation, self.identity)
        else:
            self._outbox.refuse(ticket, ErrorCode.CONFLICT, NOT_LOCKED)

    def on_log_opened(self, now: int, event: LogOpened) -> None:
        """Become what the disk says."""
        if self.phase is not HostPhase.LOCKED:
            return  # it has left meanwhile
        self._machines.keep_containers = False
        self._take_up(now, self._agent_before, event.raft)
        if self.identity.raft_id:
            self.standing.move(HostStimulus.UNLOCKED)
        else:
            self.standing.remember_key("")
            self.standing.move(HostStimulus.UNLOCKED_WITHOUT_LOG)
        self._agent_before = AgentDurable()
        self._lock.opened()

    def on_log_not_opened(self, event: LogNotOpened) -> None:
        """It stays locked."""
        if self.phase is HostPhase.LOCKED:
            self._lock.not_opened(event.reason)

    # --- leaving, the end ---------------------------------------------------------------------------------------

    def on_persisted(self, persisted: Ticket) -> None:
        """Leaving ends when it is durable."""
        if self._leaving is not None and self._leaving <= persisted:
            self._leaving = None
            self.standing.move(HostStimulus.FORGOTTEN)

    def cancel(self, ticket: Ticket) -> None:
        """The client of this request is gone: what has not begun to take effect is given up."""
        self.entering.cancel(ticket)
        self._key_requests.cancel(ticket)
        self._lock.cancel(ticket)

    def on_routes(self, now: int, event: RoutesApplied | RoutesFailed) -> None:
        """The data plane reports: on what this host orders while it is in no swarm, or on what its agent orders."""
        self.standing.route_removal.reported(now, event)


def _leave_warning(raft: RaftNode) -> str:
    voters = sum(member.voter for member in raft.members)
    if voters == 1:
        return (
            _LEAVING_MANAGER + "Removing the last manager erases all current state of the swarm. "
            "Use `--force` to ignore this message."
        )
    return (
        _LEAVING_MANAGER + f"It is one of {voters} managers, and leaving may cost the quorum. "
        "Demote it first with `docker node demote`, or use `--force`."
    )
