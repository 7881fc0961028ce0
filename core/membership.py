"""What a host is in its swarm: its identity on disk, and the machines that follow from it.

Theory of operation.

    inactive ──init──► manager ◄──promotion── worker
        │                 │ ───demotion────►    ▲
        └──join──► joining ─────────────────────┘        leave: leaving, and when that is durable inactive

A member has an agent; a manager has a Raft member and the replicated store besides. Founding a swarm is one durable
identity with everything needed to repeat the first transaction until it is in the store.

Which Raft member a host is follows from its node object, as the dispatcher tells it. Orders are numbered by the
version of that object: a deposed leader's cannot undo a newer one. A host whose disk lost Raft's part keeps its node
id, never again takes part under the Raft id whose promises it has forgotten, and is given a new one. One that has
forgotten which membership it is in is inactive (`core.durable`).
"""

from random import Random
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from core.agent.agent import Agent
from core.agent.events import ManagersLearned, RaftIdentityChanged
from core.agent.records import AgentDurable
from core.backoff import Backoff
from core.durability import Stream
from core.durable import Founding, HostDurable, Identity
from core.effects import BecomeKnownAs, MakeKeys, RemoveTask
from core.events import (
    EngineDown,
    EngineInventory,
    EngineUp,
    HostDescribed,
    KeyMaterial,
    RoutesApplied,
    RoutesFailed,
    WallClock,
)
from core.facts import HostPhaseChanged
from core.ids import ClusterId, NodeId, OperationId, TaskId, Ticket, draw_id
from core.joining import Joining
from core.manager.manager import Manager
from core.messages import JoinAccepted, JoinRejected, LeaveNotice, NotLeader
from core.messages import Manager as ManagerAddress
from core.objects.node import NodeDescription
from core.operations import ErrorCode, FoundSwarm, InitSwarm, JoinSwarm, LeaveSwarm, OperationError
from core.outbox import Outbox
from core.raft import events as raft_events
from core.raft.config import RaftConfig
from core.raft.effects import Applied, OutcomeUnknown, Reply, Result, Send
from core.raft.machine import Rejected
from core.raft.members import Member
from core.raft.node import RaftNode
from core.raft.records import RaftDurable
from core.raft.recovery import bootstrap, replay
from core.replica import Replica
from core.route_removal import RouteRemoval
from core.store import Store
from core.timing import Timing
from core.tokens import TOKEN_SECRET_LENGTHS, join_tokens

_ALREADY_MEMBER: Final = (
    'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.'
)
_LEAVING_MANAGER: Final = "You are attempting to leave the swarm on a node that is participating as a manager. "


class HostConfig(Struct, frozen=True):
    """What stays as it is for the life of the process. `raft.id` and `raft.timing` are filled in by the host."""

    timing: Timing
    raft: RaftConfig


class Membership:
    """See the module's text. `agent`, `raft` and `replica` are there as long as the identity says so."""

    def __init__(self, config: HostConfig, outbox: Outbox, rng: Random) -> None:
        self.identity = Identity()
        self.agent: Agent | None = None
        self.raft: RaftNode | None = None
        self.replica: Replica | None = None
        self.description = NodeDescription()
        self.wall_offset_ns = 0
        self.storage_low = False
        """Whether the disk has only the log's reserve left; what a Raft member that begins has to be told."""
        self.abandoned: list[Any] = []
        """Last answers of a Raft member that is no more, for the host to pass on."""
        self._config = config
        self._outbox = outbox
        self._rng = rng
        self._joining: Joining | None = None
        self._route_removal = RouteRemoval(outbox.tickets, self._backoff())
        self._leaving: Ticket | None = None
        """The write by which this host is in no swarm any more."""
        self._keys_wanted: dict[Ticket, tuple[Ticket, InitSwarm]] = {}
        self._founding_ticket: Ticket | None = None
        self._founding_client: Ticket | None = None
        self._engine_state: list[EngineUp | EngineDown | EngineInventory] = []
        self._announced_phase = "inactive"

    def begin(self, durable: HostDurable, now: int) -> None:
        """Become what the disk says."""
        self.identity = durable.identity
        if durable.corrupt and self.identity.raft_id:
            lost = self.identity.raft_id
            self._write(replace(self.identity, raft_id=NodeId(""), lost_raft_id=lost, founding=None))
        if self.identity.node_id:
            self._start_agent(now, durable.agent)
            if not durable.agent.managers:
                self._tell_agent(now, ManagersLearned(self.identity.managers))
        if self.identity.raft_id:
            self._start_raft(now, durable.raft)
        if not self.identity.node_id:
            self._forget_routes(now)
        self._announce()

    @property
    def phase(self) -> str:
        """inactive, joining, worker, manager or leaving."""
        if self.raft is not None:
            return "manager"
        if self.agent is not None:
            return "worker"
        if self._leaving is not None:
            return "leaving"
        return "joining" if self._joining is not None else "inactive"

    @property
    def joining(self) -> bool:
        """Whether an answer to a request to join is awaited."""
        return self._joining is not None

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        removal_at = self._route_removal.deadline()
        if self._joining is None:
            return removal_at
        joining_at = self._joining.deadline()
        return joining_at if removal_at is None else min(joining_at, removal_at)

    # --- founding -----------------------------------------------------------------------------------------------

    def init(self, ticket: Ticket, operation: InitSwarm) -> None:
        """Found a swarm: first of all, ask for the secrets of its tokens."""
        if self.phase != "inactive":
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, _ALREADY_MEMBER)
            return
        keys_ticket = self._outbox.tickets.draw()
        self._keys_wanted[keys_ticket] = (ticket, operation)
        self._outbox.emit([MakeKeys(keys_ticket, TOKEN_SECRET_LENGTHS)])

    def on_key_material(self, now: int, event: KeyMaterial) -> raft_events.Propose | None:
        """The secrets are there: become the first manager. Returns the proposal of the first objects."""
        wanted = self._keys_wanted.pop(event.ticket, None)
        if wanted is None:
            return None
        ticket, operation = wanted
        if self.phase != "inactive":
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, _ALREADY_MEMBER)
            return None
        self._write(
            Identity(
                node_id=NodeId(draw_id(self._rng)),
                cluster_id=ClusterId(draw_id(self._rng)),
                address=operation.advertise,
                raft_id=NodeId(draw_id(self._rng)),
                founding=Founding(operation, join_tokens(event.secrets)),
                membership_count=self.identity.membership_count + 1,
            )
        )
        records = bootstrap((Member(self.identity.raft_id, self.identity.address, voter=True),))
        for record in records:
            self._outbox.persist(Stream.LOG, record)
        self._start_agent(now, AgentDurable())
        self._start_raft(now, replay(records))
        self._announce()
        self._tell_agent(now, ManagersLearned((ManagerAddress(self.identity.node_id, self.identity.address),)))
        self._founding_client = ticket
        return self._founding_proposal(ticket)

    def finish_founding(self) -> raft_events.Propose | None:
        """While this host leads: once the first objects are stored, founding is over; after a restart, repeat it."""
        if self.identity.founding is None or self.replica is None:
            return None
        if self.replica.store.cluster is not None:
            self._write(replace(self.identity, founding=None))
            return None
        if self._founding_ticket is not None:
            return None
        return self._founding_proposal(self._outbox.own_request())

    def is_own(self, ticket: Ticket) -> bool:
        """Whether an answer is to a proposal of this host's own, which no client waits for; takes note of it."""
        if ticket != self._founding_ticket:
            return False
        self._founding_ticket = None
        return ticket != self._founding_client

    def will_found(self, ticket: Ticket) -> bool:
        """Whether this client asked to found a swarm, which is repeated until it is done, whatever it is told."""
        return ticket == self._founding_client and self.identity.founding is not None

    def _founding_proposal(self, ticket: Ticket) -> raft_events.Propose:
        identity = self.identity
        assert identity.founding is not None
        self._founding_ticket = ticket
        request = FoundSwarm(
            operation=identity.founding.operation,
            tokens=identity.founding.tokens,
            cluster_id=identity.cluster_id,
            node_id=identity.node_id,
            raft_id=identity.raft_id,
            description=self.description,
        )
        return raft_events.Propose(ticket, request)

    # --- joining and leaving ------------------------------------------------------------------------------------

    def join(self, now: int, ticket: Ticket, operation: JoinSwarm) -> None:
        """Ask to become a member, under an identity drawn now."""
        if self.phase != "inactive" or self._keys_wanted:
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, _ALREADY_MEMBER)
            return
        if not operation.remotes:
            self._outbox.refuse(ticket, ErrorCode.INVALID, "joining a swarm needs the address of one of its managers")
            return
        node_id = NodeId(draw_id(self._rng))
        self._joining = Joining(ticket, operation, node_id, self.description, self._backoff(), now)
        self._announce()
        self.tick(now)

    def tick(self, now: int) -> None:
        """Repeat the request to join, or give it up; have the data plane forward nothing, if that failed."""
        removal = self._route_removal.tick(now)
        if removal is not None:
            self._outbox.emit([removal])
        joining = self._joining
        if joining is None:
            return
        self._outbox.emit(joining.tick(now))
        if now >= joining.gives_up_at:
            reason = "no manager answered in time, and joining was given up: check the addresses and try again"
            self._end_joining(OutcomeUnknown(reason))

    def on_join_answer(self, now: int, message: Any) -> None:
        """JoinAccepted, JoinRejected or NotLeader; anything else is stray."""
        assert self._joining is not None
        if isinstance(message, NotLeader):
            self._joining.on_not_leader(now, message)
            self.tick(now)
        elif isinstance(message, JoinRejected):
            self._end_joining(Rejected(OperationError(ErrorCode.INVALID, message.reason)))
        elif isinstance(message, JoinAccepted):
            self._become_member(now, self._joining, message)

    def _end_joining(self, result: Result) -> None:
        assert self._joining is not None
        self._outbox.emit([Reply(self._joining.ticket, result)])
        self._joining = None
        self._announce()

    def _become_member(self, now: int, joining: Joining, accepted: JoinAccepted) -> None:
        self._joining = None
        ticket = self._write(
            Identity(
                node_id=joining.node_id,
                cluster_id=accepted.cluster_id,
                address=joining.operation.advertise,
                raft_id=accepted.raft_id,
                node_version=accepted.node_version,
                managers=accepted.managers,
                membership_count=self.identity.membership_count + 1,
            )
        )
        self._start_agent(now, AgentDurable())
        if accepted.raft_id:
            self._start_raft(now, RaftDurable())
        self._announce()
        self._outbox.hold(ticket, Reply(joining.ticket, Applied(accepted.node_version, joining.node_id)))
        self._tell_agent(now, ManagersLearned(accepted.managers))

    def leave(self, now: int, ticket: Ticket, operation: LeaveSwarm) -> None:
        """Forget the swarm, and remove its containers and routes from this host."""
        if self.agent is None:
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, "This node is not part of a swarm")
            return
        if self.raft is not None and not operation.force:
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, _leave_warning(self.raft))
            return
        node_id = self.identity.node_id
        others = [manager.node_id for manager in self.agent.managers if manager.node_id != node_id]
        self._outbox.emit([Send(other, LeaveNotice(node_id)) for other in others])
        self.remove_containers(tuple(task.id for task in self.agent.tasks()))
        self._forget_routes(now)
        self._stop_raft()
        self.agent = None
        self._outbox.inbox.clear()
        self._leaving = self._write(Identity(membership_count=self.identity.membership_count + 1))
        self._outbox.hold(self._leaving, Reply(ticket, Applied(0, None)))
        self._announce()

    def on_persisted(self, persisted: Ticket) -> None:
        """Leaving ends when it is durable."""
        if self._leaving is not None and self._leaving <= persisted:
            self._leaving = None
            self._announce()

    def cancel(self, ticket: Ticket) -> None:
        """The client of this request is gone: what has not begun to take effect is given up."""
        if self._joining is not None and self._joining.ticket == ticket:
            self._joining = None
            self._announce()
        self._keys_wanted = {keys: wanted for keys, wanted in self._keys_wanted.items() if wanted[0] != ticket}

    def remove_containers(self, task_ids: tuple[TaskId, ...]) -> None:
        """Have the engine remove what no agent looks after."""
        self._outbox.emit([RemoveTask(OperationId(0), task_id) for task_id in task_ids])

    def _forget_routes(self, now: int) -> None:
        """Have the data plane forward nothing any more: in no swarm nobody keeps a table up to date."""
        self._outbox.emit([self._route_removal.begin(now)])

    def on_routes(self, now: int, event: RoutesApplied | RoutesFailed) -> None:
        """The data plane reports: on what this host orders while it is in no swarm, or on what its agent orders."""
        self._route_removal.reported(now, event)

    def _backoff(self) -> Backoff:
        timing = self._config.timing.dispatcher
        return Backoff(timing.backoff_min_ns, timing.backoff_max_ns)

    # --- being a Raft member ------------------------------------------------------------------------------------

    def follow_order(self, now: int) -> bool:
        """Write down who the managers are, and become the Raft member the leader says this host is to be.

        Whether it became another one.
        """
        agent = self.agent
        if agent is not None and agent.managers != self.identity.managers:
            self._write(replace(self.identity, managers=agent.managers))
        identity = self.identity
        if agent is None or agent.assigned_raft_id is None or agent.assigned_at_version <= identity.node_version:
            return False
        wanted = agent.assigned_raft_id
        if wanted == identity.raft_id or (wanted and wanted == identity.lost_raft_id):
            return False
        self._stop_raft()
        self._write(replace(identity, raft_id=wanted, node_version=agent.assigned_at_version, founding=None))
        if wanted:
            self._start_raft(now, RaftDurable())
        self._announce()
        self._tell_agent(now, RaftIdentityChanged(wanted))
        return True

    def _start_raft(self, now: int, durable: RaftDurable) -> None:
        config = replace(self._config.raft, id=self.identity.raft_id, timing=self._config.timing.raft)
        self.replica = Replica(self._make_manager)
        self.raft = RaftNode(config, durable, self.replica, self._outbox.tickets, self._rng, now)
        if self.storage_low:
            self._outbox.emit(self.raft.step(now, raft_events.StorageLow()))

    def _stop_raft(self) -> None:
        if self.raft is not None:
            self.abandoned += self.raft.abandon()
        self.raft = self.replica = None
        self._founding_ticket = None

    def _make_manager(self, committed: Store, now: int) -> Manager:
        node_id = self.identity.node_id
        return Manager(committed, self._config.timing, self._rng, now, self.wall_offset_ns, node_id)

    # --- the agent ----------------------------------------------------------------------------------------------

    def _start_agent(self, now: int, durable: AgentDurable) -> None:
        identity, timing = self.identity, self._config.timing.dispatcher
        self._outbox.node_id = identity.node_id
        self._route_removal.end()
        self.agent = Agent(identity.node_id, identity.address, timing, self._outbox.tickets, durable, self._rng, now)
        self._tell_agent(now, WallClock(self.wall_offset_ns))
        self._tell_agent(now, HostDescribed(self.description))
        self._tell_agent(now, RaftIdentityChanged(identity.raft_id))
        for event in self._engine_state:
            self._tell_agent(now, event)

    def remember_engine(self, event: EngineUp | EngineDown | EngineInventory) -> None:
        """What an agent that is started later must know of the engine: that it is up, and empty."""
        if isinstance(event, EngineInventory):
            if self.agent is None:
                self.remove_containers(tuple(task_id for task_id, _ in event.containers))
            self._engine_state = [EngineUp(), EngineInventory(())]
        else:
            self._engine_state = [event]

    def _tell_agent(self, now: int, event: Any) -> None:
        assert self.agent is not None
        self._outbox.emit(self.agent.step(now, event))

    # --- identity -----------------------------------------------------------------------------------------------

    def _write(self, identity: Identity) -> Ticket:
        self.identity = identity
        return self._outbox.persist(Stream.IDENTITY, identity)

    def _announce(self) -> None:
        """Tell the driver who this host is now, and observers which phase it is in."""
        node_id = self._joining.node_id if self._joining is not None else self.identity.node_id
        self._outbox.node_id = node_id
        self._outbox.emit([BecomeKnownAs(node_id, self.identity.raft_id)])
        if self.phase != self._announced_phase:
            self._announced_phase = self.phase
            self._outbox.observe(HostPhaseChanged(self.phase))


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
