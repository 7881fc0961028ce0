"""Every check there is, in the order in which verdicts list them."""

from swarmsim.checks.addresses import UniqueAddresses
from swarmsim.checks.check import Check
from swarmsim.checks.digests import EqualDigests, Invariants
from swarmsim.checks.entitlement import EntitledSecrets
from swarmsim.checks.linearizable import Linearizable
from swarmsim.checks.mesh import MeshFollowsStore
from swarmsim.checks.raft_safety import RaftSafety
from swarmsim.checks.tasks import TaskStatesAdvance
from swarmsim.checks.writes import NoAcknowledgedWriteLost, OnceOnly
from swarmsim.world import World


def full_suite(world: World) -> tuple[Check, ...]:
    """One of each, for one run."""
    return (
        RaftSafety(),
        NoAcknowledgedWriteLost(),
        OnceOnly(),
        Linearizable(),
        EqualDigests(world),
        Invariants(),
        TaskStatesAdvance(),
        UniqueAddresses(),
        EntitledSecrets(world),
        MeshFollowsStore(world),
    )
