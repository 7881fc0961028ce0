"""For every fault a way to see it: how a stage looks without it, and differently with it.

A `Sight` does something to the stage and returns what came of it; it may be taken again and again.
"""

from collections.abc import Callable
from typing import Any, Final

from fault_stage import NAMES, Stage
from msgspec import Struct
from simulated import host_of, order, phases, run_task, send, task

from core.effects import PrepareTask, ProgramRoutes
from core.events import RoutesApplied, RoutesFailed
from core.ids import OperationId, TaskId, Ticket
from core.mesh.routes import RouteChanges
from core.raft.events import Received, StorageFreed, StorageLow
from core.raft.messages import Heartbeat
from core.timing import MS, SECOND
from core.trials import faults
from core.trials.faults import Fault, Link
from sim.topology import racks
from sim.world import WorldConfig

Sight = Callable[[Stage], Any]
WEB: Final = TaskId("web.1")
BETWEEN: Final = Link(("m1",), ("m2",))
AFTERMATH_NS: Final = 100 * SECOND
"""So long after a fault all that it held up has come through."""


class Effect(Struct, frozen=True):
    """A fault, and what shows it."""

    fault: Fault
    sight: Sight


def racked_stage() -> Stage:
    """m1 and m2 in one rack, the others at the core; m2 runs a task."""
    stage = Stage(WorldConfig(topology=lambda: racks(("r1",), uplink_ns=MS)))
    for name in ("m1", "m2"):
        stage.world.network.topology.attach(name, "r1")
    stage.world.network.refresh()
    run_task(stage.world, "m2", task(WEB))
    return stage


def _up(stage: Stage) -> list[str]:
    stage.world.run_for(10 * SECOND)
    return stage.up()


def _incarnation(stage: Stage) -> int:
    return stage.world.machine("m1").incarnation


def _address(stage: Stage) -> str:
    return stage.world.machine("m1").address


def _hears(stage: Stage) -> int:
    return stage.arrivals("m2", "m1")


def _over_time(stage: Stage) -> list[int]:
    return [stage.arrivals("m1", "m2", within_ns=5 * SECOND) for _ in range(4)]


def _at_once(stage: Stage) -> int:
    return stage.arrivals("m1", "m2", within_ns=100 * MS)


def _of_many(stage: Stage) -> int:
    return stage.arrivals("m1", "m2", count=20, within_ns=10 * SECOND)


def _in_order(stage: Stage) -> bool:
    before = len(host_of(stage.world, "m2").events(Received))
    for number in range(50):
        send(stage.world, "m1", "m2", Heartbeat(term=1, round=number, commit_index=0))
    stage.world.run_for(10 * SECOND)
    rounds = [event.message.round for event in host_of(stage.world, "m2").events(Received)[before:]]
    return rounds == list(range(50))


def _written(stage: Stage) -> list[str]:
    """What becomes of a write, by a host that has just started: one whose write failed does not go on."""
    _reboot(stage)
    return [type(event).__name__ for event in stage.write("m1", stage.world.now)]


def _is_low(stage: Stage) -> bool:
    told = [event for _, event in host_of(stage.world, "m1").heard if isinstance(event, StorageLow | StorageFreed)]
    return bool(told) and isinstance(told[-1], StorageLow)


def _found(stage: Stage) -> str:
    """What a start finds on the disk, which something has been written to."""
    _reboot(stage)
    verdict = host_of(stage.world, "m1").start.recovered.verdict.name
    stage.write("m1", stage.world.now)
    return verdict


def _reboot(stage: Stage) -> None:
    stage.start(faults.Restart(("m1",)))
    stage.world.run_for(10 * SECOND)


def _clock_error(stage: Stage) -> int:
    return stage.world.machine("m1").clock.error_ns


def _second(stage: Stage) -> int:
    clock = stage.world.machine("m1").clock
    before_ns = clock.monotonic_ns()
    stage.world.run_for(SECOND)
    return clock.monotonic_ns() - before_ns


def _prepared(stage: Stage) -> list[str]:
    """How far a task of an image that is not there yet comes."""
    name = f"task-{stage.world.now}"
    order(stage.world, "m1", PrepareTask(OperationId(1), task(name, image=name), (), ()))
    stage.world.run_for(SECOND)
    return [phase.name for phase in phases(stage.world, "m1", name)]


def _programmed(stage: Stage) -> list[str]:
    ticket = Ticket(stage.world.now)
    order(stage.world, "m1", ProgramRoutes(ticket, RouteChanges(0, ticket)))
    stage.world.run_for(SECOND)
    told = [event for _, event in host_of(stage.world, "m1").heard if isinstance(event, RoutesApplied | RoutesFailed)]
    return [type(event).__name__ for event in told if event.ticket == ticket]


def _container(stage: Stage) -> tuple[bool, bool, int | None]:
    (container,) = stage.world.containers("m2")
    return container.running, container.healthy, container.exit_code


EFFECTS: Final = {
    type(effect.fault): effect
    for effect in (
        Effect(faults.Kill(("m1",)), _up),
        Effect(faults.KillDaemon(("m1",)), _up),
        Effect(faults.Restart(("m1",)), _incarnation),
        Effect(faults.Move(("m1",)), _address),
        Effect(faults.Pause(("m1",)), _hears),
        Effect(faults.Resume(("m1",)), _hears),
        Effect(faults.Partition((("m1", "m2"),)), Stage.reach),
        Effect(faults.OneWay(("m1",), ("m2", "m3")), Stage.reach),
        Effect(faults.Bridge(("m2",), (("m1",), ("m3", "m4"))), Stage.reach),
        Effect(faults.Ring(NAMES), Stage.reach),
        Effect(faults.Isolate(("m1",)), Stage.reach),
        Effect(faults.BreakCable(("m1",)), Stage.reach),
        Effect(faults.Flap(BETWEEN, every_ns=20 * SECOND), _over_time),
        Effect(faults.SlowLink(BETWEEN, latency_ns=SECOND), _at_once),
        Effect(faults.NarrowLink(BETWEEN, bandwidth_bits_per_s=1000), _at_once),
        Effect(faults.Loss(1.0, BETWEEN), _of_many),
        Effect(faults.Duplicate(1.0, BETWEEN), _of_many),
        Effect(faults.Reorder(0.5, BETWEEN), _in_order),
        Effect(faults.Heal(("m1",)), Stage.reach),
        Effect(faults.SlowDisk(("m1",), latency_ns=SECOND), _written),
        Effect(faults.FullDisk(("m1",)), _is_low),
        Effect(faults.FailDisk(("m1",)), _written),
        Effect(faults.CorruptDisk(("m1",)), _found),
        Effect(faults.LoseDisk(("m1",)), _up),
        Effect(faults.RepairDisk(("m1",)), _written),
        Effect(faults.SkewClock(("m1",), 5 * SECOND), _clock_error),
        Effect(faults.JumpClock(("m1",), 5 * SECOND), _clock_error),
        Effect(faults.DriftClock(("m1",), 0.5), _second),
        Effect(faults.StopEngine(("m1",)), _prepared),
        Effect(faults.FailPulls(("m1",)), _prepared),
        Effect(faults.CrashTask((WEB,)), _container),
        Effect(faults.ExitTask((WEB,), code=3), _container),
        Effect(faults.Unhealthy((WEB,)), _container),
        Effect(faults.OutOfMemory((WEB,)), _container),
        Effect(faults.FailRoutes(("m1",)), _programmed),
        Effect(faults.SlowRoutes(("m1",), latency_ns=5 * SECOND), _programmed),
        Effect(faults.MuteRoutes(("m1",)), _programmed),
    )
}
"""By the kind of fault; a house test holds that none is missing."""
