"""Faults of clocks: a test per word that shows its effect, and that ending it takes exactly that back."""

from fault_stage import Stage
from simulated import host_of

from core.effects import Effect
from core.events import (
    Event,
    WallClock,
)
from core.timing import SECOND
from core.trials import faults


def test_skew_clock() -> None:
    stage = Stage()
    clock = stage.world.machine("m1").clock
    clock.jump(SECOND)
    number = stage.start(faults.SkewClock(("m1",), -5 * SECOND))
    assert clock.error_ns == -5 * SECOND
    assert host_of(stage.world, "m1").events(WallClock)[-1] == WallClock(clock.wall_offset_ns())
    stage.end(number)
    assert clock.error_ns == SECOND


def test_jump_clock() -> None:
    stage = Stage()
    before = host_of(stage.world, "m1").events(WallClock)[-1]
    stage.start(faults.JumpClock(("m1",), 3 * SECOND))
    after = host_of(stage.world, "m1").events(WallClock)[-1]
    assert after.offset_ns - before.offset_ns == 3 * SECOND


def test_drift_clock() -> None:
    stage = Stage()
    host = host_of(stage.world, "m1")
    host.wake_at = 10 * SECOND
    number = stage.start(faults.DriftClock(("m1",), 1.0))
    ticked_at: list[int] = []

    def note(now: int, event: Event) -> list[Effect]:
        ticked_at.append(stage.world.now)
        host.wake_at = None
        return []

    host.script = note
    stage.world.run_for(6 * SECOND)
    assert ticked_at == [5 * SECOND], "a clock that runs twice as fast wakes its host twice as early"
    stage.end(number)
    clock = stage.world.machine("m1").clock
    before = clock.monotonic_ns()
    stage.world.run_for(SECOND)
    assert clock.monotonic_ns() - before == SECOND
