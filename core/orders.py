"""What a member follows: the leader's orders as to which Raft member it is, the cluster's key, the end of its group.

Theory of operation. Which Raft member a host is follows from its node object, as the dispatcher tells it. Orders are
numbered by the version of that object: a deposed leader's cannot undo a newer one. A host whose disk lost Raft's part
keeps its node id, never again takes part under the Raft id whose promises it has forgotten, and is given a new one. Nor
does it under one of a group that was begun anew without it (`core.renewing`), or that is lower than another one begun
anew: there it becomes a worker.
"""

from msgspec.structs import replace

from core.agent.events import AddressChanged, ManagersLearned, RaftIdentityChanged
from core.ids import Address, NodeId
from core.machines import Machines
from core.objects.cluster import Cluster
from core.outbox import Outbox
from core.phases import HostStimulus
from core.raft.effects import Send
from core.raft.events import Received
from core.raft.messages import GroupEnded
from core.raft.records import RaftDurable
from core.raft.renewal import GROUP_SPAN, group_of
from core.renewing import without_raft
from core.standing import Standing


class Orders:
    """Asked at the end of each step that may have brought news."""

    __slots__ = ("_cluster", "_key_check", "_machines", "_outbox", "_standing")

    def __init__(self, standing: Standing, machines: Machines, outbox: Outbox) -> None:
        self._standing = standing
        self._machines = machines
        self._outbox = outbox
        self._cluster: Cluster | None = None
        """The cluster whose key this host has followed."""
        self._key_check = ""
        """What its identity said of the key after that: whoever ceased to be a manager meanwhile has forgotten it."""

    def follow_order(self, now: int) -> bool:
        """Write down who the managers are, and become the Raft member the leader says this host is to be.

        Whether it became another one.
        """
        agent, standing = self._machines.agent, self._standing
        if agent is not None and agent.managers != standing.identity.managers:
            standing.write(replace(standing.identity, managers=agent.managers))
        identity = standing.identity
        if agent is None or agent.assigned_raft_id is None or agent.assigned_at_version <= identity.node_version:
            return False
        wanted = agent.assigned_raft_id
        if wanted == identity.raft_id or (wanted and wanted in (identity.lost_raft_id, *identity.former_raft_ids)):
            return False
        standing.stop_raft()
        if not wanted:
            standing.remember_key("")
        version = agent.assigned_at_version
        standing.write(replace(standing.identity, raft_id=wanted, node_version=version, founding=None))
        if wanted:
            self._machines.start_raft(now, standing.identity, RaftDurable())
        standing.move(_stimulus_of(identity.raft_id, wanted))
        self._machines.tell_agent(now, RaftIdentityChanged(wanted))
        return True

    def follow_address(self, now: int, address: Address) -> None:
        """Be reached at another address from here on: the agent tells the leader, which tells everybody else."""
        standing, agent = self._standing, self._machines.agent
        if address and standing.identity.node_id and address != standing.identity.address:
            standing.write(replace(standing.identity, address=address))
            if agent is not None:
                self._machines.tell_agent(now, AddressChanged(address))

    def follow_key(self) -> None:
        """Lock this manager's disk, or no longer, as the cluster wants it since this host last looked."""
        replica = self._machines.replica
        cluster = replica.store.cluster if replica is not None else None
        followed = cluster is self._cluster and self._standing.identity.key_check == self._key_check
        if cluster is not None and not followed:
            self._standing.remember_key(cluster.unlock_key)
            self._cluster, self._key_check = cluster, self._standing.identity.key_check

    def follow_end(self, now: int) -> bool:
        """Become a worker if another group than this member's counts; whether one does."""
        raft, standing = self._machines.raft, self._standing
        if raft is None or not raft.ended_by:
            return False
        identity, beginning = standing.identity, raft.ended_by * GROUP_SPAN
        managers = (*identity.left_behind, *identity.managers)
        standing.stop_raft()
        standing.remember_key("")
        identity = replace(without_raft(identity), left_behind=(), node_version=max(identity.node_version, beginning))
        standing.write(identity)
        standing.move(HostStimulus.SUPERSEDED)
        self._machines.tell_agent(now, ManagersLearned(managers))
        self._machines.tell_agent(now, RaftIdentityChanged(NodeId("")))
        return True

    def is_news(self, event: Received) -> bool:
        """Whether this host, by its node id, is told of a group that it does not follow yet."""
        identity, message = self._standing.identity, event.message
        assert type(message) is GroupEnded
        return event.recipient == identity.node_id and message.group > group_of(identity.node_version)

    def answer_for_former(self, event: Received) -> None:
        """A message for a member that this host was, in a group that has ended: the sender does not know of that."""
        identity = self._standing.identity
        if event.recipient in identity.former_raft_ids:
            self._outbox.emit([Send(event.sender, GroupEnded(group_of(identity.node_version)))])


def _stimulus_of(present: NodeId, wanted: NodeId) -> HostStimulus:
    """What it means to be told to be the Raft member `wanted`, or none, to one that is `present`, or none."""
    assert wanted != present
    if not wanted:
        return HostStimulus.DEMOTED
    return HostStimulus.REPLACED if present else HostStimulus.PROMOTED
