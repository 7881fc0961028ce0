"""How fast simulated time passes for five managers, idle and busy, beside the naive Raft of `naive_raft.py`.

Both have beats of 50 ms and elections of 300 to 600 ms. Ours runs the whole host on simulated disks and network: Raft,
replicated store, agents and their sessions with the dispatcher. It runs three times: bare; with every check of
`swarmsim.checks` looking on twice a simulated second; and with each host asserting its invariants after every step.
Simulated seconds per CPU second; runs alternate, so that what else the machine does hits all alike.
"""

import argparse
import gc
import statistics
from collections.abc import Callable
from time import process_time
from typing import Any

import naive_raft
from msgspec.structs import replace
from targets import Target

from core.objects.cluster import Cluster
from core.objects.config import ConfigSpec
from core.operations import CreateConfig, InitSwarm, Inspect, JoinSwarm, Kind, Operation
from core.raft.effects import Applied, Result
from core.timing import LAN, MS, PROFILES, SECOND
from swarmsim.checks.suite import full_suite
from swarmsim.checks.watch import Watch
from swarmsim.scenario.plan import ClusterPlan
from swarmsim.worlds.simulated import SimulatedWorld

MANAGERS = ("m1", "m2", "m3", "m4", "m5")
BUSY_WRITES_PER_S = 100
CHECKED_RATE = Target(1_000, "simulated s per CPU s", at_least=True)
INVARIANTS_RATIO = Target(1, "times the naive rate", at_least=True)
NAIVE_FLOOR = 400
"""Below this the naive model would be a straw man."""
PROFILES["beats-50ms"] = replace(LAN, name="beats-50ms", raft=replace(LAN.raft, heartbeat_ns=50 * MS))

Advance = Callable[[float], object]
"""Lets this many simulated seconds pass."""


def naive(writes_per_s: int) -> Advance:
    """Five naive peers with a leader, and a client of it."""
    cluster = naive_raft.Cluster(len(MANAGERS), seed=1)

    def client() -> naive_raft.Steps:
        while True:
            yield cluster.env.timeout(1 / writes_per_s)
            leading = [peer for peer in cluster.peers if peer.role == "leader"]
            max(leading, key=lambda peer: peer.term).propose(cluster.env.now)

    cluster.env.run(until=5)
    if writes_per_s:
        cluster.env.process(client())
    return lambda seconds: cluster.env.run(until=cluster.env.now + seconds)


def ours(writes_per_s: int, watch: Callable[[SimulatedWorld], object]) -> Advance:
    """Five managers of one swarm, watched, and a client of the first."""
    world = SimulatedWorld(ClusterPlan(len(MANAGERS), timing="beats-50ms"), (), seed=1)
    watch(world)
    form(world)
    sim = world.sim
    begun_at, count = sim.now, 0

    def write() -> None:
        nonlocal count
        count += 1
        sim.request("m1", CreateConfig(ConfigSpec(f"config-{count}", b"x")), _ignore)
        sim.call_at(begun_at + count * SECOND // writes_per_s, write)

    if writes_per_s:
        write()
    return lambda seconds: sim.run_for(int(seconds * SECOND))


def form(world: SimulatedWorld) -> None:
    """The first manager founds the swarm, the others join it."""
    for name in MANAGERS:
        world.add_host(name)
    world.sim.run_for(0)
    founder = world.sim.machine("m1").address
    answer(world, "m1", InitSwarm(founder))
    cluster = answer(world, "m1", Inspect(Kind.CLUSTER, "default"))
    assert isinstance(cluster, Cluster)
    for name in MANAGERS[1:]:
        answer(world, name, JoinSwarm(world.sim.machine(name).address, (founder,), cluster.tokens.manager))
    world.sim.run_for(10 * SECOND)
    assert len(world.status("m1").voters) == len(MANAGERS), "not all have become voters"


def answer(world: SimulatedWorld, host: str, operation: Operation) -> Any:
    """The value of an operation that succeeds within ten simulated seconds."""
    answers: list[Result] = []
    world.submit(host, operation, answers.append)
    for _ in range(100):
        if not answers:
            world.sim.run_for(100 * MS)
    (result,) = answers
    assert isinstance(result, Applied), result
    return result.value


def nothing(world: SimulatedWorld) -> None:
    """Without any check."""


def checks(world: SimulatedWorld) -> Watch:
    """With every check of the product, sampled."""
    return Watch(world, full_suite(world))


def invariants(world: SimulatedWorld) -> None:
    """With each host's own invariants after each of its steps."""
    machines = world.sim.machines

    def look(at: int, name: str, event: Any, effects: list[Any]) -> None:
        host = machines[name].host
        assert host is not None
        host.check_invariants()

    world.sim.observer.on_step(look)


def _ignore(result: Result) -> None:
    assert isinstance(result, Applied), result


VARIANTS: dict[str, Callable[[int], Advance]] = {
    "naive": naive,
    "ours": lambda rate: ours(rate, nothing),
    "ours, checks sampled": lambda rate: ours(rate, checks),
    "ours, invariants every step": lambda rate: ours(rate, invariants),
}


def rate(advance: Advance, cpu_s: float) -> float:
    """Simulated seconds per CPU second, over at least this much CPU time."""
    simulated_s, begun_at = 0.0, process_time()
    step_s = 0.25
    while (spent_s := process_time() - begun_at) < cpu_s:
        advance(step_s)
        simulated_s += step_s
        step_s = min(2 * step_s, 16.0)
    return simulated_s / spent_s


def compare(title: str, writes_per_s: int, round_count: int, cpu_s: float) -> None:
    """Run all variants in turn, `round_count` times, and print rates and ratios to the naive one."""
    advances = {name: make(writes_per_s) for name, make in VARIANTS.items()}
    rates: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(round_count):
        for name, advance in advances.items():
            gc.collect()
            rates[name].append(rate(advance, cpu_s))
    print(f"{title}: simulated seconds per CPU second, median of {round_count} (ratio to naive: median, range)")
    for name, measured in rates.items():
        ratios = [its / yardstick for its, yardstick in zip(measured, rates["naive"], strict=True)]
        spread = f"{statistics.median(ratios):5.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
        print(f"  {name:28} {statistics.median(measured):8,.0f}   {spread}")
    if not writes_per_s:
        tell_targets({name: statistics.median(measured) for name, measured in rates.items()})


def tell_targets(rates: dict[str, float]) -> None:
    """Whether the idle swarm's medians meet the targets, by variant."""
    if rates["naive"] < NAIVE_FLOOR:
        print(f"  the naive model is below {NAIVE_FLOOR}: this machine is slow or busy, take ratios only")
    print(CHECKED_RATE.verdict("checks sampled", rates["ours, checks sampled"]))
    print(INVARIANTS_RATIO.verdict("invariants every step", rates["ours, invariants every step"] / rates["naive"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu-seconds", type=float, default=1.0, help="per run of one variant")
    arguments = parser.parse_args()
    compare("idle", 0, arguments.rounds, arguments.cpu_seconds)
    title = f"busy, {BUSY_WRITES_PER_S} writes per simulated second"
    compare(title, BUSY_WRITES_PER_S, arguments.rounds, arguments.cpu_seconds)


if __name__ == "__main__":
    main()
