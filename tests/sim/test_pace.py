"""A host that spins is noticed; one that is busy is not."""

import pytest
from simulated import host_of, scripted_world

from core.effects import Effect
from core.events import Event
from core.timing import SECOND
from sim.daemon import PACE_STEPS, PACE_WINDOW_NS, HostSpinsError
from sim.world import World


def ticking(interval_ns: int) -> World:
    """A world whose one host wants to be woken again and again after that long."""
    world = scripted_world("m1")
    host = host_of(world, "m1")

    def again(now: int, event: Event) -> list[Effect]:
        host.wake_at = now + interval_ns
        return []

    host.script = again
    daemon = world.machine("m1").daemon
    assert daemon is not None
    daemon.tell_wall_clock()
    return world


def test_a_busy_host_is_left_alone() -> None:
    world = ticking(2 * PACE_WINDOW_NS // PACE_STEPS)
    world.run_for(1 * SECOND)
    daemon = world.machine("m1").daemon
    assert daemon is not None
    assert daemon.step_count > 4 * PACE_STEPS


def test_a_host_that_is_called_without_end_is_noticed() -> None:
    world = ticking(0)
    with pytest.raises(HostSpinsError, match="m1 took 20000 steps within 100 ms, the last one for Tick"):
        world.run_for(1 * SECOND)
