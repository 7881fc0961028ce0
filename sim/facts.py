"""Facts about the world itself, told to observers beside the hosts' own; nothing in the world reads them."""

from typing import Any

from msgspec import Struct

from core.durability import Verdict
from core.events import ContainerPhase
from core.ids import OperationId, TaskId


class PoweredOn(Struct, frozen=True, gc=False, tag="powered-on"):
    """The machine got power; its daemon starts."""


class PoweredOff(Struct, frozen=True, gc=False, tag="powered-off"):
    """The machine lost power, and with it everything but the synced part of its disk."""


class DaemonStarted(Struct, frozen=True, gc=False, tag="daemon-started"):
    """A daemon recovered from the disk: its incarnation from 1, and what it read there."""

    incarnation: int
    write_count: int
    verdict: Verdict


class DaemonStopped(Struct, frozen=True, gc=False, tag="daemon-stopped"):
    """The daemon is gone, and why."""

    reason: str


class Paused(Struct, frozen=True, gc=False, tag="paused"):
    """The daemon does not get to run."""


class Resumed(Struct, frozen=True, gc=False, tag="resumed"):
    """The daemon runs again, after `paused_ns`; `backlog_count` events were waiting for it."""

    paused_ns: int
    backlog_count: int


class WritesLost(Struct, frozen=True, gc=False, tag="writes-lost"):
    """A crash took writes that were not synced; `torn` if the last that is left was cut in the middle."""

    lost_count: int
    torn: bool


class RecordCorrupted(Struct, frozen=True, gc=False, tag="record-corrupted"):
    """A synced record was damaged: number `position` of `record_count`."""

    position: int
    record_count: int


class DiskLost(Struct, frozen=True, gc=False, tag="disk-lost"):
    """The disk was replaced by an empty one."""


class ContainerChanged(Struct, frozen=True, gc=False, tag="container-changed"):
    """A task's container reached a phase, whether or not a daemon is there to hear of it."""

    task_id: TaskId
    service_name: str
    phase: ContainerPhase
    operation_id: OperationId
    err: str = ""
    failed: bool = False
    """It exited by itself, its machine having power, and not with 0: a crash."""


class RoutesProgrammed(Struct, frozen=True, gc=False, tag="routes-programmed"):
    """The data plane forwards by this version from now on: all parts that make it are programmed."""

    version: int
    record_count: int


class FaultStarted(Struct, frozen=True, gc=False, tag="fault-started"):
    """A fault began; `number` tells which one ends."""

    number: int
    fault: Any


class FaultEnded(Struct, frozen=True, gc=False, tag="fault-ended"):
    """What fault `number` did has been taken back."""

    number: int


class FaultRefused(Struct, frozen=True, gc=False, tag="fault-refused"):
    """A fault was left out because it would have destroyed what no swarm can survive."""

    fault: Any
    reason: str


WorldFact = (
    PoweredOn
    | PoweredOff
    | DaemonStarted
    | DaemonStopped
    | Paused
    | Resumed
    | WritesLost
    | RecordCorrupted
    | DiskLost
    | ContainerChanged
    | RoutesProgrammed
    | FaultStarted
    | FaultEnded
    | FaultRefused
)
