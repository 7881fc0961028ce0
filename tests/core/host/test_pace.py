"""A host is woken for what it can do, and not again and again for what it cannot."""

from msgspec.structs import replace
from swarm import three_managers

from core.objects.node import NodeState, Role
from core.operations import UpdateNode
from core.phases import HostPhase
from core.timing import MS, SECOND
from core.trials.faults import Link, SlowLink
from sim.injection import Injector

WORKERS = tuple(f"v{number}" for number in range(8))


def test_a_leader_that_hands_over_does_not_spin_on_work_its_log_cannot_take() -> None:
    swarm = three_managers()
    for name in WORKERS:
        swarm.world.add_machine(name)
        swarm.world.power_on(name, boot_ns=0)
        swarm.world.run_for(10 * MS)
        swarm.join(name, "m1")
    leader = swarm.leader()
    others = tuple(name for name in ("m1", "m2", "m3") if name != leader)
    Injector(swarm.world).start(
        SlowLink(Link((leader,), others), latency_ns=60 * MS)
    )  # so that handing over takes a while
    node_id = swarm.host(leader).node_id
    node = swarm.nodes(leader)[node_id]
    for name in WORKERS:  # so that meanwhile there is something to write: each is found dead at another moment
        swarm.world.kill(name)
        swarm.world.run_for(50 * MS)
    swarm.world.run_for(500 * MS)
    daemon = swarm.world.machine(leader).daemon
    assert daemon is not None
    before = daemon.step_count
    demotion = UpdateNode(node_id, node.version, replace(node.spec, role=Role.WORKER))
    swarm.world.request(leader, demotion, lambda result: None)
    swarm.world.run_for(2 * SECOND)
    assert daemon.step_count - before < 2_000
    swarm.until(lambda: swarm.host(leader).phase is HostPhase.WORKER, "it was not demoted")
    down = sum(node.status.state is NodeState.DOWN for node in swarm.nodes(others[0]).values())
    assert down, "nothing was found dead meanwhile: this test has nothing to say"
