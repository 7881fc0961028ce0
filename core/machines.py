"""The machines that a host consists of at present: an agent, and a Raft member with the store that it replicates.

Which of them there are is decided in `core.membership`; here they are made and dropped. One that is made later must
know what earlier ones were told, since nobody repeats it: the wall clock, what this machine is, whether its container
engine answers and whether its disk is nearly full. So that is kept here, whoever is there to hear it.
"""

from random import Random
from typing import Any

from msgspec.structs import replace

from core.agent.agent import Agent
from core.agent.events import RaftIdentityChanged
from core.agent.records import AgentDurable
from core.durable import Identity
from core.effects import RemoveTask
from core.events import EngineDown, EngineInventory, EngineUp, HostDescribed, WallClock
from core.ids import NodeId, OperationId, TaskId
from core.manager.manager import Manager
from core.objects.node import NodeDescription
from core.outbox import Outbox
from core.raft.config import RaftConfig
from core.raft.effects import Role
from core.raft.events import StorageLow
from core.raft.node import RaftNode
from core.raft.records import RaftDurable
from core.replica import Replica
from core.store import Store
from core.timing import Timing


class Machines:
    """`agent`, `raft` and `replica` are None while this host has none; Raft and replica come and go together."""

    __slots__ = (
        "_engine_state",
        "_kept",
        "_outbox",
        "_raft_config",
        "_rng",
        "_timing",
        "abandoned",
        "agent",
        "description",
        "keep_containers",
        "raft",
        "replica",
        "storage_low",
        "wall_offset_ns",
    )

    def __init__(self, timing: Timing, raft_config: RaftConfig, outbox: Outbox, rng: Random) -> None:
        self.agent: Agent | None = None
        self.raft: RaftNode | None = None
        self.replica: Replica | None = None
        self.description = NodeDescription()
        self.wall_offset_ns = 0
        self.storage_low = False
        """Whether the disk has only the log's reserve left."""
        self.keep_containers = False
        """This host is locked: there is no agent, and its containers run on all the same."""
        self.abandoned: list[Any] = []
        """Last answers of a Raft member that is no more, for the host to pass on."""
        self._timing = timing
        self._raft_config = raft_config
        self._outbox = outbox
        self._rng = rng
        self._kept: list[TaskId] = []
        """The containers of a host that is locked."""
        self._engine_state: list[EngineUp | EngineDown | EngineInventory] = []

    @property
    def manager(self) -> Manager | None:
        """While this host leads: what decides for the swarm."""
        return self.replica.manager if self.replica is not None else None

    def check_invariants(self, full: bool = False) -> None:
        """Assert what always holds between two steps of the host; `full` walks log and store."""
        if self.agent is not None:
            self.agent.check_invariants()
        raft, replica = self.raft, self.replica
        assert (raft is None) == (replica is None), "Raft and replica come and go together"
        if raft is None or replica is None:
            return
        raft.check_invariants(full)
        replica.check_invariants(full)
        assert replica.store.index <= raft.applied_index, "the store is ahead of the log"
        assert (replica.manager is not None) == raft.leading, "who leads has a manager, and nobody else"
        assert not replica.preparing or raft.role is Role.LEADER, "who does not lead makes no manager ready"
        assert not replica.touched, "what was committed was not followed up"
        assert not self.abandoned, "somebody waits for an answer of a Raft member that is no more"

    # --- the agent ----------------------------------------------------------------------------------------------

    def start_agent(self, now: int, identity: Identity, durable: AgentDurable) -> None:
        """This host is the node of that identity."""
        timing, tickets = self._timing.dispatcher, self._outbox.tickets
        self._outbox.node_id = identity.node_id
        self.agent = Agent(identity.node_id, identity.address, timing, tickets, durable, self._rng, now)
        self.tell_agent(now, WallClock(self.wall_offset_ns))
        self.tell_agent(now, HostDescribed(self.description))
        self.tell_agent(now, RaftIdentityChanged(identity.raft_id))
        for event in self._engine_state:
            self.tell_agent(now, event)

    def drop_containers(self) -> None:
        """This host is no node any more: have the engine remove what the agent looked after, or kept while locked."""
        if self.agent is not None:
            self._remove_containers(tuple(task.id for task in self.agent.tasks()))
        self._remove_containers(tuple(self._kept))
        self._kept.clear()
        self.keep_containers = False
        self.agent = None

    def tell_agent(self, now: int, event: Any) -> None:
        """One event for the agent, which is there."""
        assert self.agent is not None
        self._outbox.emit(self.agent.step(now, event))

    def remember_engine(self, event: EngineUp | EngineDown | EngineInventory) -> None:
        """What an agent that is started later must know of the engine: that it is up, and empty."""
        if isinstance(event, EngineInventory):
            if self.keep_containers:
                self._kept = [task_id for task_id, _ in event.containers]
            elif self.agent is None:
                self._remove_containers(tuple(task_id for task_id, _ in event.containers))
            self._engine_state = [EngineUp(), EngineInventory(())]
        else:
            self._engine_state = [event]

    def _remove_containers(self, task_ids: tuple[TaskId, ...]) -> None:
        """Have the engine remove what no agent looks after."""
        self._outbox.emit([RemoveTask(OperationId(0), task_id) for task_id in task_ids])

    # --- the Raft member ----------------------------------------------------------------------------------------

    def start_raft(self, now: int, identity: Identity, durable: RaftDurable) -> None:
        """This host is the Raft member of that identity."""
        config = replace(self._raft_config, id=identity.raft_id, timing=self._timing.raft)
        self.replica = self.make_replica(identity.node_id)
        self.raft = RaftNode(config, durable, self.replica, self._outbox.tickets, self._rng, now)
        if self.storage_low:
            self._outbox.emit(self.raft.step(now, StorageLow()))

    def make_replica(self, node_id: NodeId) -> Replica:
        """The state machine of a Raft member of this node's, with nothing in it yet."""
        return Replica(lambda committed, at: self._make_manager(committed, at, node_id))

    def stop_raft(self) -> None:
        """This host is that member, or any, no more."""
        if self.raft is not None:
            self.abandoned += self.raft.abandon()
        self.raft = self.replica = None

    def _make_manager(self, committed: Store, now: int, node_id: NodeId) -> Manager:
        offset_ns = self.wall_offset_ns
        return Manager(committed, self._timing, self._rng, now, offset_ns, node_id, self._proven_at, self._hears)

    def _proven_at(self) -> int:
        """When this host, which leads, certainly did."""
        at = self.raft.confirmed_at if self.raft is not None else None
        return 0 if at is None else at

    def _hears(self, raft_id: NodeId) -> bool | None:
        """Whether this host, which leads, hears that Raft member; None while that cannot be said."""
        return self.raft.hears(raft_id) if self.raft is not None else None
