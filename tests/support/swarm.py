"""Small swarms of real hosts in a simulated world, for tests that tell their story from outside."""

from hashlib import sha256
from typing import Any

from core.effects import Effect
from core.events import Event
from core.host import Host, HostConfig
from core.ids import NodeId
from core.objects.cluster import Cluster, ClusterSpec
from core.objects.node import Node
from core.operations import InitSwarm, Inspect, JoinSwarm, Kind, ListObjects, Operation
from core.raft.config import RaftConfig
from core.raft.effects import Applied, Result
from core.timing import LAN, SECOND, Timing
from sim.hosts import recover_swarm_host
from sim.images import Catalogue, Image
from sim.world import World, WorldConfig

PATIENCE_NS = 30 * SECOND
_SLICE_NS = SECOND // 20


class Swarm:
    """Machines `m1`, `m2`, … with real hosts; nobody is a member of anything until the test says so."""

    def __init__(
        self,
        *names: str,
        seed: int = 1,
        timing: Timing = LAN,
        snapshot_entries_count: int = 10_000,
        images: tuple[Image, ...] = (),
        catalogue: Catalogue | None = None,
        **config: Any,
    ) -> None:
        raft = RaftConfig(
            NodeId(""),
            timing.raft,
            snapshot_entries_count=snapshot_entries_count,
            log_tail_count=max(1, min(500, snapshot_entries_count // 4)),
        )
        settings = HostConfig(timing, raft)
        self._spec = ClusterSpec(
            snapshot_interval=raft.snapshot_entries_count, log_entries_for_slow_followers=raft.log_tail_count
        )
        self.world = World(
            WorldConfig(settings=settings, images=catalogue or Catalogue(images, lenient=not images), **config),
            seed,
            recover_swarm_host,
        )
        for name in names:
            self.world.add_machine(name)
            self.world.power_on(name, boot_ns=0)
        self.world.run_until(0)

    def host(self, name: str) -> Host:
        """The host of a machine's last daemon."""
        host = self.world.host(name)
        assert isinstance(host, Host)
        return host

    def ask(self, name: str, operation: Operation) -> Result:
        """Ask a host and wait for its one answer."""
        answers: list[Result] = []
        self.world.request(name, operation, answers.append)
        self.until(lambda: bool(answers), f"no answer from {name} to {operation}")
        assert len(answers) == 1
        return answers[0]

    def done(self, name: str, operation: Operation) -> Any:
        """Ask a host for something that must work; what it answers."""
        result = self.ask(name, operation)
        assert type(result) is Applied, result
        return result.value

    def until(self, condition: Any, complaint: str) -> None:
        """Let time pass until the condition holds; fail if it does not within half a minute."""
        gives_up_at = self.world.now + PATIENCE_NS
        while not condition():
            assert self.world.now < gives_up_at, complaint
            self.world.run_for(_SLICE_NS)
            self.world.check_invariants()

    def init(self, name: str) -> NodeId:
        """Found the swarm on this host."""
        node_id: NodeId = self.done(name, InitSwarm(self.world.machine(name).address, spec=self._spec))
        return node_id

    def join(self, name: str, by: str, *, manager: bool = False) -> NodeId:
        """Join by way of a manager, with the token of the role."""
        cluster: Cluster = self.done(by, Inspect(Kind.CLUSTER, "default"))
        token = cluster.tokens.manager if manager else cluster.tokens.worker
        remotes = (self.world.machine(by).address,)
        node_id: NodeId = self.done(name, JoinSwarm(self.world.machine(name).address, remotes, token))
        return node_id

    def nodes(self, by: str) -> dict[NodeId, Node]:
        """The node objects as a manager answers."""
        return {node.id: node for node in self.done(by, ListObjects(Kind.NODE))}

    def voter_count(self, by: str) -> int:
        """How many voters a manager's Raft member knows."""
        raft = self.host(by).machines.raft
        return sum(member.voter for member in raft.members) if raft is not None else 0

    def leader(self) -> str:
        """The acting manager; waits until there is one."""
        self.until(lambda: self.world.leader() is not None, "nobody leads")
        leader = self.world.leader()
        assert leader is not None
        return leader

    def form(self) -> None:
        """Have all machines that there are become members of one swarm: managers those whose names begin with m."""
        first, *others = self.world.machines
        self.init(first)
        for name in others:
            self.join(name, first, manager=name.startswith("m"))
        manager_count = sum(name.startswith("m") for name in self.world.machines)
        self.until(lambda: self.voter_count(first) == manager_count, "not all managers became voters")


def names_of(manager_count: int, worker_count: int = 0) -> list[str]:
    """m1, m2, … and w1, w2, …"""
    managers = [f"m{number + 1}" for number in range(manager_count)]
    return managers + [f"w{number + 1}" for number in range(worker_count)]


def formed(manager_count: int, worker_count: int = 0, **options: Any) -> Swarm:
    """A swarm of so many managers, voters all, and workers."""
    swarm = Swarm(*names_of(manager_count, worker_count), **options)
    swarm.form()
    return swarm


def three_managers(**options: Any) -> Swarm:
    """`m1`, `m2` and `m3`, voters all, and a worker `w1`."""
    return formed(3, 1, **options)


class TraceDigest:
    """Condenses every step of every host, so that two runs can be compared."""

    def __init__(self, world: World) -> None:
        self._hash = sha256()
        self.step_count = 0
        world.observer.on_step(self._note)

    def _note(self, at: int, name: str, event: Event, effects: list[Effect]) -> None:
        self.step_count += 1
        self._hash.update(repr((at, name, event, effects)).encode())

    def hexdigest(self) -> str:
        """Of all that was seen so far."""
        return self._hash.hexdigest()
