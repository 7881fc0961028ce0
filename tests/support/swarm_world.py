"""Simulated worlds of real hosts, for tests that need a whole swarm."""

from hashlib import sha256
from typing import Any

from core.effects import Effect
from core.events import Event
from core.ids import NodeId
from core.membership import HostConfig
from core.objects.cluster import Cluster
from core.operations import InitSwarm, JoinSwarm, Kind, ListObjects, Operation
from core.raft.config import RaftConfig
from core.raft.effects import Applied, Result
from core.timing import LAN, MS, SECOND
from sim.hosts import recover_swarm_host
from sim.images import Catalogue, Image
from sim.world import World, WorldConfig


def swarm_world(seed: int = 1, images: tuple[Image, ...] = (), **config: Any) -> World:
    """A world whose machines run the real host, in the `lan` profile; no machines yet."""
    settings = HostConfig(timing=LAN, raft=RaftConfig(id=NodeId(""), timing=LAN.raft))
    return World(WorldConfig(settings=settings, images=Catalogue(images), **config), seed, recover_swarm_host)


def ask(world: World, name: str, operation: Operation, within_ns: int = 10 * SECOND) -> Result | None:
    """Ask a host and let time pass until it has answered; None if it has not in time."""
    answers: list[Result] = []
    world.request(name, operation, answers.append)
    give_up_at = world.now + within_ns
    while not answers and world.now < give_up_at:
        world.run_for(10 * MS)
    return answers[0] if answers else None


def value_of(result: Result | None) -> Any:
    """What an operation that succeeded returned."""
    assert isinstance(result, Applied), result
    return result.value


def form(world: World, manager_count: int, worker_count: int = 0) -> list[str]:
    """Managers m1, m2, ... and workers w1, ... of one swarm; returns once all have joined and a leader acts."""
    managers = [f"m{number + 1}" for number in range(manager_count)]
    workers = [f"w{number + 1}" for number in range(worker_count)]
    for name in managers + workers:
        world.add_machine(name)
        world.power_on(name, boot_ns=0)
    world.run_until(0)
    first = world.machine(managers[0]).address
    value_of(ask(world, managers[0], InitSwarm(advertise=first)))
    (cluster,) = value_of(ask(world, managers[0], ListObjects(Kind.CLUSTER)))
    assert isinstance(cluster, Cluster)
    for name in managers[1:] + workers:
        token = cluster.tokens.manager if name in managers else cluster.tokens.worker
        value_of(ask(world, name, JoinSwarm(world.machine(name).address, (first,), token)))
    world.run_for(2 * SECOND)
    assert world.leader() is not None
    return managers + workers


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
