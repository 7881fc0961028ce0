"""Everything that can befall hosts from outside: one record per fault, its tag being the plain word for it.

Whom a fault is about is left open: a scenario describes hosts and tasks (`Kill[HostTarget]`), a world is told names and
ids (`Kill[Hosts]`). A fault that lasts holds until it is ended, or taken back by `heal`, `repair-disk` and the like.
Times are nanoseconds, ratios between 0 and 1.
"""

from typing import Generic, TypeVar

from msgspec import Struct

from core.ids import TaskId

HostsT = TypeVar("HostsT", covariant=True)
"""Hosts by name, or what describes them."""
TasksT = TypeVar("TasksT", covariant=True)
"""Tasks by id, or what describes them."""

Hosts = tuple[str, ...]
Tasks = tuple[TaskId, ...]


class Link(Struct, Generic[HostsT], frozen=True, gc=False, tag="link"):
    """The links between any host of `first` and any other host of `second`, in both directions."""

    first: HostsT
    second: HostsT


# --- machines and daemons


class Kill(Struct, Generic[HostsT], frozen=True, gc=False, tag="kill"):
    """The machines lose power, with their containers and whatever was not synced. Ended by giving it back."""

    hosts: HostsT


class KillDaemon(Struct, Generic[HostsT], frozen=True, gc=False, tag="kill-daemon"):
    """The daemons die; containers, tables and what was written live on. Ended by starting them."""

    hosts: HostsT


class Restart(Struct, Generic[HostsT], frozen=True, gc=False, tag="restart"):
    """Machines without power boot, dead daemons start, hosts that are up are rebooted the hard way."""

    hosts: HostsT


class Move(Struct, Generic[HostsT], frozen=True, gc=False, tag="move"):
    """The machines lose power, if they have any, and boot at other addresses."""

    hosts: HostsT


class Pause(Struct, Generic[HostsT], frozen=True, gc=False, tag="pause"):
    """The daemons do not get to run; what comes for them waits. Ended by `resume`."""

    hosts: HostsT


class Resume(Struct, Generic[HostsT], frozen=True, gc=False, tag="resume"):
    """Paused daemons run again."""

    hosts: HostsT


# --- the network


class Partition(Struct, Generic[HostsT], frozen=True, gc=False, tag="partition"):
    """Nothing passes between different groups; hosts named in none form one more."""

    groups: tuple[HostsT, ...]


class OneWay(Struct, Generic[HostsT], frozen=True, gc=False, tag="one-way"):
    """What `source` hosts send to `destination` hosts is lost; the other direction works."""

    source: HostsT
    destination: HostsT


class Bridge(Struct, Generic[HostsT], frozen=True, gc=False, tag="bridge"):
    """Groups that cannot hear each other, while the hosts of `over` hear all and are heard by all.

    A scenario that names no groups has the other hosts halved in order, managers and workers each.
    """

    over: HostsT
    groups: tuple[HostsT, ...] = ()


class Ring(Struct, Generic[HostsT], frozen=True, gc=False, tag="ring"):
    """Each of these hosts hears its two neighbours in the ring only, and hosts outside it."""

    hosts: HostsT


class Isolate(Struct, Generic[HostsT], frozen=True, gc=False, tag="isolate"):
    """Each of these hosts is cut off from all others."""

    hosts: HostsT


class BreakCable(Struct, Generic[HostsT], frozen=True, gc=False, tag="break-cable"):
    """The cables of the racks of these hosts carry nothing: a rack's hosts hear each other only.

    Hosts that are in no rack have no such cable. Messages go round a broken cable if they can.
    """

    hosts: HostsT


class Flap(Struct, Generic[HostsT], frozen=True, gc=False, tag="flap"):
    """The link is down for the first half of every `every_ns`, and up for the second."""

    link: Link[HostsT]
    every_ns: int


class SlowLink(Struct, Generic[HostsT], frozen=True, gc=False, tag="slow-link"):
    """Messages on the link take `latency_ns` longer, give or take `jitter_ns`."""

    link: Link[HostsT]
    latency_ns: int
    jitter_ns: int = 0


class NarrowLink(Struct, Generic[HostsT], frozen=True, gc=False, tag="narrow-link"):
    """The link carries no more than this, in each direction."""

    link: Link[HostsT]
    bandwidth_bits_per_s: int


class Loss(Struct, Generic[HostsT], frozen=True, gc=False, tag="loss"):
    """A message is lost with this probability; on all links if `link` is None."""

    ratio: float
    link: Link[HostsT] | None = None


class Duplicate(Struct, Generic[HostsT], frozen=True, gc=False, tag="duplicate"):
    """A message arrives a second time, later, with this probability; on all links if `link` is None."""

    ratio: float
    link: Link[HostsT] | None = None


class Reorder(Struct, Generic[HostsT], frozen=True, gc=False, tag="reorder"):
    """A message is held back so that later ones overtake it, likewise; on all links if `link` is None."""

    ratio: float
    link: Link[HostsT] | None = None


class Heal(Struct, Generic[HostsT], frozen=True, gc=False, tag="heal"):
    """Every network fault that touches one of these hosts ends; all of them if no host is named."""

    hosts: HostsT


# --- disks


class SlowDisk(Struct, Generic[HostsT], frozen=True, gc=False, tag="slow-disk"):
    """Every sync takes this much longer."""

    hosts: HostsT
    latency_ns: int


class FullDisk(Struct, Generic[HostsT], frozen=True, gc=False, tag="full-disk"):
    """No space is left beyond the log's reserve."""

    hosts: HostsT


class FailDisk(Struct, Generic[HostsT], frozen=True, gc=False, tag="fail-disk"):
    """Writes and syncs end in an I/O error."""

    hosts: HostsT


class CorruptDisk(Struct, Generic[HostsT], frozen=True, gc=False, tag="corrupt-disk"):
    """A random durable record is damaged, which shows at the next start."""

    hosts: HostsT


class LoseDisk(Struct, Generic[HostsT], frozen=True, gc=False, tag="lose-disk"):
    """The machines lose power and get an empty disk before it is given back (by `restart`)."""

    hosts: HostsT


class RepairDisk(Struct, Generic[HostsT], frozen=True, gc=False, tag="repair-disk"):
    """Slow, full and failing disks of these hosts work again."""

    hosts: HostsT


# --- clocks


class SkewClock(Struct, Generic[HostsT], frozen=True, gc=False, tag="skew-clock"):
    """The wall clock is this far ahead of true time, behind if negative, whatever it was before."""

    hosts: HostsT
    by_ns: int


class JumpClock(Struct, Generic[HostsT], frozen=True, gc=False, tag="jump-clock"):
    """The wall clock jumps by this much from where it is, back if negative."""

    hosts: HostsT
    by_ns: int


class DriftClock(Struct, Generic[HostsT], frozen=True, gc=False, tag="drift-clock"):
    """Monotonic and wall clock run faster by this ratio, slower if negative: 0.01 gains 10 ms per second."""

    hosts: HostsT
    ratio: float


# --- engines, containers and tables


class StopEngine(Struct, Generic[HostsT], frozen=True, gc=False, tag="stop-engine"):
    """The container engines do not answer; their containers live on."""

    hosts: HostsT


class FailPulls(Struct, Generic[HostsT], frozen=True, gc=False, tag="fail-pulls"):
    """The machines cannot get images they do not have."""

    hosts: HostsT


class CrashTask(Struct, Generic[TasksT], frozen=True, gc=False, tag="crash-task"):
    """The containers' processes die by a signal (exit code 139)."""

    tasks: TasksT


class ExitTask(Struct, Generic[TasksT], frozen=True, gc=False, tag="exit"):
    """The containers' processes end by themselves."""

    tasks: TasksT
    code: int = 0


class Unhealthy(Struct, Generic[TasksT], frozen=True, gc=False, tag="unhealthy"):
    """The containers' health checks fail from now on; the processes live and answer with errors."""

    tasks: TasksT


class OutOfMemory(Struct, Generic[TasksT], frozen=True, gc=False, tag="out-of-memory"):
    """The kernel kills the containers for using more memory than their limit (exit code 137)."""

    tasks: TasksT


class FailRoutes(Struct, Generic[HostsT], frozen=True, gc=False, tag="fail-routes"):
    """The kernels refuse every change of the tables; what is programmed stays."""

    hosts: HostsT


class SlowRoutes(Struct, Generic[HostsT], frozen=True, gc=False, tag="slow-routes"):
    """Every change of the tables takes this much longer."""

    hosts: HostsT
    latency_ns: int


class MuteRoutes(Struct, Generic[HostsT], frozen=True, gc=False, tag="mute-routes"):
    """The kernels change the tables as they are told, and every report of it is lost."""

    hosts: HostsT


AnyFault = (
    Kill[HostsT]
    | KillDaemon[HostsT]
    | Restart[HostsT]
    | Move[HostsT]
    | Pause[HostsT]
    | Resume[HostsT]
    | Partition[HostsT]
    | OneWay[HostsT]
    | Bridge[HostsT]
    | Ring[HostsT]
    | Isolate[HostsT]
    | BreakCable[HostsT]
    | Flap[HostsT]
    | SlowLink[HostsT]
    | NarrowLink[HostsT]
    | Loss[HostsT]
    | Duplicate[HostsT]
    | Reorder[HostsT]
    | Heal[HostsT]
    | SlowDisk[HostsT]
    | FullDisk[HostsT]
    | FailDisk[HostsT]
    | CorruptDisk[HostsT]
    | LoseDisk[HostsT]
    | RepairDisk[HostsT]
    | SkewClock[HostsT]
    | JumpClock[HostsT]
    | DriftClock[HostsT]
    | StopEngine[HostsT]
    | FailPulls[HostsT]
    | CrashTask[TasksT]
    | ExitTask[TasksT]
    | Unhealthy[TasksT]
    | OutOfMemory[TasksT]
    | FailRoutes[HostsT]
    | SlowRoutes[HostsT]
    | MuteRoutes[HostsT]
)
"""`AnyFault[H, T]`: any fault, about hosts as H and tasks as T tell them."""

Fault = AnyFault[Hosts, Tasks]
"""Any fault, about hosts by name and tasks by id."""
