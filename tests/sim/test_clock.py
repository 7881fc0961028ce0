"""A machine's clocks: exact, drifting as one crystal, the wall clock alone wrong and jumping."""

from hypothesis import given
from hypothesis import strategies as st

from core.timing import MS, SECOND
from sim.clock import WORLD_BEGAN_AT_NS, Clock
from sim.loop import Loop

drifts = st.integers(-900_000_000, 2_000_000_000)
moments = st.integers(0, 10**15)


def test_a_clock_starts_at_boot_and_counts_true_time() -> None:
    loop = Loop(1)
    loop.run_until(5 * SECOND)
    clock = Clock(loop)
    loop.run_until(7 * SECOND)
    assert clock.monotonic_ns() == 2 * SECOND
    assert clock.wall_ns() == WORLD_BEGAN_AT_NS + 7 * SECOND


def test_the_wall_clock_outlives_a_reboot_with_its_error_and_the_monotonic_one_does_not() -> None:
    loop = Loop(1)
    clock = Clock(loop)
    clock.set_skew(-3 * SECOND)
    loop.run_until(10 * SECOND)
    clock.reboot()
    assert clock.monotonic_ns() == 0
    assert clock.error_ns == -3 * SECOND


def test_a_jump_moves_the_wall_clock_only() -> None:
    loop = Loop(1)
    clock = Clock(loop)
    loop.run_until(SECOND)
    offset_ns = clock.wall_offset_ns()
    clock.jump(-90 * SECOND)
    assert clock.monotonic_ns() == SECOND
    assert clock.wall_offset_ns() == offset_ns - 90 * SECOND


def test_drift_moves_both_clocks_and_the_offset_between_them_stays() -> None:
    loop = Loop(1)
    clock = Clock(loop)
    offset_ns = clock.wall_offset_ns()
    clock.set_drift(10_000_000)
    loop.run_until(SECOND)
    assert clock.monotonic_ns() == 1010 * MS
    assert clock.error_ns == 10 * MS
    clock.set_drift(0)
    loop.run_until(2 * SECOND)
    assert clock.monotonic_ns() == 2010 * MS
    assert clock.wall_offset_ns() == offset_ns


@given(drift_ppb=drifts, changed_at=moments, ahead_ns=st.integers(1, 10**12))
def test_a_wake_up_comes_when_the_clock_reads_the_deadline_and_not_before(
    drift_ppb: int, changed_at: int, ahead_ns: int
) -> None:
    loop = Loop(1)
    clock = Clock(loop)
    loop.run_until(changed_at)
    clock.set_drift(drift_ppb)
    deadline = clock.monotonic_ns() + ahead_ns
    delay_ns = clock.world_delay_ns(deadline)
    loop.run_until(changed_at + delay_ns - 1)
    assert clock.monotonic_ns() < deadline
    loop.run_until(changed_at + delay_ns)
    assert clock.monotonic_ns() >= deadline


@given(steps=st.lists(st.tuples(drifts, st.integers(0, 10**10)), min_size=1, max_size=5))
def test_a_monotonic_clock_never_goes_back(steps: list[tuple[int, int]]) -> None:
    loop = Loop(1)
    clock = Clock(loop)
    seen = [clock.monotonic_ns()]
    for drift_ppb, pass_ns in steps:
        clock.set_drift(drift_ppb)
        seen.append(clock.monotonic_ns())
        loop.run_until(loop.now + pass_ns)
        seen.append(clock.monotonic_ns())
    assert seen == sorted(seen)
