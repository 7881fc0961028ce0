"""What a swarm shows of its managers as they die and return: whether the leader hears them."""

import pytest
from swarm import Swarm, formed

from core.objects.node import Reachability
from core.timing import DOCKER, LAN, SECOND, Timing

HEARD, LOST = Reachability.REACHABLE, Reachability.UNREACHABLE


def shown(swarm: Swarm) -> dict[str, Reachability]:
    """Of each machine, as the leader's store has it."""
    store = swarm.host(swarm.leader()).store
    assert store is not None
    managers = {name: store.nodes[swarm.host(name).node_id].manager for name in swarm.world.machines}
    return {name: manager.reachability for name, manager in managers.items() if manager is not None}


def a_follower(swarm: Swarm) -> str:
    leader = swarm.leader()
    return next(name for name in swarm.world.machines if name != leader)


def index_of(swarm: Swarm) -> int:
    store = swarm.host(swarm.leader()).store
    assert store is not None
    return store.index


def two_looks_ns(timing: Timing) -> int:
    return 2 * timing.raft.election_max_ns + timing.raft.heartbeat_ns


@pytest.mark.parametrize("timing", [LAN, DOCKER], ids=lambda timing: timing.name)
def test_a_dead_manager_is_unreachable_until_it_returns(timing: Timing) -> None:
    swarm = formed(3, timing=timing)
    follower = a_follower(swarm)
    all_heard = dict.fromkeys(swarm.world.machines, HEARD)
    swarm.world.kill(follower)
    swarm.world.run_for(timing.raft.election_max_ns - 2 * timing.raft.heartbeat_ns)
    assert shown(swarm) == all_heard, "it may yet be heard"
    swarm.world.run_for(two_looks_ns(timing))
    assert shown(swarm) == all_heard | {follower: LOST}
    swarm.world.restart(follower)
    swarm.until(lambda: shown(swarm) == all_heard, "it is called lost for ever")


def test_a_swarm_with_a_dead_manager_comes_to_rest() -> None:
    swarm = formed(3)
    follower = a_follower(swarm)
    swarm.world.kill(follower)
    swarm.world.run_for(10 * SECOND)
    assert shown(swarm)[follower] is LOST
    index = index_of(swarm)
    swarm.world.run_for(60 * SECOND)
    assert index_of(swarm) == index


def test_the_next_leader_says_so_of_the_dead_one_and_of_nobody_else() -> None:
    swarm = formed(3)
    first = swarm.leader()
    swarm.world.kill(first)
    swarm.until(lambda: swarm.world.leader() not in (None, first), "nobody leads")
    began_at = swarm.world.now
    swarm.until(lambda: shown(swarm)[first] is LOST, "nobody notices")
    assert swarm.world.now - began_at >= LAN.raft.election_max_ns - LAN.raft.heartbeat_ns, "it was given no time"
    assert shown(swarm) == dict.fromkeys(swarm.world.machines, HEARD) | {first: LOST}


def test_a_new_leader_takes_back_what_the_one_before_said_of_it() -> None:
    swarm = formed(3)
    first, second = swarm.leader(), a_follower(swarm)
    swarm.world.kill(second)
    swarm.until(lambda: shown(swarm)[second] is LOST, "nobody notices")
    swarm.world.restart(second)
    swarm.until(lambda: swarm.voter_count(second) == 3, "it does not return")
    assert shown(swarm)[second] is LOST, "the first leader is to leave it to the next"
    swarm.world.kill(first)
    swarm.until(lambda: swarm.world.leader() not in (None, first), "nobody leads")
    swarm.until(lambda: shown(swarm)[first] is LOST, "nobody notices")
    assert shown(swarm) == dict.fromkeys(swarm.world.machines, HEARD) | {first: LOST}
