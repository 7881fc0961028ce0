"""What a host tells of its swarm by itself."""

from typing import Any

from served import bare

from core.ids import Address
from core.operations import InitSwarm, JoinSwarm
from core.raft.effects import Applied, Result
from core.timing import SECOND
from swarmsim.api.host import ApiHost, OwnPace
from swarmsim.api.info import swarm_of
from swarmsim.serve.cluster import start


def test_a_host_that_has_just_joined_as_a_manager_is_one() -> None:
    """Clients ask what it became as soon as it has joined, when it has not heard yet what its swarm is."""
    world = start(bare(2), 1, 0, lambda text: None)
    addresses = [Address(world.address(host)) for host in ("m1", "m2")]
    world.submit("m1", InitSwarm(addresses[0]), lambda result: None)
    world.run_until(world.now_ns + 2 * SECOND)
    founded = world.store("m1")
    assert founded is not None
    assert founded.cluster is not None
    joined = ApiHost(world, "m2", OwnPace())
    seen: list[Any] = []

    def answered(result: Result) -> None:
        assert isinstance(result, Applied)
        seen.append(swarm_of(joined))

    world.submit("m2", JoinSwarm(addresses[1], (addresses[0],), founded.cluster.tokens.manager), answered)
    world.run_until(world.now_ns + 2 * SECOND)
    seen.append(swarm_of(joined))
    assert [(swarm["ControlAvailable"], "Cluster" in swarm) for swarm in seen] == [(True, False), (True, True)]
