"""Whole swarms of real hosts in the simulated world: they repeat exactly, fail over, and serve through their mesh."""

import os
import subprocess
import sys
from collections import Counter

import pytest
from repository import ROOT
from simulated import any_host_with_power
from swarm import Swarm, TraceDigest, formed, names_of

from core.codec import wire
from core.ids import NetworkId
from core.objects.network import NetworkSpec
from core.objects.port import PortConfig
from core.objects.service import EndpointSpec, Replicated, ServiceSpec
from core.objects.task import ContainerSpec, NetworkTarget, TaskSpec
from core.operations import CreateNetwork, CreateService, Kind, ListObjects
from core.timing import SECOND
from core.trials import faults
from core.trials.clients import Outcome, RequestSample, WriteOutcome, WriterSample
from sim.images import Call, Image
from sim.injection import Injector
from sim.traffic import TrafficClient
from sim.world import World
from sim.writers import ConfigWriter

IMAGES = (Image("web", port=80, calls=(Call("cache"),)), Image("cache", port=6379))


def deploy(swarm: Swarm) -> None:
    """Four `web` published on 8080 that call two `cache`."""
    network = NetworkId(swarm.done("m1", CreateNetwork(NetworkSpec("back"))))
    for name, replicas, ports in (("cache", 2, ()), ("web", 4, (PortConfig(80, 8080),))):
        template = TaskSpec(ContainerSpec(name), networks=(NetworkTarget(network),))
        spec = ServiceSpec(name, template, mode=Replicated(replicas), endpoint=EndpointSpec(ports=ports))
        swarm.done("m1", CreateService(spec))
    swarm.world.run_for(5 * SECOND)


def write(world: World, rate_per_s: float) -> list[WriterSample]:
    samples: list[WriterSample] = []
    rng = world.random("entry")

    def live_manager() -> str | None:
        live = [name for name, machine in world.machines.items() if machine.running and name.startswith("m")]
        return rng.choice(live) if live else None

    ConfigWriter(world, "c", world.random("writer"), live_manager, samples.append, rate_per_s, rate_per_s)
    return samples


def eventful_digest(seed: int) -> str:
    """Five seconds of a swarm that loses its leader while it deploys and is written to over a bad network."""
    swarm = Swarm(*names_of(3, 2), seed=seed, images=IMAGES)
    world = swarm.world
    digest = TraceDigest(world)
    swarm.form()
    write(world, 20)
    injector = Injector(world)
    injector.start(faults.Loss(0.05))
    injector.start(faults.Reorder(0.05))
    injector.start(faults.Duplicate(0.05))
    deploy(swarm)
    leader = swarm.leader()
    injector.start(faults.Kill((leader,)))
    world.run_for(3 * SECOND)
    injector.start(faults.Restart((leader,)))
    world.run_for(5 * SECOND)
    assert digest.step_count > 3000
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_steps_and_another_seed_others() -> None:
    first = eventful_digest(1)
    assert eventful_digest(1) == first
    assert eventful_digest(2) != first


def test_a_run_does_not_depend_on_the_order_of_hashes() -> None:
    script = "import test_swarm; print(test_swarm.eventful_digest(3))"
    path = os.pathsep.join(str(ROOT / folder) for folder in (".", "tests/support", "tests/sim"))
    digests = []
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": hash_seed}
        run = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        digests.append(run.stdout.strip())
    assert digests[0] == digests[1] != ""


def test_a_swarm_forms_serves_and_recovers_with_every_message_and_record_encoded() -> None:
    swarm = formed(3, 2, images=IMAGES, codec=wire)
    world = swarm.world
    deploy(swarm)
    for name in world.machines:
        world.restart(name)
    world.run_for(10 * SECOND)
    samples: list[RequestSample] = []
    TrafficClient(world, 8080, 50, any_host_with_power(world, world.random("clients")), samples.append)
    world.run_for(3 * SECOND)
    assert Counter(sample.outcome for sample in samples) == {Outcome.OK: len(samples)}


def test_a_swarm_loses_its_leader_and_goes_on() -> None:
    swarm = formed(5)
    world = swarm.world
    samples = write(world, 20)
    world.run_for(5 * SECOND)
    leader = swarm.leader()
    killed_at = world.now
    Injector(world).start(faults.Kill((leader,)))
    world.run_for(10 * SECOND)
    assert world.leader() not in (None, leader)
    late = [sample for sample in samples if sample.started_at > killed_at + 2 * SECOND]
    assert late
    assert {sample.outcome for sample in late} == {WriteOutcome.ACKNOWLEDGED}
    written = [s.key for s in samples if s.kind == "write" and s.outcome is WriteOutcome.ACKNOWLEDGED]
    keys = {config.spec.name for config in swarm.done(swarm.leader(), ListObjects(Kind.CONFIG))}
    assert [key for key in written if key not in keys] == []


def test_a_swarm_without_a_quorum_refuses_within_a_second() -> None:
    world = formed(3).world
    Injector(world).start(faults.Kill(("m2", "m3")))
    world.run_for(2 * SECOND)
    samples = write(world, 5)
    world.run_for(5 * SECOND)
    writes = [sample for sample in samples if sample.kind == "write"]
    assert len(writes) > 10
    assert {sample.outcome for sample in writes} == {WriteOutcome.REFUSED}
    assert all(sample.ended_at - sample.started_at <= SECOND + SECOND // 10 for sample in writes)


@pytest.mark.parametrize("seed", [1, 2])
def test_requests_go_through_the_mesh_and_on_after_the_loss_of_two_managers(seed: int) -> None:
    swarm = formed(5, 4, seed=seed, images=IMAGES)
    world = swarm.world
    deploy(swarm)
    samples: list[RequestSample] = []
    TrafficClient(world, 8080, 100, any_host_with_power(world, world.random("clients")), samples.append)
    world.run_for(5 * SECOND)
    assert Counter(sample.outcome for sample in samples) == {Outcome.OK: len(samples)}
    assert {sample.host for sample in samples} == set(world.machines)
    leader = swarm.leader()
    other = next(name for name in ("m1", "m2") if name != leader)
    killed_at = world.now
    Injector(world).start(faults.Kill((leader, other)))
    world.run_for(15 * SECOND)
    late = [sample for sample in samples if sample.started_at > killed_at + 6 * SECOND]
    assert Counter(sample.outcome for sample in late) == {Outcome.OK: len(late)}
