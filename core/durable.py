"""What a host as a whole keeps on its disk, and what comes back of it after a restart. Pure functions.

The records of all its machines share one FIFO. A new node id starts everything afresh: what was written before belongs
to another membership. A new Raft id starts Raft's part afresh: the log of another Raft member is not this one's. But
that of a group begun anew is, which was announced before (`Renewal`).

Damage may have hidden the newest identity. An older one that can still be read will do as long as it is of the same
membership: the host takes part as no Raft member anyway, and asks the leader what it is to be. So that one of an
earlier membership is known for that, identities count memberships and a driver keeps the newest count in a second
place. A host that has forgotten which membership it is in is nobody: it claims no node, and whoever runs it has it join
again.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from core.agent import records as agent_records
from core.agent.records import AgentDurable, AgentRecord
from core.durability import Stream
from core.ids import Address, ClusterId, NodeId
from core.messages import Manager
from core.objects.cluster import JoinTokens
from core.operations import InitSwarm
from core.raft import recovery as raft_recovery
from core.raft.records import RaftDurable


class Founding(Struct, frozen=True, gc=False):
    """A swarm that this host is to found: repeated after a restart until its first objects are in the store."""

    operation: InitSwarm
    tokens: JoinTokens
    unlock_key: str = ""


class Renewal(Struct, frozen=True, gc=False):
    """A group that this manager begins anew alone, as `raft_id`, at `index`: done, or done again after a restart."""

    raft_id: NodeId
    index: int


class Identity(Struct, frozen=True, gc=False, tag="identity"):
    """On stream IDENTITY: who this host is; the newest one counts. Without a node id it is in no swarm."""

    node_id: NodeId = NodeId("")
    cluster_id: ClusterId = ClusterId("")
    address: Address = Address("")
    raft_id: NodeId = NodeId("")
    """The Raft member this host is; empty for a worker."""
    node_version: int = 0
    """Version of the node object that said so, or where the group begins that ended this host's: follow none older."""
    lost_raft_id: NodeId = NodeId("")
    """The member it was when its log was found corrupt: it must never take part under that name again."""
    founding: Founding | None = None
    managers: tuple[Manager, ...] = ()
    """The managers as last heard of: a second place for what the agent keeps, should its records be damaged."""
    renewal: Renewal | None = None
    """Under way: Raft's part on the disk is that of `raft_id` still, or already the new group's."""
    former_raft_ids: tuple[NodeId, ...] = ()
    """The members it was in groups that have ended, the last `REMEMBERED_FORMER` of them."""
    left_behind: tuple[Manager, ...] = ()
    """The other managers of the swarm that this host has begun anew (`core.left_behind`)."""
    key_check: str = ""
    """A check of the key without which this manager does not start (`core.unlock_key.check_of`); empty if it does."""
    membership_count: int = 0
    """How often this host has entered or left a swarm."""


REMEMBERED_FORMER: Final = 16


class HostDurable(Struct, frozen=True):
    """What a host starts from. `corrupt`: the disk lost what it had promised, so Raft's part is not to be trusted."""

    identity: Identity = Identity()
    raft: RaftDurable = RaftDurable()
    agent: AgentDurable = AgentDurable()
    corrupt: bool = False


_RAFT_STREAMS: Final = frozenset({Stream.HARD_STATE, Stream.LOG, Stream.SNAPSHOT})


def replay(writes: Iterable[tuple[Stream, Any]], corrupt: bool = False, membership_count: int = 0) -> HostDurable:
    """What a surviving prefix of a host's writes amounts to; `corrupt` if more was lost than a crash can take.

    `membership_count` is that of the newest identity according to the second place, which may lag behind.

    Raises `core.raft.recovery.InconsistentRecords` if they cannot be such a prefix.
    """
    identity = Identity()
    raft: list[Any] = []
    agent: list[AgentRecord] = []
    for stream, record in writes:
        if stream is Stream.IDENTITY:
            if record.node_id != identity.node_id:
                agent.clear()
            renewed = identity.renewal is not None and identity.renewal.raft_id == record.raft_id
            if record.raft_id != identity.raft_id and not renewed:
                raft.clear()
            identity = record
        elif stream is Stream.AGENT:
            agent.append(record)
        else:
            assert stream in _RAFT_STREAMS, stream
            raft.append(record)
    if corrupt:
        raft.clear()
        if identity.membership_count < membership_count:
            return HostDurable(Identity(membership_count=membership_count), corrupt=True)
    return HostDurable(identity, raft_recovery.replay(raft), agent_records.replay(agent), corrupt)


def newest_membership(writes: Iterable[tuple[Stream, Any]]) -> int:
    """The membership count that a driver keeps in a second place, once these writes are durable; 0 for no identity."""
    counts = (record.membership_count for stream, record in writes if stream is Stream.IDENTITY)
    return max(counts, default=0)


def records_of(durable: HostDurable) -> Iterator[tuple[Stream, Any]]:
    """The shortest writes that replay to `durable`: for a driver that rewrites its files."""
    yield Stream.IDENTITY, durable.identity
    for record in raft_recovery.records_of(durable.raft):
        yield Stream.LOG, record
    yield Stream.AGENT, durable.agent
