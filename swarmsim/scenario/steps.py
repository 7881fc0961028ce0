"""What happens in a scenario's timeline: one record per verb, its tag being the verb as written.

A verb is a fault (`core.trials.faults`) or an order of an operator. As written, it describes whom it is about
(`Action`); once looked up it names them (`Resolved`). Faults of hosts, links, disks and clocks hold until a later step
takes them back, or until the step's own `until_ns`; the same fault given again replaces the first. All times are
nanoseconds of simulated (or elapsed) time since the scenario's start; ratios are between 0 and 1.
"""

from typing import Any, Final, Generic, get_args, get_origin

from msgspec import Struct

from core.compose.stack import Stack
from core.trials.endings import KILLS, LASTING, UNDOES, verb_of
from core.trials.faults import (
    AnyFault,
    BreakCable,
    Bridge,
    CorruptDisk,
    CrashTask,
    DriftClock,
    Duplicate,
    ExitTask,
    FailDisk,
    FailPulls,
    FailRoutes,
    Flap,
    FullDisk,
    Heal,
    Hosts,
    HostsT,
    Isolate,
    JumpClock,
    Kill,
    KillDaemon,
    LoseDisk,
    Loss,
    Move,
    MuteRoutes,
    NarrowLink,
    OneWay,
    OutOfMemory,
    Partition,
    Pause,
    Reorder,
    RepairDisk,
    Restart,
    Resume,
    Ring,
    SkewClock,
    SlowDisk,
    SlowLink,
    SlowRoutes,
    StopEngine,
    Tasks,
    Unhealthy,
)
from swarmsim.scenario.targets import HostTarget, TaskTarget

__all__ = [
    "KILLS",
    "OLD_TOKEN",
    "ACTIONS",
    "REVERSIBLE",
    "UNDOES",
    "verb_of",
    "Action",
    "Order",
    "Resolved",
    "Step",
    "AnyFault",
    "Kill",
    "KillDaemon",
    "Restart",
    "Move",
    "Pause",
    "Resume",
    "Partition",
    "OneWay",
    "Bridge",
    "Ring",
    "Isolate",
    "BreakCable",
    "Heal",
    "Flap",
    "SlowLink",
    "NarrowLink",
    "Loss",
    "Duplicate",
    "Reorder",
    "SlowDisk",
    "FullDisk",
    "FailDisk",
    "CorruptDisk",
    "LoseDisk",
    "RepairDisk",
    "SkewClock",
    "JumpClock",
    "DriftClock",
    "StopEngine",
    "FailPulls",
    "FailRoutes",
    "SlowRoutes",
    "MuteRoutes",
    "CrashTask",
    "ExitTask",
    "Unhealthy",
    "OutOfMemory",
    "Join",
    "RotateTokens",
    "Autolock",
    "Unlock",
    "ForceNewCluster",
    "Promote",
    "Demote",
    "Drain",
    "Activate",
    "RemoveNode",
    "Leave",
    "Rejoin",
    "Scale",
    "Update",
    "ForceUpdate",
    "Rollback",
    "Deploy",
    "RemoveSecret",
    "RemoveConfig",
    "RemoveNetwork",
    "RemoveService",
    "BurstWrites",
]
"""Every verb is to be had from here, be it a fault or an order."""

# --- members of the swarm


class Join(Struct, frozen=True, gc=False, tag="join"):
    """New hosts start and join through a manager that is up; they carry on the numbering of m and w."""

    manager_count: int = 0
    worker_count: int = 0
    token: str = ""
    """`OLD_TOKEN` for the one there was before the last rotation, with which they are to be refused."""


OLD_TOKEN: Final = "old-token"


class RotateTokens(Struct, frozen=True, gc=False, tag="rotate-tokens"):
    """`worker`, `manager` or `all`: from now on hosts join with other tokens."""

    which: str


class Autolock(Struct, frozen=True, gc=False, tag="autolock"):
    """From now on managers that restart wait for the unlock key, or no longer do."""

    on: bool


class Unlock(Struct, Generic[HostsT], frozen=True, gc=False, tag="unlock"):
    """An operator shows these managers the unlock key; one that is not locked needs none."""

    hosts: HostsT


class ForceNewCluster(Struct, Generic[HostsT], frozen=True, gc=False, tag="force-new-cluster"):
    """One manager begins the swarm anew alone: a majority is taken to be lost for good."""

    hosts: HostsT


class Promote(Struct, Generic[HostsT], frozen=True, gc=False, tag="promote"):
    """Workers become managers."""

    hosts: HostsT


class Demote(Struct, Generic[HostsT], frozen=True, gc=False, tag="demote"):
    """Managers become workers."""

    hosts: HostsT


class Drain(Struct, Generic[HostsT], frozen=True, gc=False, tag="drain"):
    """Availability `drain`: the nodes give their tasks up and get no new ones."""

    hosts: HostsT


class Activate(Struct, Generic[HostsT], frozen=True, gc=False, tag="activate"):
    """Availability `active`: the nodes take tasks again."""

    hosts: HostsT


class RemoveNode(Struct, Generic[HostsT], frozen=True, gc=False, tag="remove-node"):
    """An operator removes the nodes from the swarm by force, whether they are up or not."""

    hosts: HostsT


class Leave(Struct, Generic[HostsT], frozen=True, gc=False, tag="leave"):
    """The hosts leave the swarm of their own accord, managers by force."""

    hosts: HostsT


class Rejoin(Struct, Generic[HostsT], frozen=True, gc=False, tag="rejoin"):
    """Hosts that left, were removed or lost their disk join again; what is left of the nodes they were is removed."""

    hosts: HostsT


# --- what an operator deploys


class Scale(Struct, frozen=True, gc=False, tag="scale"):
    """A replicated service gets this many replicas."""

    service: str
    replicas: int


class Update(Struct, frozen=True, gc=False, tag="update"):
    """A service's tasks are to run this image: a rolling update, as its update settings say."""

    service: str
    image: str


class ForceUpdate(Struct, frozen=True, gc=False, tag="force-update"):
    """All tasks of a service are replaced, though nothing of it has changed."""

    service: str


class Rollback(Struct, frozen=True, gc=False, tag="rollback"):
    """A service goes back to the spec it had before."""

    service: str


class Deploy(Struct, frozen=True, gc=False, tag="deploy"):
    """Deploy a stack under `name`, or deploy it again, from Compose files beside the scenario, merged in order."""

    name: str
    files: tuple[str, ...]
    prune: bool = False
    """Whether the stack's services that are in none of these files are removed."""
    stack: Stack | None = None
    """What the files say; put here by the scenario's loader."""


class RemoveService(Struct, frozen=True, gc=False, tag="remove-service"):
    """Remove a service and its tasks."""

    service: str


class RemoveSecret(Struct, frozen=True, gc=False, tag="remove-secret"):
    """Remove a secret, asking again as long as something uses it."""

    secret: str


class RemoveConfig(Struct, frozen=True, gc=False, tag="remove-config"):
    """Remove a config, likewise."""

    config: str


class RemoveNetwork(Struct, frozen=True, gc=False, tag="remove-network"):
    """Remove a network, likewise."""

    network: str


class BurstWrites(Struct, frozen=True, gc=False, tag="burst-writes"):
    """A client writes `count` small entries, spread evenly over `over_ns`."""

    count: int
    over_ns: int


Order = (
    Join
    | RotateTokens
    | Autolock
    | Unlock[HostsT]
    | ForceNewCluster[HostsT]
    | Promote[HostsT]
    | Demote[HostsT]
    | Drain[HostsT]
    | Activate[HostsT]
    | RemoveNode[HostsT]
    | Leave[HostsT]
    | Rejoin[HostsT]
    | Scale
    | Update
    | ForceUpdate
    | Rollback
    | Deploy
    | RemoveService
    | RemoveSecret
    | RemoveConfig
    | RemoveNetwork
    | BurstWrites
)
"""`Order[H]`: what an operator asks of the swarm, about hosts as H tells them."""

Action = AnyFault[HostTarget, TaskTarget] | Order[HostTarget]
"""What a step says."""
Resolved = AnyFault[Hosts, Tasks] | Order[Hosts]
"""What it amounts to at the instant it is played."""

ACTIONS: Final[tuple[type[Any], ...]] = tuple(get_origin(kind) or kind for kind in get_args(Action))
"""Every kind of action."""

REVERSIBLE: Final[tuple[type[Any], ...]] = (*LASTING, Drain)
"""Actions that may carry an `until_ns`: there exactly what this step did to exactly the hosts it hit is undone."""


class Step(Struct, frozen=True, gc=False):
    """One line of the timeline. `text` is the verb and its target as written; `line` is 0 if it was not written."""

    at_ns: int
    action: Action
    until_ns: int | None = None
    line: int = 0
    text: str = ""
