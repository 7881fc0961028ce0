"""Which faults last, and what takes them back."""

from typing import Any, Final, get_args, get_origin

from msgspec import Struct

from core.trials.faults import (
    AnyFault,
    BreakCable,
    Bridge,
    CorruptDisk,
    CrashTask,
    Duplicate,
    ExitTask,
    FailDisk,
    Flap,
    FullDisk,
    Heal,
    Isolate,
    JumpClock,
    Kill,
    KillDaemon,
    LoseDisk,
    Loss,
    Move,
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
    SlowDisk,
    SlowLink,
    Unhealthy,
)

FAULTS: Final[tuple[type[Any], ...]] = tuple(get_origin(kind) for kind in get_args(AnyFault))
"""Every kind of fault."""

KILLS: Final = (Kill, KillDaemon, LoseDisk)
"""Faults after which hosts are `killed`, until they are started again."""

TASK_FAULTS: Final = (CrashTask, ExitTask, Unhealthy, OutOfMemory)
"""Faults that befall containers rather than hosts."""

UNDOES: Final[dict[type[Any], tuple[type[Any], ...]]] = {
    Restart: (*KILLS, Pause),
    Move: KILLS,
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
"""Faults that take back what others did, for the hosts they name."""

_MOMENTARY: Final = (*UNDOES, *TASK_FAULTS, CorruptDisk, JumpClock)

LASTING: Final[tuple[type[Any], ...]] = tuple(kind for kind in FAULTS if kind not in _MOMENTARY)
"""Faults that hold until they are ended: then exactly what each did to exactly the hosts it hit is taken back."""


def verb_of(record: Struct | type[Struct]) -> str:
    """The plain word for a fault, or for any other record (or kind of record) that is named by one."""
    return str(record.__struct_config__.tag)
