"""What operators do to a `swarm.Swarm` in more than one story: ask, be refused, change a role, lock, bring machines."""

from msgspec.structs import replace
from swarm import Swarm

from core.objects.cluster import Cluster
from core.objects.node import Role
from core.operations import ErrorCode, Inspect, Kind, Operation, UpdateCluster, UpdateNode
from core.raft.machine import Rejected
from core.timing import MS, SECOND


def cluster_of(swarm: Swarm, by: str) -> Cluster:
    """The cluster object as a manager answers."""
    cluster: Cluster = swarm.done(by, Inspect(Kind.CLUSTER, "default"))
    return cluster


def refusal(swarm: Swarm, name: str, operation: Operation) -> tuple[ErrorCode, str]:
    """Ask a host for something that the rules forbid; why they do."""
    result = swarm.ask(name, operation)
    assert type(result) is Rejected, result
    return result.error.code, result.error.message


def set_role(swarm: Swarm, by: str, name: str, role: Role) -> None:
    """Have the node of this machine promoted or demoted; it takes a while until it is."""
    node = swarm.done(by, Inspect(Kind.NODE, swarm.host(name).node_id))
    swarm.done(by, UpdateNode(node.id, node.version, replace(node.spec, role=role)))


def set_autolock(swarm: Swarm, by: str, on: bool, rotate: bool = False) -> str:
    """Turn it on or off; the key there is now. All managers that live have heard of it."""
    cluster = cluster_of(swarm, by)
    spec = replace(cluster.spec, autolock_managers=on)
    swarm.done(by, UpdateCluster(cluster.version, spec, rotate_unlock_key=rotate))
    swarm.world.run_for(SECOND)
    return cluster_of(swarm, by).unlock_key


def add_newcomer(swarm: Swarm, name: str) -> None:
    """One more machine that is up, and a member of nothing."""
    swarm.world.add_machine(name)
    swarm.world.power_on(name, boot_ns=0)
    swarm.world.run_for(MS)
