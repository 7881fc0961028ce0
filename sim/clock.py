"""A machine's clocks: a monotonic one that starts at boot and may drift, and a wall clock that may be wrong and jump.

Both run on the same crystal, so drift moves both. Reading is exact integer arithmetic: no two readings disagree.
"""

from sim.loop import Loop

WORLD_BEGAN_AT_NS = 1_767_225_600_000_000_000
"""True wall time at a world's beginning, unless it says otherwise: 2026-01-01T00:00:00Z, in nanoseconds."""

_BILLION = 1_000_000_000


class Clock:
    """Local time is `local_at` plus what the crystal has counted since the world's instant `world_at`."""

    __slots__ = ("_began_at_ns", "_drift_ppb", "_local_at", "_loop", "_skew_ns", "_world_at")

    def __init__(self, loop: Loop, began_at_ns: int = WORLD_BEGAN_AT_NS) -> None:
        self._loop = loop
        self._began_at_ns = began_at_ns
        self._drift_ppb = 0
        self._skew_ns = 0
        self._boot()

    def _boot(self) -> None:
        self._world_at = self._loop.now
        self._local_at = 0

    def reboot(self) -> None:
        """The monotonic clock starts at 0 again; the wall clock, kept by a battery, goes on."""
        error_ns = self.error_ns
        self._boot()
        self._skew_ns = error_ns

    def monotonic_ns(self) -> int:
        """Nanoseconds since boot, as this machine counts them."""
        elapsed_ns = self._loop.now - self._world_at
        if self._drift_ppb:
            elapsed_ns += elapsed_ns * self._drift_ppb // _BILLION
        return self._local_at + elapsed_ns

    def world_delay_ns(self, local_at: int) -> int:
        """How long the world has to wait until `monotonic_ns` reads at least `local_at`; 0 if it does already."""
        if not self._drift_ppb:
            return max(local_at - self._local_at + self._world_at - self._loop.now, 0)
        due_ns = -(-(local_at - self._local_at) * _BILLION // (_BILLION + self._drift_ppb))
        return max(self._world_at + due_ns - self._loop.now, 0)

    def wall_ns(self) -> int:
        """What this machine takes for nanoseconds since the epoch."""
        return self.wall_offset_ns() + self.monotonic_ns()

    def wall_offset_ns(self) -> int:
        """Wall time minus monotonic time: what `WallClock` tells a host. Only skew and jumps change it."""
        return self._began_at_ns + self._world_at - self._local_at + self._skew_ns

    @property
    def error_ns(self) -> int:
        """How far the wall clock is ahead of true time just now."""
        return self.wall_ns() - self._began_at_ns - self._loop.now

    @property
    def drift_ppb(self) -> int:
        """How much faster than true time the crystal runs, in billionths."""
        return self._drift_ppb

    def set_skew(self, skew_ns: int) -> None:
        """Set the wall clock this far ahead of true time (behind if negative), as of now."""
        self._skew_ns += skew_ns - self.error_ns

    def jump(self, by_ns: int) -> None:
        """The wall clock is set forward from where it is, or back if negative."""
        self._skew_ns += by_ns

    def set_drift(self, drift_ppb: int) -> None:
        """The crystal runs faster by this many billionths from now on, slower if negative; above -10^9."""
        if drift_ppb <= -_BILLION:
            raise ValueError(f"a clock with a drift of {drift_ppb} billionths would stand still: use more than -1e9")
        local_at, offset_ns = self.monotonic_ns(), self.wall_offset_ns()
        self._world_at, self._local_at = self._loop.now, local_at
        self._drift_ppb = drift_ppb
        self._skew_ns += offset_ns - self.wall_offset_ns()
