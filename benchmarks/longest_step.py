"""The longest single step of a host while a swarm is given 10,000 tasks, loses a worker, and then its leader.

No step may take longer than a tenth of the shortest election timeout (30 ms in the `lan` profile), or a host that is
busy looks like one that is dead. CPU time of `Host.step` in a simulated swarm. Load `mixed`: half of its tasks are of
one service, half of services of 100 tasks each, which are all on one overlay network. Load `one`: all tasks are of one
service on one overlay network, so that every host is to know every task. A phase is at rest when all tasks run and
nothing was told of routes for a second. Python's garbage collections are told apart: here they go through what all
hosts have made.
"""

import argparse
import gc
from collections.abc import Callable
from time import process_time_ns
from typing import Any

from targets import Target

from core.effects import Effect
from core.events import Event
from core.host import Host, HostConfig
from core.ids import NetworkId, NodeId
from core.mesh.afresh import afresh
from core.mesh.routes import RouteTable
from core.objects.cluster import Cluster
from core.objects.network import NetworkSpec, Subnet
from core.objects.service import Replicated, ServiceSpec
from core.objects.task import ContainerSpec, NetworkTarget, TaskSpec, TaskState
from core.operations import CreateNetwork, CreateService, InitSwarm, Inspect, JoinSwarm, Kind, Operation
from core.raft.config import RaftConfig
from core.raft.effects import Applied, Leading, Result
from core.timing import LAN, MS, SECOND
from sim.hosts import Start, recover_swarm_host
from sim.images import Catalogue
from sim.observer import Observation
from sim.world import World, WorldConfig

LONGEST_STEP = Target(LAN.raft.election_min_ns / MS / 10, "ms")
LEAST_S, SETTLE_S = 10, 60
"""Simulated seconds that the swarm gets for each phase, at least and at most."""


class Stopwatch:
    """Knows the longest step of each kind of event since it was last read."""

    def __init__(self) -> None:
        self._longest_ns: dict[str, int] = {}
        self.step_count = 0
        self.elected: list[str] = []
        """Hosts that have become leaders."""
        self.route_count = 0
        """Messages about routes that hosts received."""
        self._collection_begun_at = 0
        self._collected_ns = 0
        """Spent on collections in the step under way."""
        self.longest_collection_ns = 0
        gc.callbacks.append(self._on_collection)

    def _on_collection(self, moment: str, info: dict[str, int]) -> None:
        if moment == "start":
            self._collection_begun_at = process_time_ns()
            return
        took_ns = process_time_ns() - self._collection_begun_at
        self._collected_ns += took_ns
        self.longest_collection_ns = max(self.longest_collection_ns, took_ns)

    def watch(self, start: Start) -> Host:
        """A host whose steps are timed; takes the place of `recover_swarm_host`."""
        host = recover_swarm_host(start)
        assert isinstance(host, Host)
        step = host.step

        def timed(now: int, event: Event) -> list[Effect]:
            self._collected_ns = 0
            begun_at = process_time_ns()
            effects = step(now, event)
            self._note(_name(event), process_time_ns() - begun_at - self._collected_ns)
            return effects

        host.step = timed  # type: ignore[method-assign]
        return host

    def on_fact(self, observation: Observation) -> None:
        """A host tells something."""
        if isinstance(observation.fact, Leading):
            self.elected.append(observation.host)

    def _note(self, name: str, took_ns: int) -> None:
        self.step_count += 1
        self.route_count += name == "Received Routes"
        if took_ns > self._longest_ns.get(name, 0):
            self._longest_ns[name] = took_ns

    def read(self) -> list[tuple[float, str]]:
        """Milliseconds and event, longest first; and begin afresh."""
        longest = sorted(((took_ns / MS, name) for name, took_ns in self._longest_ns.items()), reverse=True)
        self._longest_ns = {}
        return longest


def _name(event: Event) -> str:
    message: Any = getattr(event, "message", None)
    return type(event).__name__ if message is None else f"Received {type(message).__name__}"


def swarm(stopwatch: Stopwatch, worker_count: int) -> World:
    """Three managers and some workers."""
    settings = HostConfig(LAN, RaftConfig(NodeId(""), LAN.raft))
    world = World(WorldConfig(settings=settings, images=Catalogue(lenient=True)), 1, stopwatch.watch)
    managers, workers = ["m1", "m2", "m3"], [f"w{number + 1}" for number in range(worker_count)]
    for name in managers + workers:
        world.add_machine(name)
        world.power_on(name, boot_ns=0)
    world.observer.on_fact(stopwatch.on_fact)
    world.run_for(0)
    founder = world.machine("m1").address
    answer(world, InitSwarm(founder))
    cluster = answer(world, Inspect(Kind.CLUSTER, "default"))
    assert isinstance(cluster, Cluster)
    for name in managers[1:]:
        answer(world, JoinSwarm(world.machine(name).address, (founder,), cluster.tokens.manager), name)
    joined: list[Result] = []
    for name in workers:
        world.request(name, JoinSwarm(world.machine(name).address, (founder,), cluster.tokens.worker), joined.append)
        world.run_for(10 * MS)
    world.run_for(5 * SECOND)
    assert len(joined) == worker_count, f"only {len(joined)} workers have joined"
    assert all(isinstance(result, Applied) for result in joined), joined
    return world


def answer(world: World, operation: Operation, host: str = "m1") -> Any:
    """The value of an operation that succeeds within ten simulated seconds."""
    answers: list[Result] = []
    world.request(host, operation, answers.append)
    for _ in range(100):
        if not answers:
            world.run_for(100 * MS)
    (result,) = answers
    assert isinstance(result, Applied), result
    return result.value


def create(world: World, specs: list[ServiceSpec]) -> None:
    """Create services, one right after the other."""
    for spec in specs:
        answer(world, CreateService(spec))


def running_count(world: World) -> int:
    """Tasks that the leader's store shows as running and wanted."""
    leader = world.leader()
    host = world.host(leader) if leader is not None else None
    assert host is None or isinstance(host, Host)
    if host is None or host.store is None:
        return 0
    tasks = host.store.tasks.values()
    return sum(task.status.state is TaskState.RUNNING is task.desired_state for task in tasks)


def phase(world: World, stopwatch: Stopwatch, title: str, act: Callable[[], object], task_count: int) -> float:
    """Do something, wait until the swarm is at rest, and print the longest steps; the longest in milliseconds."""
    stopwatch.read()
    begun_at, leader = world.now, str(world.leader())
    stopwatch.elected.clear()
    act()
    rested = False
    while not rested or world.now - begun_at < LEAST_S * SECOND:
        told_count = stopwatch.route_count
        world.run_for(1 * SECOND)
        rested = running_count(world) >= task_count and stopwatch.route_count == told_count
        if world.now - begun_at >= SETTLE_S * SECOND:
            break
    seconds = (world.now - begun_at) // SECOND
    state = "at rest" if rested else f"NOT AT REST ({running_count(world):,} running)"
    if rested:
        check_tables(world)
    longest = stopwatch.read()
    shown = ", ".join(f"{took_ms:.1f} ms in {name}" for took_ms, name in longest[:4])
    leaders = " then ".join([leader, *stopwatch.elected])
    print(f"{title}: {state} after {seconds} s, led by {leaders}: {shown}", flush=True)
    return longest[0][0]


def check_tables(world: World) -> None:
    """The leader's host forwards by the table computed afresh, and whoever is on as many networks by one as large."""
    leader = world.leader()
    host = world.host(leader) if leader is not None else None
    assert isinstance(host, Host)
    assert host.store is not None
    own = afresh(host.store, host.node_id)
    assert world.machine(str(leader)).data_plane.tables.records == own
    for machine in world.machines.values():
        table = machine.data_plane.tables.records
        if machine.powered and _network_count(table) == _network_count(own):
            assert len(table) == len(own), machine.name


def _network_count(table: RouteTable) -> int:
    return sum(key[0] == "network" for key in table)


def services(load: str, count: int, network_id: NetworkId) -> list[ServiceSpec]:
    """What the swarm is given to run: `count` tasks."""
    networked = TaskSpec(ContainerSpec("image"), networks=(NetworkTarget(network_id),))
    if load == "one":
        return [ServiceSpec("one", networked, mode=Replicated(count))]
    alone = ServiceSpec("many", TaskSpec(ContainerSpec("image")), mode=Replicated(count // 2))
    return [alone] + [ServiceSpec(f"s{n}", networked, mode=Replicated(100)) for n in range(count // 200)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=60)
    parser.add_argument("--load", choices=("mixed", "one"), default="mixed")
    arguments = parser.parse_args()
    count: int = arguments.tasks
    stopwatch = Stopwatch()
    world = swarm(stopwatch, arguments.workers)
    network_id = answer(world, CreateNetwork(NetworkSpec("large", subnets=(Subnet("10.64.0.0/10"),))))
    specs = services(arguments.load, count, network_id)
    leader = world.leader()
    assert leader is not None
    longest = [
        phase(world, stopwatch, f"{count:,} tasks created", lambda: create(world, specs), count),
        phase(world, stopwatch, "a worker lost", lambda: world.kill("w1"), count),
        phase(world, stopwatch, "the leader lost", lambda: world.kill(leader), count),
    ]
    print(f"longest garbage collection, of all hosts at once: {stopwatch.longest_collection_ns / MS:.1f} ms")
    print(LONGEST_STEP.verdict(f"longest of {stopwatch.step_count:,} steps", max(longest)))


if __name__ == "__main__":
    main()
