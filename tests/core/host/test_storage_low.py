"""A host whose disk was nearly full before it was any manager leads no sooner than one that found out later."""

import pytest
from msgspec.structs import replace
from swarm import Swarm, formed

from core.objects.node import Role
from core.operations import Inspect, Kind, UpdateNode
from core.timing import SECOND


def set_full(swarm: Swarm, name: str, full: bool) -> None:
    machine = swarm.world.machine(name)
    (machine.disk.fill if full else machine.disk.empty)()
    assert machine.daemon is not None
    machine.disk.warn_if_low(machine.daemon.deliver)


def promote(swarm: Swarm, name: str) -> None:
    node = swarm.done("m1", Inspect(Kind.NODE, name))
    swarm.done("m1", UpdateNode(node.id, node.version, replace(node.spec, role=Role.MANAGER)))
    swarm.until(lambda: swarm.voter_count(name) == 3, "it was not promoted")


def leader_after_the_loss_of_m1(swarm: Swarm) -> str:
    swarm.until(lambda: swarm.leader() == "m1", "m1 does not lead")
    swarm.world.kill("m1")
    swarm.world.run_for(3 * SECOND)
    return swarm.leader()


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_worker_with_a_full_disk_that_is_promoted_lets_others_go_first(seed: int) -> None:
    swarm = formed(2, 1, seed=seed)
    set_full(swarm, "w1", full=True)
    promote(swarm, "w1")
    assert leader_after_the_loss_of_m1(swarm) == "m2"


def test_a_disk_that_was_emptied_before_the_promotion_is_no_reason() -> None:
    leaders = set()
    for seed in range(1, 9):
        swarm = formed(2, 1, seed=seed)
        set_full(swarm, "w1", full=True)
        set_full(swarm, "w1", full=False)
        promote(swarm, "w1")
        leaders.add(leader_after_the_loss_of_m1(swarm))
    assert leaders == {"m2", "w1"}
