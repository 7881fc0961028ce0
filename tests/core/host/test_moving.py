"""Hosts that come back at another address: they say so to the leader, and everybody follows."""

import pytest
from swarm import Swarm, formed

from core.events import HostDescribed
from core.ids import Address
from core.objects.config import ConfigSpec
from core.objects.node import Node, NodeState
from core.operations import CreateConfig, ListObjects
from core.operations import Kind as Table
from core.raft.members import Member
from core.timing import MS, SECOND


def node_of(swarm: Swarm, name: str) -> Node:
    return swarm.nodes(swarm.leader())[swarm.host(name).node_id]


def member_of(swarm: Swarm, by: str, name: str) -> Member:
    raft = swarm.host(by).machines.raft
    assert raft is not None
    raft_id = swarm.host(name).membership.identity.raft_id
    return next(member for member in raft.members if member.id == raft_id)


def is_known_at(swarm: Swarm, name: str) -> bool:
    """Whether the swarm reaches a host where it is now."""
    machine, node = swarm.world.machine(name), node_of(swarm, name)
    manager_is = node.manager is None or node.manager.address == machine.address
    return node.status.state is NodeState.READY and node.status.address == machine.ip and manager_is


def all_know(swarm: Swarm, name: str) -> bool:
    """Whether every manager's Raft member has a manager where it is now."""
    address = swarm.world.machine(name).address
    return all(member_of(swarm, by, name).address == address for by in ("m1", "m2", "m3"))


def test_a_worker_keeps_its_node() -> None:
    swarm = formed(3, 1)
    node_id, before = swarm.host("w1").node_id, swarm.world.machine("w1").address
    swarm.world.move("w1")
    swarm.until(lambda: swarm.world.machine("w1").daemon is not None, "it does not boot")
    assert swarm.world.machine("w1").address != before
    swarm.until(lambda: is_known_at(swarm, "w1"), "nobody knows where it is")
    assert swarm.host("w1").node_id == node_id
    assert swarm.host("w1").membership.identity.address == swarm.world.machine("w1").address


@pytest.mark.parametrize("leads", [True, False])
def test_a_manager_stays_the_member_that_it_is(leads: bool) -> None:
    swarm = formed(3, 1)
    leader = swarm.leader()
    name = leader if leads else next(other for other in ("m1", "m2", "m3") if other != leader)
    raft_id = swarm.host(name).membership.identity.raft_id
    swarm.world.move(name)
    swarm.until(lambda: swarm.world.machine(name).daemon is not None, "it does not boot")
    swarm.until(lambda: swarm.world.leader() is not None, "nobody leads")
    swarm.until(lambda: is_known_at(swarm, name) and all_know(swarm, name), "not all know where it is")
    assert swarm.host(name).membership.identity.raft_id == raft_id
    # Its vote counts: without one of the others there is still a majority.
    other = next(other for other in ("m1", "m2", "m3") if other != name)
    swarm.world.kill(other)
    swarm.until(lambda: swarm.world.leader() not in (None, other), "nobody leads")
    swarm.done(name, CreateConfig(ConfigSpec("after", b"x")))


def test_every_manager_moves_one_after_the_other() -> None:
    swarm = formed(3, 2)
    for name in ("m1", "m2", "m3"):
        swarm.world.move(name)
        swarm.until(lambda name=name: swarm.world.machine(name).daemon is not None, "it does not boot")
        swarm.until(lambda: swarm.world.leader() is not None, "nobody leads")
        swarm.until(lambda name=name: is_known_at(swarm, name) and all_know(swarm, name), "not all know where it is")
    swarm.until(lambda: is_known_at(swarm, "w1") and is_known_at(swarm, "w2"), "the workers do not follow")
    managers = {manager.address for manager in swarm.host("w1").membership.identity.managers}
    assert managers == {swarm.world.machine(name).address for name in ("m1", "m2", "m3")}


def test_a_driver_may_say_so_while_the_host_runs() -> None:
    swarm = formed(3, 1)
    swarm.world.run_for(SECOND)
    machine = swarm.world.machine("w1")
    agent = swarm.host("w1").machines.agent
    assert agent is not None
    session = agent.session_id
    assert machine.daemon is not None
    machine.daemon.deliver(HostDescribed(machine.description(), Address("198.18.9.9:2377")))
    swarm.until(lambda: node_of(swarm, "w1").status.address == "198.18.9.9", "the leader was not told")
    assert agent.session_id != session


@pytest.mark.parametrize("address", ["", "same"])
def test_nothing_is_written_of_an_address_that_is_the_same_or_not_told(address: str) -> None:
    swarm = formed(1)
    machine, identity = swarm.world.machine("m1"), swarm.host("m1").membership.identity
    assert machine.daemon is not None
    machine.daemon.deliver(HostDescribed(machine.description(), machine.address if address else Address("")))
    assert swarm.host("m1").membership.identity is identity


def test_a_host_in_no_swarm_has_nobody_to_tell() -> None:
    swarm = Swarm("x1")
    identity = swarm.host("x1").membership.identity
    swarm.world.move("x1")
    swarm.world.run_for(5 * SECOND)
    assert swarm.host("x1").membership.identity == identity


def test_a_worker_that_was_away_finds_managers_that_have_moved() -> None:
    """All but one of the managers that it knows are elsewhere."""
    swarm = formed(3, 1)
    swarm.world.kill("w1")
    for name in ("m1", "m2"):
        swarm.world.move(name)
        swarm.until(lambda name=name: swarm.world.machine(name).daemon is not None, "it does not boot")
        swarm.until(lambda: swarm.world.leader() is not None, "nobody leads")
        swarm.until(lambda name=name: is_known_at(swarm, name) and all_know(swarm, name), "not all know where it is")
    swarm.world.power_on("w1")
    swarm.until(lambda: swarm.world.machine("w1").daemon is not None, "it does not boot")
    swarm.world.run_for(100 * MS)
    swarm.until(lambda: node_of(swarm, "w1").status.state is NodeState.READY, "it finds nobody")
    assert len(swarm.done(swarm.leader(), ListObjects(Table.NODE))) == 4


@pytest.mark.parametrize("stays", ["m1", "m2", "m3"])
def test_a_majority_may_move_at_once_if_one_stays(stays: str) -> None:
    """Whoever moved finds the one that stayed, which answers where it hears them."""
    swarm = formed(3, 1)
    swarm.world.run_for(SECOND)
    moved = [name for name in ("m1", "m2", "m3") if name != stays]
    for name in moved:
        swarm.world.move(name)
    swarm.world.run_for(5 * SECOND)
    swarm.until(lambda: swarm.world.leader() is not None, "nobody leads")
    for name in moved:
        swarm.until(lambda name=name: is_known_at(swarm, name) and all_know(swarm, name), "not all know where it is")
