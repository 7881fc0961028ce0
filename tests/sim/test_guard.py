"""At most a minority of managers is without what its disk had promised to keep, until each has caught up again."""

import pytest
from msgspec.structs import replace
from swarm import Swarm, formed

from core.host import Host
from core.objects.config import ConfigSpec
from core.objects.node import Role
from core.operations import CreateConfig, Inspect, Kind, LeaveSwarm, ListObjects, UpdateNode
from core.timing import SECOND
from core.trials import faults
from sim.facts import FaultRefused
from sim.guard import MinorityGuard
from sim.injection import DisallowedError, Injector


def write_some(swarm: Swarm, name: str, count: int) -> None:
    for number in range(count):
        swarm.done(name, CreateConfig(ConfigSpec(f"{name}-{swarm.world.now}-{number}", b"x")))


def test_a_minority_may_be_hurt_and_a_majority_may_not() -> None:
    guard = MinorityGuard(formed(5, 1).world)
    assert not guard.allows(("m1", "m2", "m3")), "and none of them counts as hurt by that"
    assert guard.allows(("m1",))
    assert guard.allows(("m2",))
    assert not guard.allows(("m3",))
    assert guard.allows(("m1", "w1")), "who is hurt already, or has nothing to lose, makes no difference"


def test_two_managers_cannot_spare_one() -> None:
    assert not MinorityGuard(formed(2).world).allows(("m2",))


def test_who_leaves_by_force_is_missed_until_it_votes_again_or_is_no_voter_any_more() -> None:
    swarm = formed(3)
    world = swarm.world
    guard = MinorityGuard(world)
    leader = swarm.leader()
    first, second = (name for name in world.machines if name != leader)
    left = world.host(first)
    assert isinstance(left, Host)
    node_id = left.node_id
    assert guard.allows((first,))
    swarm.done(first, LeaveSwarm(force=True))
    world.run_for(5 * SECOND)
    assert not guard.allows((second,)), "of three voters one has left"
    node = swarm.done(leader, Inspect(Kind.NODE, node_id))
    spec = replace(node.spec, role=Role.WORKER)
    swarm.done(leader, UpdateNode(node_id, node.version, spec))
    world.run_for(5 * SECOND)
    assert not guard.allows((second,)), "two voters are left, and need each other"


def test_a_host_with_a_damaged_disk_is_hurt_until_it_votes_and_has_caught_up() -> None:
    swarm = formed(3)
    world = swarm.world
    guard = MinorityGuard(world)
    injector = Injector(world, guard)
    refused: list[FaultRefused] = []
    world.observer.on_fact(lambda seen: refused.append(seen.fact) if isinstance(seen.fact, FaultRefused) else None)
    leader = swarm.leader()
    first, second = (name for name in world.machines if name != leader)

    injector.start(faults.CorruptDisk((first,)))
    world.run_for(5 * SECOND)
    with pytest.raises(DisallowedError, match="a majority of managers"):  # the first runs on without knowing
        injector.start(faults.CorruptDisk((second,)))
    injector.start(faults.Restart((first,)))
    write_some(swarm, leader, 5)
    with pytest.raises(DisallowedError, match="a majority of managers"):
        injector.start(faults.CorruptDisk((second,)))
    assert [fact.fault for fact in refused] == 2 * [faults.CorruptDisk((second,))]

    world.run_for(20 * SECOND)
    injector.start(faults.CorruptDisk((second,)))
    injector.start(faults.Restart((second,)))
    world.run_for(20 * SECOND)
    assert len(refused) == 2
    injector.start(faults.CorruptDisk((first,)))
    assert len(swarm.done(second, ListObjects(Kind.CONFIG))) == 5
