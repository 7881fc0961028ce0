"""The ways into a swarm that a client asks for: founding one (`core.founding`), and joining one (`core.joining`).

Theory of operation. A host in no swarm draws the identities that it is to have. Who founds writes its identity and is a
manager at once, which repeats the first objects until they are stored. Who joins asks under the node id that it has
drawn, and writes its identity once a manager has let it in.
"""

from random import Random
from typing import Any, Final

from msgspec.structs import replace

from core.agent.events import ManagersLearned
from core.agent.records import AgentDurable
from core.backoff import Backoff
from core.durability import Stream
from core.durable import Founding, Identity
from core.founding import Founder
from core.ids import ClusterId, NodeId, Ticket, draw_id
from core.joining import Joining
from core.machines import Machines
from core.manager.control.founding import why_not
from core.messages import JoinAccepted, JoinRejected, NotLeader
from core.messages import Manager as ManagerAddress
from core.operations import ErrorCode, InitSwarm, JoinSwarm, OperationError
from core.outbox import Outbox
from core.phases import HostPhase, HostStimulus
from core.raft import events as raft_events
from core.raft.effects import Applied, OutcomeUnknown, Reply, Result
from core.raft.machine import Rejected
from core.raft.members import Member
from core.raft.records import RaftDurable
from core.raft.recovery import bootstrap, replay
from core.standing import Standing
from core.timing import DispatcherTiming
from core.tokens import join_tokens
from core.unlock_key import unlock_key

ALREADY_MEMBER: Final = (
    'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.'
)


class Entering:
    """Has an identity written, and the machines made that follow from it."""

    __slots__ = ("_founder", "_joining", "_machines", "_outbox", "_rng", "_standing", "_timing")

    def __init__(
        self,
        standing: Standing,
        machines: Machines,
        outbox: Outbox,
        founder: Founder,
        timing: DispatcherTiming,
        rng: Random,
    ) -> None:
        self._standing = standing
        self._machines = machines
        self._outbox = outbox
        self._founder = founder
        self._timing = timing
        self._rng = rng
        self._joining: Joining | None = None

    @property
    def joining_as(self) -> NodeId:
        """The node it asks to become, while an answer to a request to join is awaited; else empty."""
        return self._joining.node_id if self._joining is not None else NodeId("")

    def deadline(self) -> int | None:
        """When `tick` has something to do."""
        return self._joining.deadline() if self._joining is not None else None

    # --- founding -----------------------------------------------------------------------------------------------

    def found(
        self, now: int, ticket: Ticket, operation: InitSwarm, secrets: tuple[bytes, ...]
    ) -> raft_events.Propose | None:
        """Become the first manager. Returns the proposal of the first objects."""
        if self._standing.phase is not HostPhase.INACTIVE:
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, ALREADY_MEMBER)
            return None
        if (error := why_not(operation)) is not None:
            self._outbox.refuse(ticket, error.code, error.message)
            return None
        identity = Identity(
            node_id=NodeId(draw_id(self._rng)),
            cluster_id=ClusterId(draw_id(self._rng)),
            address=operation.advertise,
            raft_id=NodeId(draw_id(self._rng)),
            founding=Founding(operation, join_tokens(secrets[:-1]), _key_of(operation, secrets[-1])),
            membership_count=self._standing.identity.membership_count + 1,
        )
        self._standing.write(identity)
        records = bootstrap((Member(identity.raft_id, identity.address, voter=True),))
        for record in records:
            self._outbox.persist(Stream.LOG, record)
        self._standing.become_node(now, AgentDurable())
        self._machines.start_raft(now, identity, replay(records))
        self._standing.move(HostStimulus.FOUNDED)
        self._machines.tell_agent(now, ManagersLearned((ManagerAddress(identity.node_id, identity.address),)))
        return self._founder.propose_for(ticket, identity, self._machines.description)

    def finish_founding(self) -> raft_events.Propose | None:
        """While this host leads: once the first objects are stored, founding is over; after a restart, repeat it."""
        replica = self._machines.replica
        if self._standing.identity.founding is None or replica is None:
            return None
        if replica.store.cluster is not None:
            self._standing.write(replace(self._standing.identity, founding=None))
            return None
        return self._founder.propose_again(self._standing.identity, self._machines.description)

    def is_own(self, ticket: Ticket) -> bool:
        """Whether an answer is to a proposal of this host's own, which no client waits for; takes note of it."""
        return self._founder.is_own(ticket)

    def will_found(self, ticket: Ticket) -> bool:
        """Whether this client asked to found a swarm, which is repeated until it is done, whatever it is told."""
        return self._founder.is_client(ticket) and self._standing.identity.founding is not None

    # --- joining ------------------------------------------------------------------------------------------------

    def join(self, now: int, ticket: Ticket, operation: JoinSwarm) -> None:
        """Ask to become a member, under an identity drawn now."""
        if not operation.remotes:
            self._outbox.refuse(ticket, ErrorCode.INVALID, "joining a swarm needs the address of one of its managers")
            return
        node_id = NodeId(draw_id(self._rng))
        self._standing.joining_as = node_id
        backoff = Backoff(self._timing.backoff_min_ns, self._timing.backoff_max_ns)
        self._joining = Joining(ticket, operation, node_id, self._machines.description, backoff, now)
        self._standing.move(HostStimulus.ASKED)
        self.tick(now)

    def tick(self, now: int) -> None:
        """Repeat the request to join, or give it up."""
        joining = self._joining
        if joining is None:
            return
        self._outbox.emit(joining.tick(now))
        if now >= joining.gives_up_at:
            reason = "no manager answered in time, and joining was given up: check the addresses and try again"
            self._end_joining(OutcomeUnknown(reason))

    def cancel(self, ticket: Ticket) -> None:
        """Its client is gone: give it up."""
        if self._joining is not None and self._joining.ticket == ticket:
            self._give_up()

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
        self._give_up()

    def _give_up(self) -> None:
        self._joining = None
        self._standing.joining_as = NodeId("")
        self._standing.move(HostStimulus.GIVEN_UP)

    def _become_member(self, now: int, joining: Joining, accepted: JoinAccepted) -> None:
        self._joining = None
        self._standing.joining_as = NodeId("")
        ticket = self._standing.write(
            Identity(
                node_id=joining.node_id,
                cluster_id=accepted.cluster_id,
                address=joining.operation.advertise,
                raft_id=accepted.raft_id,
                node_version=accepted.node_version,
                managers=accepted.managers,
                membership_count=self._standing.identity.membership_count + 1,
            )
        )
        self._standing.become_node(now, AgentDurable())
        if accepted.raft_id:
            self._machines.start_raft(now, self._standing.identity, RaftDurable())
        self._standing.move(HostStimulus.ADMITTED_AS_MANAGER if accepted.raft_id else HostStimulus.ADMITTED)
        self._outbox.hold(ticket, Reply(joining.ticket, Applied(accepted.node_version, joining.node_id)))
        self._machines.tell_agent(now, ManagersLearned(accepted.managers))


def _key_of(operation: InitSwarm, secret: bytes) -> str:
    return unlock_key(secret) if operation.spec.autolock_managers else ""
