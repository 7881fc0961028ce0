"""Keeps the loss of what managers hold to what a swarm survives: a minority of them, until those have caught up again.

A disk that is lost or damaged, and a host that leaves by force, take with them what the host had acknowledged. That of
a majority is lost for good and legitimately so: a planner of faults that checks for lost writes must not do it. A host
counts as hurt until it votes again, after a start or as another Raft member, and has reached the point where the swarm
was when it was hurt.
"""

from core.host import Host
from core.ids import NodeId
from core.raft.members import voters_of
from core.raft.node import RaftNode
from core.trials.faults import Hosts
from sim.world import World


class MinorityGuard:
    """A `sim.injection.Guard` for worlds of real hosts. Hosts that do not vote have nothing to lose."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._hurt: dict[str, tuple[int, NodeId | None, int]] = {}
        """By host: incarnation and Raft member when it was hurt, and the highest index applied anywhere just then."""

    def allows(self, hosts: Hosts) -> bool:
        """Whether these may lose what they hold now; if so they count as hurt from here on."""
        self._forget_those_caught_up()
        voters = self._voters()
        sound = [name for name in voters.values() if name is not None and name not in self._hurt]
        left = [name for name in sound if name not in hosts]
        if len(left) < len(sound) and 2 * len(left) <= len(voters):
            return False
        rafts = map(self._raft, self._world.machines)
        reached = max((raft.applied_index for raft in rafts if raft is not None), default=0)
        for name in hosts:
            raft = self._raft(name)
            raft_id = raft.id if raft is not None else None
            self._hurt[name] = (self._world.machine(name).incarnation, raft_id, reached)
        return True

    def _forget_those_caught_up(self) -> None:
        for name, (incarnation, raft_id, reached) in list(self._hurt.items()):
            machine, raft = self._world.machine(name), self._raft(name)
            if raft is None or machine.daemon is None or raft.applied_index < reached:
                continue
            anew = machine.incarnation > incarnation or raft.id != raft_id
            if anew and raft.id in voters_of(raft.members):
                del self._hurt[name]

    def _voters(self) -> dict[NodeId, str | None]:
        """The voters by the membership that is furthest, and whose host each is; None: of one that has left."""
        hosts = {raft.id: name for name in self._world.machines if (raft := self._raft(name)) is not None}
        rafts = filter(None, map(self._raft, self._world.machines))
        furthest = max(rafts, key=lambda raft: (raft.commit_index, raft.last_index), default=None)
        voters = voters_of(furthest.members) if furthest is not None else ()
        return {raft_id: hosts.get(raft_id) for raft_id in voters}

    def _raft(self, name: str) -> RaftNode | None:
        """The Raft member that a machine's last host was, if any."""
        host = self._world.host(name)
        return host.machines.raft if isinstance(host, Host) else None
