"""What happens in a scenario's timeline: one record per verb, its tag being the verb as written.

Faults of hosts, links, disks and clocks hold until a later step takes them back, or until the step's own `until_ns`;
the same fault given again replaces the first. All times are nanoseconds of simulated (or elapsed) time since the
scenario's start; ratios are between 0 and 1.
"""

from msgspec import Struct

from core.compose.stack import Stack
from swarmsim.scenario.targets import HostTarget, Link, TaskTarget

# --- machines and daemons


class Kill(Struct, frozen=True, gc=False, tag="kill"):
    """The machines lose power, their containers with them; writes that were not synced are gone."""

    hosts: HostTarget


class KillDaemon(Struct, frozen=True, gc=False, tag="kill-daemon"):
    """The daemons die at once; their containers and programmed tables live on. Nothing written is lost."""

    hosts: HostTarget


class Restart(Struct, frozen=True, gc=False, tag="restart"):
    """Killed machines boot and recover from their disks; killed daemons start again. Hosts that are up are rebooted."""

    hosts: HostTarget


class Pause(Struct, frozen=True, gc=False, tag="pause"):
    """The daemons stop running (a stopped process, a stalled virtual machine); messages queue up for them."""

    hosts: HostTarget


class Resume(Struct, frozen=True, gc=False, tag="resume"):
    """Paused daemons run again, unaware of the time that has passed."""

    hosts: HostTarget


# --- the network


class Partition(Struct, frozen=True, gc=False, tag="partition"):
    """Nothing passes between different groups, in either direction. Hosts named in none form one more group."""

    groups: tuple[HostTarget, ...]


class OneWay(Struct, frozen=True, gc=False, tag="one-way"):
    """What `source` hosts send to `destination` hosts is lost; the other direction works."""

    source: HostTarget
    destination: HostTarget


class Bridge(Struct, frozen=True, gc=False, tag="bridge"):
    """Two halves that cannot hear each other, while the hosts of `over` hear both and are heard by both.

    Without `groups` the other hosts are halved in order, managers and workers each.
    """

    over: HostTarget
    groups: tuple[HostTarget, ...] = ()


class Ring(Struct, frozen=True, gc=False, tag="ring"):
    """Each of these hosts exchanges messages with its two neighbours in the ring only (and with hosts outside it)."""

    hosts: HostTarget


class Isolate(Struct, frozen=True, gc=False, tag="isolate"):
    """Each of these hosts is cut off from all others."""

    hosts: HostTarget


class BreakCable(Struct, frozen=True, gc=False, tag="break-cable"):
    """The cables between the core and the racks of these hosts carry nothing: a rack's hosts hear each other only.

    Hosts that are in no rack have no such cable.
    """

    hosts: HostTarget


class Heal(Struct, frozen=True, gc=False, tag="heal"):
    """Every network fault that touches these hosts ends, partitions and bad links alike."""

    hosts: HostTarget


class Flap(Struct, frozen=True, gc=False, tag="flap"):
    """The link goes down and comes back every `every_ns`: down for the first half of it, up for the second."""

    link: Link
    every_ns: int


class SlowLink(Struct, frozen=True, gc=False, tag="slow-link"):
    """Messages on the link take `latency_ns` longer, give or take `jitter_ns`."""

    link: Link
    latency_ns: int
    jitter_ns: int = 0


class NarrowLink(Struct, frozen=True, gc=False, tag="narrow-link"):
    """The link carries no more than this, in each direction."""

    link: Link
    bandwidth_bits_per_s: int


class Loss(Struct, frozen=True, gc=False, tag="loss"):
    """A message is lost with this probability; on all links if `link` is None."""

    ratio: float
    link: Link | None = None


class Duplicate(Struct, frozen=True, gc=False, tag="duplicate"):
    """A message arrives a second time, later, with this probability; on all links if `link` is None."""

    ratio: float
    link: Link | None = None


class Reorder(Struct, frozen=True, gc=False, tag="reorder"):
    """A message is held back so that later ones overtake it, with this probability; on all links if None."""

    ratio: float
    link: Link | None = None


# --- disks and clocks


class SlowDisk(Struct, frozen=True, gc=False, tag="slow-disk"):
    """Every sync takes `latency_ns` longer."""

    hosts: HostTarget
    latency_ns: int


class FullDisk(Struct, frozen=True, gc=False, tag="full-disk"):
    """No space is left beyond the log's reserve."""

    hosts: HostTarget


class FailDisk(Struct, frozen=True, gc=False, tag="fail-disk"):
    """Writes and syncs end in an I/O error."""

    hosts: HostTarget


class CorruptDisk(Struct, frozen=True, gc=False, tag="corrupt-disk"):
    """A durable record turns out damaged at the next recovery. The hosts must be restarted for it to show."""

    hosts: HostTarget


class LoseDisk(Struct, frozen=True, gc=False, tag="lose-disk"):
    """The machines lose power and get an empty disk, with which they are strangers when they boot again."""

    hosts: HostTarget


class RepairDisk(Struct, frozen=True, gc=False, tag="repair-disk"):
    """Slow, full and failing disks work again."""

    hosts: HostTarget


class SkewClock(Struct, frozen=True, gc=False, tag="skew-clock"):
    """The wall clock is `by_ns` ahead of true time (behind if negative), whatever it was before."""

    hosts: HostTarget
    by_ns: int


class JumpClock(Struct, frozen=True, gc=False, tag="jump-clock"):
    """The wall clock jumps by `by_ns` from where it is, back if negative."""

    hosts: HostTarget
    by_ns: int


class DriftClock(Struct, frozen=True, gc=False, tag="drift-clock"):
    """Monotonic and wall clock run faster by this ratio, slower if negative: 0.01 gains 10 ms per second."""

    hosts: HostTarget
    ratio: float


# --- engines and routing tables


class StopEngine(Struct, frozen=True, gc=False, tag="stop-engine"):
    """The container engines do not answer; their containers live on."""

    hosts: HostTarget


class FailPulls(Struct, frozen=True, gc=False, tag="fail-pulls"):
    """The machines cannot get images that they do not have."""

    hosts: HostTarget


class FailRoutes(Struct, frozen=True, gc=False, tag="fail-routes"):
    """The kernels refuse every change of the routing tables; what is programmed stays."""

    hosts: HostTarget


class SlowRoutes(Struct, frozen=True, gc=False, tag="slow-routes"):
    """Every change of the routing tables takes `latency_ns` longer."""

    hosts: HostTarget
    latency_ns: int


# --- tasks


class CrashTask(Struct, frozen=True, gc=False, tag="crash-task"):
    """The containers' processes die by a signal (exit code 139)."""

    tasks: TaskTarget


class ExitTask(Struct, frozen=True, gc=False, tag="exit"):
    """The containers' processes end by themselves with `code`."""

    tasks: TaskTarget
    code: int = 0


class Unhealthy(Struct, frozen=True, gc=False, tag="unhealthy"):
    """The containers' health checks fail from now on; their processes live and answer with errors."""

    tasks: TaskTarget


class OutOfMemory(Struct, frozen=True, gc=False, tag="out-of-memory"):
    """The kernel kills the containers for using more memory than their limit (exit code 137)."""

    tasks: TaskTarget


# --- members of the swarm


class Join(Struct, frozen=True, gc=False, tag="join"):
    """New hosts start and join through a manager that is up; they carry on the numbering of m and w."""

    manager_count: int = 0
    worker_count: int = 0


class Promote(Struct, frozen=True, gc=False, tag="promote"):
    """Workers become managers."""

    hosts: HostTarget


class Demote(Struct, frozen=True, gc=False, tag="demote"):
    """Managers become workers."""

    hosts: HostTarget


class Drain(Struct, frozen=True, gc=False, tag="drain"):
    """Availability `drain`: the nodes give their tasks up and get no new ones."""

    hosts: HostTarget


class Activate(Struct, frozen=True, gc=False, tag="activate"):
    """Availability `active`: the nodes take tasks again."""

    hosts: HostTarget


class RemoveNode(Struct, frozen=True, gc=False, tag="remove-node"):
    """An operator removes the nodes from the swarm by force, whether they are up or not."""

    hosts: HostTarget


class Leave(Struct, frozen=True, gc=False, tag="leave"):
    """The hosts leave the swarm of their own accord, managers by force."""

    hosts: HostTarget


# --- what an operator deploys


class Scale(Struct, frozen=True, gc=False, tag="scale"):
    """A replicated service gets this many replicas."""

    service: str
    replicas: int


class Deploy(Struct, frozen=True, gc=False, tag="deploy"):
    """Deploy a stack under `name`, or deploy it again, from a Compose file beside the scenario."""

    name: str
    file: str
    stack: Stack | None = None
    """What the file says; put here by the scenario's loader."""


class RemoveService(Struct, frozen=True, gc=False, tag="remove-service"):
    """Remove a service and its tasks."""

    service: str


class BurstWrites(Struct, frozen=True, gc=False, tag="burst-writes"):
    """A client writes `count` small entries, spread evenly over `over_ns`."""

    count: int
    over_ns: int


Action = (
    Kill
    | KillDaemon
    | Restart
    | Pause
    | Resume
    | Partition
    | OneWay
    | Bridge
    | Ring
    | Isolate
    | BreakCable
    | Heal
    | Flap
    | SlowLink
    | NarrowLink
    | Loss
    | Duplicate
    | Reorder
    | SlowDisk
    | FullDisk
    | FailDisk
    | CorruptDisk
    | LoseDisk
    | RepairDisk
    | SkewClock
    | JumpClock
    | DriftClock
    | StopEngine
    | FailPulls
    | FailRoutes
    | SlowRoutes
    | CrashTask
    | ExitTask
    | Unhealthy
    | OutOfMemory
    | Join
    | Promote
    | Demote
    | Drain
    | Activate
    | RemoveNode
    | Leave
    | Scale
    | Deploy
    | RemoveService
    | BurstWrites
)

REVERSIBLE = (
    Kill,
    KillDaemon,
    Pause,
    Partition,
    OneWay,
    Bridge,
    Ring,
    Isolate,
    BreakCable,
    Flap,
    SlowLink,
    NarrowLink,
    Loss,
    Duplicate,
    Reorder,
    SlowDisk,
    FullDisk,
    FailDisk,
    LoseDisk,
    SkewClock,
    DriftClock,
    StopEngine,
    FailPulls,
    FailRoutes,
    SlowRoutes,
    Drain,
)
"""Actions that may carry an `until_ns`: there exactly what this step did to exactly the hosts it hit is undone."""

KILLS = (Kill, KillDaemon, LoseDisk)
"""Actions after which hosts are `killed`, until they are started again."""

UNDOES: dict[type[Action], tuple[type[Action], ...]] = {
    Restart: KILLS,
    Resume: (Pause,),
    Heal: (
        Partition,
        OneWay,
        Bridge,
        Ring,
        Isolate,
        BreakCable,
        Flap,
        SlowLink,
        NarrowLink,
        Loss,
        Duplicate,
        Reorder,
    ),
    RepairDisk: (SlowDisk, FullDisk, FailDisk),
}
"""Actions that take back what others did, for the hosts they name."""


class Step(Struct, frozen=True, gc=False):
    """One line of the timeline. `text` is the verb and its target as written; `line` is 0 if it was not written."""

    at_ns: int
    action: Action
    until_ns: int | None = None
    line: int = 0
    text: str = ""


def verb_of(action: Action) -> str:
    """The word that stands for this kind of action in a scenario."""
    return str(action.__struct_config__.tag)
