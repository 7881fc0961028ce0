"""A manager begins its swarm anew, alone: `InitSwarm` with `force_new_cluster`, for when a majority is lost for good.

Theory of operation. What becomes of the group is `core.raft.renewal`'s matter; here it becomes this host's. Three
things are written, in this order: the intention (`Identity.renewal`), Raft's part of the new group, and the identity
that is its member. From the first one on this host is no more the member that it was: should it restart in between, it
does the same again, whether it finds the old log or the new snapshot, and nobody has heard of either. It takes as long
as applying the log does, in one step: a host that is out of a quorum keeps nobody waiting.

The other managers are left behind (`core.left_behind`): wherever they are met, whichever group is lower ends, and its
members become workers, which find the swarm by their agents (`core.orders`).
"""

from random import Random
from typing import Final

from msgspec.structs import replace

from core.agent.events import ManagersLearned, RaftIdentityChanged
from core.agent.session import MAX_MANAGERS
from core.durability import Stream
from core.durable import REMEMBERED_FORMER, Identity, Renewal
from core.facts import BegunAnew
from core.ids import Address, NodeId, Ticket, draw_id
from core.left_behind import managers_besides
from core.locking import LOCKED
from core.machines import Machines
from core.manager.draft import Draft
from core.manager.members.renewal import begin_anew
from core.messages import Manager
from core.operations import ErrorCode, InitSwarm
from core.outbox import Outbox
from core.phases import HostStimulus
from core.raft import renewal as raft_renewal
from core.raft.effects import Applied, Reply
from core.raft.members import Member
from core.raft.records import RaftDurable
from core.raft.recovery import records_of
from core.standing import Standing

_NOTHING: Final = "This manager has not heard of its swarm yet: there is nothing to begin anew."


class Renewing:
    """Has a manager's swarm begun anew, for a client or after a restart."""

    __slots__ = ("_machines", "_outbox", "_rng", "_standing")

    def __init__(self, standing: Standing, machines: Machines, outbox: Outbox, rng: Random) -> None:
        self._standing = standing
        self._machines = machines
        self._outbox = outbox
        self._rng = rng

    def begin(self, now: int, ticket: Ticket, operation: InitSwarm) -> None:
        """A client asks a manager, or one that is locked, which cannot."""
        raft, replica, standing = self._machines.raft, self._machines.replica, self._standing
        if raft is None or replica is None:
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, LOCKED)
            return
        raft_id, certain_index = NodeId(draw_id(self._rng)), raft.commit_index
        renewal = Renewal(raft_id, raft_renewal.next_beginning(raft.last_index, self._rng))
        others = managers_besides(replica.store, standing.identity.node_id)
        intention = intended(standing.identity, renewal, others, operation.advertise)
        renewed = worked_out(now, intention, raft.durable(), self._machines)
        if renewed is None:
            self._outbox.refuse(ticket, ErrorCode.UNAVAILABLE, _NOTHING)
            return
        standing.stop_raft()
        standing.write(intention)
        written = self._become(now, renewed)
        identity = standing.identity
        self._outbox.observe(BegunAnew(raft_id, identity.node_version, certain_index))
        standing.move(HostStimulus.RENEWED)
        self._outbox.hold(written, Reply(ticket, Applied(identity.node_version, identity.node_id)))

    def finish(self, now: int, durable: RaftDurable) -> None:
        """After a restart: do again what is announced on the disk."""
        renewed = worked_out(now, self._standing.identity, durable, self._machines)
        assert renewed is not None, "it was worked out before it was announced"
        self._become(now, renewed)

    def _become(self, now: int, renewed: RaftDurable) -> Ticket:
        """Write Raft's part of the new group, and be its member."""
        for record in records_of(renewed):
            self._outbox.persist(Stream.LOG, record)
        ticket = self._standing.write(concluded(self._standing.identity))
        identity = self._standing.identity
        self._machines.start_raft(now, identity, renewed)
        self._machines.tell_agent(now, ManagersLearned((Manager(identity.node_id, identity.address),)))
        self._machines.tell_agent(now, RaftIdentityChanged(identity.raft_id))
        return ticket


def intended(identity: Identity, renewal: Renewal, others: tuple[Manager, ...], address: Address) -> Identity:
    """What is written first: the group is to begin anew without the other managers, and those left behind before."""
    ids = {manager.node_id for manager in others}
    left_behind = (*others, *(manager for manager in identity.left_behind if manager.node_id not in ids))
    return replace(identity, renewal=renewal, left_behind=left_behind[:MAX_MANAGERS], address=address)


def worked_out(now: int, identity: Identity, durable: RaftDurable, machines: Machines) -> RaftDurable | None:
    """What the member of the new group starts from, by an intention and the old log; None if that holds no swarm."""
    renewal = identity.renewal
    assert renewal is not None
    replica = machines.make_replica(identity.node_id)

    def conclude(index: int) -> None:
        if replica.store.cluster is not None:
            draft = Draft(replica.store.copy(), index, now + machines.wall_offset_ns)
            begin_anew(draft, identity.node_id, renewal.raft_id, identity.address)
            outcome = replica.apply(index, draft.transaction())
            assert outcome is None, outcome

    member = Member(renewal.raft_id, identity.address, voter=True)
    renewed = raft_renewal.renewed(durable, member, renewal.index, replica, conclude)
    assert renewed.snapshot is not None
    return renewed if renewed is durable or replica.store.cluster is not None else None


def concluded(identity: Identity) -> Identity:
    """What is written last: this host is the member of the new group."""
    renewal = identity.renewal
    assert renewal is not None
    return replace(
        without_raft(identity),
        raft_id=renewal.raft_id,
        lost_raft_id=NodeId(""),
        node_version=renewal.index,
        managers=(),
    )


def without_raft(identity: Identity) -> Identity:
    """The identity of one that was a member of a group that has ended: never again is it to take part under that id."""
    former = (*identity.former_raft_ids, identity.raft_id)[-REMEMBERED_FORMER:]
    return replace(
        identity,
        raft_id=NodeId(""),
        lost_raft_id=identity.raft_id,
        former_raft_ids=former,
        renewal=None,
        founding=None,
    )
