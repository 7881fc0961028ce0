"""Every check there is, in the order in which verdicts list them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from swarmsim.checks.addresses import UniqueAddresses
from swarmsim.checks.balance import EvenBalance
from swarmsim.checks.check import Check
from swarmsim.checks.containers import OneContainerPerSlot
from swarmsim.checks.digests import EqualDigests, Invariants
from swarmsim.checks.entitlement import EntitledSecrets
from swarmsim.checks.fences import FencedSlotsNeverDoubled
from swarmsim.checks.linearizable import Linearizable
from swarmsim.checks.mesh import MeshFollowsStore
from swarmsim.checks.moves import TaskMovesAllowed
from swarmsim.checks.needless_secrets import SecretsEndWithNeed
from swarmsim.checks.orphans import NoOrphanedResources
from swarmsim.checks.raft_safety import RaftSafety
from swarmsim.checks.secrets_in_use import SecretsInUseStay
from swarmsim.checks.slots import OneTaskPerSlot, really_runs
from swarmsim.checks.tasks import TaskStatesAdvance
from swarmsim.checks.updates import UpdatesKeepBounds
from swarmsim.checks.writes import NoAcknowledgedWriteLost, OnceOnly
from swarmsim.world import World

_SUITE: Final[Mapping[type[Check], Callable[[World], Check]]] = {
    RaftSafety: lambda _: RaftSafety(),
    NoAcknowledgedWriteLost: lambda _: NoAcknowledgedWriteLost(),
    OnceOnly: lambda _: OnceOnly(),
    Linearizable: lambda _: Linearizable(),
    EqualDigests: EqualDigests,
    Invariants: lambda _: Invariants(),
    TaskStatesAdvance: lambda _: TaskStatesAdvance(),
    TaskMovesAllowed: lambda _: TaskMovesAllowed(),
    OneTaskPerSlot: lambda world: OneTaskPerSlot(partial(really_runs, world)),
    OneContainerPerSlot: lambda world: OneContainerPerSlot(world.timing),
    FencedSlotsNeverDoubled: FencedSlotsNeverDoubled,
    UpdatesKeepBounds: lambda _: UpdatesKeepBounds(),
    UniqueAddresses: lambda _: UniqueAddresses(),
    EntitledSecrets: EntitledSecrets,
    SecretsEndWithNeed: lambda world: SecretsEndWithNeed(world.timing),
    SecretsInUseStay: lambda _: SecretsInUseStay(),
    MeshFollowsStore: MeshFollowsStore,
    EvenBalance: lambda _: EvenBalance(),
    NoOrphanedResources: lambda world: NoOrphanedResources(world.timing),
}
"""How each is made for one run."""

CHECKS: Final = tuple(check.name for check in _SUITE)
"""The names that `always:` knows. Every one is on in every run; naming it puts it into the verdict by name."""


def full_suite(world: World) -> tuple[Check, ...]:
    """One of each, for one run."""
    return tuple(make(world) for make in _SUITE.values())
