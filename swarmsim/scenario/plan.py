"""A whole scenario, decoded: the cluster, what runs on it, who uses it, what happens and what is expected.

Times are nanoseconds, sizes bytes, rates per second, ratios between 0 and 1. Time 0 is when every host has
become a ready member of the swarm; the stacks are deployed from then on, as fast as they can be.
"""

from typing import Final

from msgspec import Struct

from core.compose.stack import Stack
from core.timing import MS
from swarmsim.scenario.expectations import Expectation, Window
from swarmsim.scenario.steps import Step
from swarmsim.scenario.targets import Group, HostGroup, HostTarget

US: Final = 1_000
"""Nanoseconds in a microsecond."""


class NetworkPlan(Struct, frozen=True, gc=False):
    """Every link, in each direction: one-way latency, uniform within ± `jitter_ns`; 0 bandwidth = unlimited."""

    latency_ns: int = 250 * US
    jitter_ns: int = 100 * US
    loss_ratio: float = 0.0
    duplicate_ratio: float = 0.0
    reorder_ratio: float = 0.0
    bandwidth_bits_per_s: int = 0


NETWORKS: Final = {
    "lan": NetworkPlan(bandwidth_bits_per_s=1_000_000_000),
    "wan": NetworkPlan(latency_ns=35 * MS, jitter_ns=5 * MS, bandwidth_bits_per_s=100_000_000),
}
"""`lan`: one switched segment. `wan`: the 30 to 40 ms one way of the Raft dissertation, chapter 9."""


class DiskPlan(Struct, frozen=True, gc=False):
    """Every host's disk: how long a write and a sync take."""

    write_ns: int = 20 * US
    sync_ns: int = 500 * US


class RackPlan(Struct, frozen=True, gc=False):
    """Hosts that share a rack, by name."""

    name: str
    hosts: tuple[str, ...]


class NodeLabels(Struct, frozen=True, gc=False):
    """Labels of one node, for placement constraints."""

    host: str
    labels: dict[str, str]


class ClusterPlan(Struct, frozen=True, gc=False):
    """The hosts m1..mN and w1..wN, how they are connected and how they are set."""

    manager_count: int
    worker_count: int = 0
    network: NetworkPlan = NETWORKS["lan"]
    timing: str = "lan"
    """A name of `core.timing.PROFILES`."""
    racks: tuple[RackPlan, ...] = ()
    labels: tuple[NodeLabels, ...] = ()
    disk: DiskPlan = DiskPlan()
    nano_cpus: int = 4_000_000_000
    memory_bytes: int = 8 * 1024**3
    snapshot_every: int = 10_000
    """Log entries between snapshots."""
    wire_codec: bool = False
    """Whether every message between hosts goes through the real codec."""

    @property
    def host_names(self) -> tuple[str, ...]:
        """The hosts it starts with, in order."""
        return manager_names(self.manager_count) + worker_names(self.worker_count)


def manager_names(count: int) -> tuple[str, ...]:
    """m1..mN."""
    return tuple(f"m{number}" for number in range(1, count + 1))


def worker_names(count: int) -> tuple[str, ...]:
    """w1..wN."""
    return tuple(f"w{number}" for number in range(1, count + 1))


class Call(Struct, frozen=True, gc=False):
    """What a container asks of another service to answer one request: a DNS name as the container sees it.

    `port` None = the port the called service's image listens on.
    """

    name: str
    port: int | None = None


class ImagePlan(Struct, frozen=True, gc=False):
    """How containers of an image behave. `image` is the reference as the Compose file writes it."""

    image: str
    pull_ns: int = 500 * MS
    start_ns: int = 200 * MS
    healthy_after_ns: int = 0
    """From start to the first good health check; only matters where a health check is declared."""
    port: int | None = None
    """Where it listens; None = nowhere."""
    calls: tuple[Call, ...] = ()
    service_ns: int = 5 * MS
    """Its own time to answer a request, calls excluded."""
    memory_bytes: int = 32 * 1024**2
    exits_after_ns: int | None = None
    """None = it runs until stopped."""
    exit_code: int = 0


class StackPlan(Struct, frozen=True, gc=False):
    """A stack deployed at time 0: its name and its Compose files, relative to the scenario's and merged in order."""

    name: str
    files: tuple[str, ...]
    stack: Stack | None = None
    """What the files say; the scenario's loader puts it here, so that whoever plays it reads no files."""


class TrafficPlan(Struct, frozen=True, gc=False):
    """Clients from outside that send requests to a published port of any host of `enter_at`, evenly at a rate."""

    name: str
    service: str
    """Full name, such as `vote_vote`."""
    port: int
    """The published port."""
    rate_per_s: float
    enter_at: HostTarget = Group(HostGroup.UP)
    during: Window | None = None
    """None = from the first convergence to the end."""


class WriterPlan(Struct, frozen=True, gc=False):
    """A client that writes configs of `value_bytes` at any host of `to`, and reads them back linearizably."""

    name: str
    rate_per_s: float
    read_rate_per_s: float
    to: HostTarget = Group(HostGroup.MANAGERS)
    value_bytes: int = 128
    during: Window | None = None
    """None = from time 0 to the end."""


class Scenario(Struct, frozen=True, gc=False):
    """What `load` returns. `text` is the file as read, `file` the path it was read from."""

    name: str
    purpose: str
    cluster: ClusterPlan
    end_ns: int
    images: tuple[ImagePlan, ...] = ()
    deploy: tuple[StackPlan, ...] = ()
    traffic: tuple[TrafficPlan, ...] = ()
    writers: tuple[WriterPlan, ...] = ()
    timeline: tuple[Step, ...] = ()
    expect: tuple[Expectation, ...] = ()
    file: str = ""
    text: str = ""
