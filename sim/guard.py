"""Keeps the loss of disks to what a swarm survives: a minority of its managers, until those have caught up again.

Losing the disks of a majority loses data legitimately, so a planner of faults that checks for lost writes must not do
it. A host whose disk is lost or damaged counts as hurt until it is a manager again whose store has reached the point
where the swarm was when it was hurt.
"""

from core.host import Host
from core.raft.members import voters_of
from core.raft.node import RaftNode
from core.trials.faults import Hosts
from sim.world import World


class MinorityGuard:
    """A `sim.injection.Guard` for worlds of real hosts. Hosts that were never managers have nothing to lose."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._hurt: dict[str, tuple[int, int]] = {}
        """By host: its incarnation when it was hurt, and the highest index applied anywhere just then."""

    def allows(self, hosts: Hosts) -> bool:
        """Whether these may lose their disks now; if so they count as hurt from here on."""
        self._forget_those_caught_up()
        managers = self._managers()
        hurt_count = sum(1 for name in managers if name in self._hurt or name in hosts)
        if hurt_count and 2 * hurt_count >= len(managers):
            return False
        reached = max((self._applied(name) for name in managers), default=0)
        for name in hosts:
            self._hurt[name] = (self._world.machine(name).incarnation, reached)
        return True

    def _forget_those_caught_up(self) -> None:
        for name, (incarnation, reached) in list(self._hurt.items()):
            machine = self._world.machine(name)
            restarted = machine.incarnation > incarnation and machine.daemon is not None
            if restarted and self._votes(name) and self._applied(name) >= reached:
                del self._hurt[name]

    def _managers(self) -> list[str]:
        return [name for name in self._world.machines if self._raft(name) is not None or name in self._hurt]

    def _raft(self, name: str) -> RaftNode | None:
        """The Raft member that a machine's last host was, if any."""
        host = self._world.host(name)
        return host.machines.raft if isinstance(host, Host) else None

    def _votes(self, name: str) -> bool:
        raft = self._raft(name)
        return raft is not None and raft.id in voters_of(raft.members)

    def _applied(self, name: str) -> int:
        raft = self._raft(name)
        return raft.applied_index if raft is not None else 0
