"""A data plane that does nothing, or does not say what it has done: nothing is taken for done.

Nobody waits for it for ever, and what it may forward by is nobody else's.
"""

from swarm import Swarm, three_managers

from core.facts import RoutesAcknowledged
from core.objects.network import NetworkSpec
from core.objects.port import PortConfig
from core.objects.service import EndpointSpec, Replicated, ServiceSpec
from core.objects.task import ContainerSpec, NetworkTarget, TaskSpec
from core.operations import CreateNetwork, CreateService, Kind, LeaveSwarm, Remove
from core.route_order import REPEAT_NS
from core.timing import LAN, SECOND
from sim.dataplane import DataPlane


def serving_swarm() -> tuple[Swarm, DataPlane]:
    """Running tasks on every host, and the data plane of the worker."""
    swarm = three_managers()
    template = TaskSpec(ContainerSpec("image", stop_grace_period_ns=SECOND))
    published = EndpointSpec(ports=(PortConfig(80, 8080),))
    swarm.done("m1", CreateService(ServiceSpec("web", template, mode=Replicated(4), endpoint=published)))
    swarm.until(lambda: len(running(swarm)) == 4, "not all tasks run")
    swarm.world.run_for(2 * SECOND)
    return swarm, swarm.world.machine("w1").data_plane


def running(swarm: Swarm) -> list[str]:
    containers = [each for name in swarm.world.machines for each in swarm.world.containers(name)]
    return [each.task_id for each in containers if each.running]


def versions_acknowledged(swarm: Swarm, name: str) -> list[int]:
    """The versions that the leader comes to believe this host's data plane carries, from here on; the list grows."""
    node_id = swarm.host(name).membership.identity.node_id
    versions: list[int] = []

    def note(seen: object) -> None:
        fact = getattr(seen, "fact", None)
        if isinstance(fact, RoutesAcknowledged) and fact.node_id == node_id:
            versions.append(fact.version)

    swarm.world.observer.on_fact(note)
    return versions


def test_stops_do_not_wait_for_it_longer_than_the_timeout_and_it_is_believed_nothing() -> None:
    swarm, plane = serving_swarm()
    versions = versions_acknowledged(swarm, "w1")
    plane.mute = True
    swarm.done("m1", Remove(Kind.SERVICE, "web"))
    swarm.world.run_for(LAN.drain_ack_timeout_ns + LAN.drain_grace_ns)
    assert len(running(swarm)) == 4
    swarm.world.run_for(2 * SECOND)
    assert running(swarm) == []
    assert versions == []
    plane.mute = False
    swarm.world.run_for(REPEAT_NS + SECOND)
    assert versions, "told again, it says that it is done"


def test_what_it_forwards_by_is_nobody_elses_whoever_leads() -> None:
    """A load balancer's address, though the host has no task on the network any more."""
    swarm, plane = swarm_with_load_balancers()
    held = balancers(swarm)
    assert sorted(held) == ["m1", "m2", "m3", "w1"]
    plane.fails = True
    swarm.done("m1", Remove(Kind.SERVICE, "web"))
    swarm.until(lambda: sorted(balancers(swarm)) == ["w1"], "the other hosts have left the network")
    leader = swarm.leader()
    swarm.world.kill(leader)
    swarm.world.run_for(5 * SECOND)
    swarm.world.restart(leader)
    swarm.world.run_for(5 * SECOND)
    assert balancers(swarm) == {"w1": held["w1"]}
    plane.fails = False
    swarm.until(lambda: not balancers(swarm), "its data plane has left the network")


def swarm_with_load_balancers() -> tuple[Swarm, DataPlane]:
    """As above, with the tasks on a network of the user's."""
    swarm = three_managers()
    network_id = swarm.done("m1", CreateNetwork(NetworkSpec("front")))
    template = TaskSpec(ContainerSpec("image", stop_grace_period_ns=SECOND), networks=(NetworkTarget(network_id),))
    swarm.done("m1", CreateService(ServiceSpec("web", template, mode=Replicated(4))))
    swarm.until(lambda: len(running(swarm)) == 4, "not all tasks run")
    swarm.world.run_for(2 * SECOND)
    return swarm, swarm.world.machine("w1").data_plane


def balancers(swarm: Swarm) -> dict[str, str]:
    """The hosts that hold an address on another network than ingress."""
    nodes = swarm.nodes(swarm.leader())
    names = {swarm.host(name).membership.identity.node_id: name for name in swarm.world.machines}
    return {names[node.id]: node.attachments[1].address for node in nodes.values() if len(node.attachments) > 1}


def test_sessions_that_come_and_go_leave_it_one_order_at_most() -> None:
    swarm, plane = serving_swarm()
    versions = versions_acknowledged(swarm, "w1")
    plane.extra_ns = 3600 * SECOND
    order_counts = set()
    for _ in range(3):
        leader = swarm.leader()
        swarm.world.kill(leader)
        swarm.world.run_for(10 * SECOND)
        order_counts.add(len(plane._queue))
        swarm.world.restart(leader)
        swarm.world.run_for(10 * SECOND)
    assert order_counts == {1}
    assert versions == []


def test_a_host_that_left_orders_again_until_it_hears_that_it_forwards_nothing() -> None:
    swarm, plane = serving_swarm()
    plane.mute = True
    swarm.done("w1", LeaveSwarm())
    swarm.world.run_for(2 * REPEAT_NS)
    assert swarm.host("w1").deadline() is not None
    plane.mute = False
    swarm.world.run_for(2 * REPEAT_NS)
    assert not plane.tables.records
    assert swarm.host("w1").deadline() is None, "and then it rests"
