"""Everything that can befall a world: one record per fault, its tag being the plain word for it.

Hosts are named. A fault that lasts holds until it is ended, or taken back by `heal`, `repair-disk` and the like; faults
of one kind add up. Times are nanoseconds, ratios between 0 and 1.
"""

from msgspec import Struct

from core.ids import TaskId

Hosts = tuple[str, ...]


# --- machines and daemons


class Kill(Struct, frozen=True, gc=False, tag="kill"):
    """The machines lose power, with their containers and whatever was not synced. Ended by giving it back."""

    hosts: Hosts


class KillDaemon(Struct, frozen=True, gc=False, tag="kill-daemon"):
    """The daemons die; containers, tables and what was written live on. Ended by starting them."""

    hosts: Hosts


class Restart(Struct, frozen=True, gc=False, tag="restart"):
    """Machines without power boot, dead daemons start, hosts that are up are rebooted the hard way."""

    hosts: Hosts


class Pause(Struct, frozen=True, gc=False, tag="pause"):
    """The daemons do not get to run; what comes for them waits. Ended by `resume`."""

    hosts: Hosts


class Resume(Struct, frozen=True, gc=False, tag="resume"):
    """Paused daemons run again."""

    hosts: Hosts


# --- the network


class Partition(Struct, frozen=True, gc=False, tag="partition"):
    """Nothing passes between different groups; hosts named in none form one more."""

    groups: tuple[Hosts, ...]


class OneWay(Struct, frozen=True, gc=False, tag="one-way"):
    """What `source` hosts send to `destination` hosts is lost; the other direction works."""

    source: Hosts
    destination: Hosts


class Bridge(Struct, frozen=True, gc=False, tag="bridge"):
    """Groups that cannot hear each other, while the hosts of `over` hear all and are heard by all."""

    over: Hosts
    groups: tuple[Hosts, ...]


class Ring(Struct, frozen=True, gc=False, tag="ring"):
    """Each of these hosts hears its two neighbours in the ring only, and hosts outside it."""

    hosts: Hosts


class Isolate(Struct, frozen=True, gc=False, tag="isolate"):
    """Each of these hosts is cut off from all others."""

    hosts: Hosts


class BreakCable(Struct, frozen=True, gc=False, tag="break-cable"):
    """The cable between two places of the topology carries nothing; messages go round it if they can."""

    one: str
    other: str


class Flap(Struct, frozen=True, gc=False, tag="flap"):
    """The links between two sets of hosts are down for the first half of every `every_ns`, and up for the second."""

    first: Hosts
    second: Hosts
    every_ns: int


class SlowLink(Struct, frozen=True, gc=False, tag="slow-link"):
    """Messages between two sets of hosts take `latency_ns` longer, give or take `jitter_ns`."""

    first: Hosts
    second: Hosts
    latency_ns: int
    jitter_ns: int = 0


class NarrowLink(Struct, frozen=True, gc=False, tag="narrow-link"):
    """The links between two sets of hosts carry no more than this."""

    first: Hosts
    second: Hosts
    bandwidth_bits_per_s: int


class Loss(Struct, frozen=True, gc=False, tag="loss"):
    """A message between two sets of hosts is lost with this probability; on all links if both are empty."""

    ratio: float
    first: Hosts = ()
    second: Hosts = ()


class Duplicate(Struct, frozen=True, gc=False, tag="duplicate"):
    """A message arrives a second time, later, with this probability; on all links if both sets are empty."""

    ratio: float
    first: Hosts = ()
    second: Hosts = ()


class Reorder(Struct, frozen=True, gc=False, tag="reorder"):
    """A message is held back so that later ones overtake it; on all links if both sets are empty."""

    ratio: float
    first: Hosts = ()
    second: Hosts = ()


class Heal(Struct, frozen=True, gc=False, tag="heal"):
    """Every network fault that touches one of these hosts ends; all of them if none is named."""

    hosts: Hosts = ()


# --- disks


class SlowDisk(Struct, frozen=True, gc=False, tag="slow-disk"):
    """Every sync takes this much longer."""

    hosts: Hosts
    latency_ns: int


class FullDisk(Struct, frozen=True, gc=False, tag="full-disk"):
    """No space is left beyond the log's reserve."""

    hosts: Hosts


class FailDisk(Struct, frozen=True, gc=False, tag="fail-disk"):
    """Writes and syncs end in an I/O error."""

    hosts: Hosts


class CorruptDisk(Struct, frozen=True, gc=False, tag="corrupt-disk"):
    """A random durable record is damaged, which shows at the next start."""

    hosts: Hosts


class LoseDisk(Struct, frozen=True, gc=False, tag="lose-disk"):
    """The machines lose power and get an empty disk before it is given back (by `restart`)."""

    hosts: Hosts


class RepairDisk(Struct, frozen=True, gc=False, tag="repair-disk"):
    """Slow, full and failing disks of these hosts work again."""

    hosts: Hosts


# --- clocks


class SkewClock(Struct, frozen=True, gc=False, tag="skew-clock"):
    """The wall clock is this far ahead of true time, behind if negative, whatever it was before."""

    hosts: Hosts
    by_ns: int


class JumpClock(Struct, frozen=True, gc=False, tag="jump-clock"):
    """The wall clock jumps by this much from where it is, back if negative."""

    hosts: Hosts
    by_ns: int


class DriftClock(Struct, frozen=True, gc=False, tag="drift-clock"):
    """Monotonic and wall clock run faster by this ratio, slower if negative: 0.01 gains 10 ms per second."""

    hosts: Hosts
    ratio: float


# --- engines, containers and tables


class StopEngine(Struct, frozen=True, gc=False, tag="stop-engine"):
    """The container engines do not answer; their containers live on."""

    hosts: Hosts


class FailPulls(Struct, frozen=True, gc=False, tag="fail-pulls"):
    """The machines cannot get images they do not have."""

    hosts: Hosts


class CrashTask(Struct, frozen=True, gc=False, tag="crash-task"):
    """The containers' processes die by a signal (exit code 139)."""

    tasks: tuple[TaskId, ...]


class ExitTask(Struct, frozen=True, gc=False, tag="exit"):
    """The containers' processes end by themselves."""

    tasks: tuple[TaskId, ...]
    code: int = 0


class Unhealthy(Struct, frozen=True, gc=False, tag="unhealthy"):
    """The containers' health checks fail from now on; the processes live and answer with errors."""

    tasks: tuple[TaskId, ...]


class OutOfMemory(Struct, frozen=True, gc=False, tag="out-of-memory"):
    """The kernel kills the containers for using more memory than their limit (exit code 137)."""

    tasks: tuple[TaskId, ...]


class FailRoutes(Struct, frozen=True, gc=False, tag="fail-routes"):
    """The kernels refuse every change of the tables; what is programmed stays."""

    hosts: Hosts


class SlowRoutes(Struct, frozen=True, gc=False, tag="slow-routes"):
    """Every change of the tables takes this much longer."""

    hosts: Hosts
    latency_ns: int


Fault = (
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
    | Flap
    | SlowLink
    | NarrowLink
    | Loss
    | Duplicate
    | Reorder
    | Heal
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
    | CrashTask
    | ExitTask
    | Unhealthy
    | OutOfMemory
    | FailRoutes
    | SlowRoutes
)


def word_of(fault: Fault) -> str:
    """The plain word for a kind of fault."""
    return str(fault.__struct_config__.tag)
