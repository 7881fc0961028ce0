"""What a large swarm costs the simulator, and how that grows: hosts and tasks deployed to convergence, then updated.

A swarm of 100 hosts is given 1,000 tasks, in services of 100 tasks that each have an overlay network; when all run and
nobody tells of routes any more, all services are updated at once, `PARALLELISM` slots at a time. With `--hosts` a
larger swarm follows, with ten tasks for each host, and the ratio of the two: near the ratio of the hosts is the aim.
With `--network one` all services are on one network, so that each host has to know every task: hosts times tasks
entries, whatever one does. CPU seconds of this process for each phase, the longest single step of a host, and the
peak of memory.
"""

import argparse
import resource
from collections.abc import Callable
from math import log
from time import process_time

from longest_step import LONGEST_STEP, Stopwatch, answer, running_count, swarm
from msgspec import Struct
from msgspec.structs import replace
from targets import Target

from core.host import Host
from core.ids import NetworkId
from core.objects.network import NetworkSpec, Subnet
from core.objects.service import Replicated, Service, ServiceSpec, UpdateConfig, UpdateState
from core.objects.task import ContainerSpec, NetworkTarget, TaskSpec
from core.operations import CreateNetwork, CreateService, Operation, UpdateService
from core.raft.effects import Applied, Result
from core.store import Store
from core.timing import MS, SECOND
from sim.world import World

SMALL, TASKS_PER_HOST, SERVICE_SIZE, PARALLELISM = 100, 10, 100, 20
DEPLOYED = Target(60, "s")
MEMORY = Target(2048, "MiB")
PATIENCE_S = 600
"""Simulated seconds that a phase may take."""


class Cost(Struct, frozen=True):
    """Of one phase: CPU and simulated seconds, steps of hosts, and the longest in milliseconds with its event."""

    cpu_s: float
    simulated_s: float
    step_count: int
    longest: tuple[float, str]


class Run:
    """One swarm and its services, each phase measured and printed."""

    def __init__(self, host_count: int, one_network: bool) -> None:
        self._network_count = 1 if one_network else host_count * TASKS_PER_HOST // SERVICE_SIZE
        self.task_count = host_count * TASKS_PER_HOST
        self.stopwatch = Stopwatch()
        self.costs: dict[str, Cost] = {}
        self._world: World
        print(f"{host_count:,} hosts, {self.task_count:,} tasks", flush=True)
        self._measure("formed", lambda: self._form(host_count))
        self._measure("deployed", self._deploy)
        self._measure("updated", self._update)

    def _measure(self, name: str, act: Callable[[], None]) -> None:
        begun_at, begun_s = process_time(), self._world.now / SECOND if self.costs else 0.0
        step_count = self.stopwatch.step_count
        act()
        self.costs[name] = cost = Cost(
            process_time() - begun_at,
            self._world.now / SECOND - begun_s,
            self.stopwatch.step_count - step_count,
            self.stopwatch.read()[0],
        )
        print(
            f"  {name:9} {cost.cpu_s:8.1f} s CPU {cost.simulated_s:6.0f} s simulated {cost.step_count:11,} steps,"
            f" longest {cost.longest[0]:.1f} ms in {cost.longest[1]}",
            flush=True,
        )

    def _form(self, host_count: int) -> None:
        self._world = swarm(self.stopwatch, host_count - 3)

    def _deploy(self) -> None:
        update = UpdateConfig(parallelism=PARALLELISM, monitor_ns=SECOND)
        networks: list[NetworkId] = []
        for number in range(self._network_count):
            network = NetworkSpec(f"n{number}", subnets=(Subnet(f"10.{64 + number}.0.0/16"),))
            networks.append(answer(self._world, CreateNetwork(network)))
        for number in range(self.task_count // SERVICE_SIZE):
            target = NetworkTarget(networks[number % self._network_count])
            task = TaskSpec(ContainerSpec("image:1"), networks=(target,))
            spec = ServiceSpec(f"s{number}", task, mode=Replicated(SERVICE_SIZE), update=update)
            self._ask(CreateService(spec))
        self._rest(lambda store: True)

    def _update(self) -> None:
        for service in list(store_of(self._world).services.values()):
            task = replace(service.spec.task, container=ContainerSpec("image:2"))
            self._ask(UpdateService(service.id, service.version, replace(service.spec, task=task)))
        self._rest(lambda store: all(map(is_updated, store.services.values())))

    def _ask(self, operation: Operation) -> None:
        """Without waiting for the answer, which must be good when it comes; little later than what was asked before."""
        self._world.request("m1", operation, _accepted)
        self._world.run_for(10 * MS)

    def _rest(self, reached: Callable[[Store], bool]) -> None:
        """Until it is so, all tasks run and nobody told of routes for a second."""
        rested, begun_at = False, self._world.now
        while not rested:
            told_count = self.stopwatch.route_count
            self._world.run_for(SECOND)
            rested = running_count(self._world) == self.task_count and self.stopwatch.route_count == told_count
            rested = rested and reached(store_of(self._world))
            assert self._world.now - begun_at < PATIENCE_S * SECOND, "not at rest in time"


def _accepted(result: Result) -> None:
    assert isinstance(result, Applied), result


def store_of(world: World) -> Store:
    """The leader's."""
    leader = world.leader()
    assert leader is not None
    host = world.host(leader)
    assert isinstance(host, Host)
    assert host.store is not None
    return host.store


def is_updated(service: Service) -> bool:
    """Whether its update has come to its end."""
    return service.update_status is not None and service.update_status.state is UpdateState.COMPLETED


def peak_mib() -> float:
    """Of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=SMALL, help="of the large swarm, 1,000 for the target")
    parser.add_argument("--network", choices=("each", "one"), default="each", help="one of its own for each service")
    arguments = parser.parse_args()
    host_count: int = arguments.hosts
    one_network = arguments.network == "one"
    runs = {SMALL: Run(SMALL, one_network)}
    print(f"  peak of memory {peak_mib():,.0f} MiB")
    if host_count > SMALL:
        runs[host_count] = Run(host_count, one_network)
        growth(runs[SMALL], runs[host_count], host_count / SMALL)
    largest = runs[host_count]
    print(LONGEST_STEP.verdict("longest step", max(cost.longest[0] for cost in largest.costs.values())))
    print(DEPLOYED.verdict("formed and deployed, CPU", largest.costs["formed"].cpu_s + largest.costs["deployed"].cpu_s))
    print(MEMORY.verdict("peak of memory", peak_mib()))


def growth(small: Run, large: Run, ratio: float) -> None:
    """How many times as much CPU the large swarm took, phase by phase, beside n log n."""
    most = ratio * log(ratio * SMALL) / log(SMALL)
    for name, cost in large.costs.items():
        print(Target(most, "times").verdict(f"{name}, growth of CPU", cost.cpu_s / small.costs[name].cpu_s))


if __name__ == "__main__":
    main()
