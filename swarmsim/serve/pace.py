"""Has a simulated world's time go by as a real clock's does, so many times faster, or only while somebody waits.

Theory of operation. One task on the server's event loop runs the world in slices, so that connections are served in
between. In step with the wall clock, the world is due at `speed` times what has passed since the anchor; a world that
cannot keep up is anchored anew where it is: it becomes slower, and never catches up in a rush. At full speed it runs
for as long as anybody waits, and for a little while after, since clients that poll wait most of the time for their own
next question. A slice ends at once when somebody is answered: else the world would run on while the answer is on its
way.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from core.timing import MS, SECOND

SLICE_NS: Final = 2 * MS
"""Of wall time: how long the world may run before connections are served again."""
LAG_NS: Final = 500 * MS
"""Of wall time: a world that is further behind than this does not catch up."""
LINGER_NS: Final = 1 * SECOND
"""Of wall time: for how long a world at full speed runs on when nobody waits any more."""
STEP_NS: Final = 5 * MS
"""Of the world's time: how far it is told to run at once."""


class Paced(Protocol):
    """What of a world has to do with its time."""

    @property
    def now_ns(self) -> int: ...

    def run_until(self, at_ns: int) -> None: ...

    def next_at(self) -> int | None:
        """When something happens next; None if nothing ever does by itself."""


class Pace:
    """`speed` in world's seconds per second, None for as fast as it goes; `clock` tells real nanoseconds."""

    def __init__(self, world: Paced, speed: float | None, clock: Callable[[], int]) -> None:
        self.speed = speed
        self._world = world
        self._clock = clock
        self._waiting_count = 0
        self._waited_until = clock()
        self._changed = asyncio.Event()
        self._is_answered = False
        self._anchor(clock())

    def _anchor(self, at: int) -> None:
        self._anchor_wall, self._anchor_world = at, self._world.now_ns

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Somebody waits for what happens in the world: it is brought up to date, and goes on until they do not."""
        self._catch_up()
        self._waiting_count += 1
        self._changed.set()
        try:
            yield
        finally:
            self._waiting_count -= 1
            self._waited_until = self._clock()

    def answered(self) -> None:
        """What somebody waits for has come: at full speed, they are told before the world goes on."""
        self._is_answered = True

    async def run(self) -> None:
        """For ever, until it is cancelled."""
        while True:
            self._changed.clear()
            rest_ns = self._run_slice()
            if rest_ns == 0:
                await asyncio.sleep(0)
                continue
            try:
                async with asyncio.timeout(None if rest_ns is None else rest_ns / SECOND):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _run_slice(self) -> int | None:
        """Run the world for a slice at most; for how long it then rests, None until somebody waits."""
        if self.speed is None:
            return self._run_at_full_speed()
        self._catch_up()
        next_at = self._world.next_at()
        if next_at is None:
            return None
        return max(int((next_at - self._due()) / self.speed), 0)

    def _run_at_full_speed(self) -> int | None:
        started = self._clock()
        self._is_answered = False
        while self._waiting_count or started - self._waited_until < LINGER_NS:
            self._world.run_until(self._world.now_ns + STEP_NS)
            if self._is_answered or self._clock() - started >= SLICE_NS:
                return 0
        return None

    def _due(self) -> int:
        """Where the world is to be by now."""
        assert self.speed is not None
        return self._anchor_world + int((self._clock() - self._anchor_wall) * self.speed)

    def _catch_up(self) -> None:
        """Run it to where it is to be, for a slice at most."""
        if self.speed is None:
            return
        started = self._clock()
        due = self._due()
        while self._world.now_ns < due:
            self._world.run_until(min(due, self._world.now_ns + STEP_NS))
            if (now := self._clock()) - started >= SLICE_NS:
                if self._due() - self._world.now_ns > LAG_NS * self.speed:
                    self._anchor(now)
                return
