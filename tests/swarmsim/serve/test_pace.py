"""How a served world's time goes by. The wall clock here is a number that the tests set."""

import asyncio
from collections.abc import Callable

import pytest

from core.timing import MS, SECOND
from swarmsim.serve.pace import LAG_NS, LINGER_NS, STEP_NS, Pace


class Wall:
    """A clock that stands still unless it is told otherwise, or takes a little with each look."""

    def __init__(self, per_look_ns: int = 0) -> None:
        self.now_ns = 0
        self.per_look_ns = per_look_ns

    def __call__(self) -> int:
        self.now_ns += self.per_look_ns
        return self.now_ns


class Ticking:
    """A world in which something happens every 10 ms; to run it may take wall time."""

    def __init__(self, wall: Wall, cost: float = 0.0) -> None:
        self.now_ns = 0
        self._wall = wall
        self._cost = cost
        self.at_next_step: Callable[[], None] = lambda: None

    def run_until(self, at_ns: int) -> None:
        self._wall.now_ns += int((at_ns - self.now_ns) * self._cost)
        self.now_ns = at_ns
        self.at_next_step()

    def next_at(self) -> int | None:
        return (self.now_ns // (10 * MS) + 1) * 10 * MS


def with_pace(wall: Wall, world: Ticking, speed: float | None, look: Callable[[Pace], None]) -> None:
    async def story() -> None:
        look(Pace(world, speed, wall))

    asyncio.run(story())


@pytest.mark.parametrize("speed", [1.0, 10.0, 0.5])
def test_who_asks_finds_the_world_where_the_clock_says(speed: float) -> None:
    wall = Wall()
    world = Ticking(wall)

    def look(pace: Pace) -> None:
        wall.now_ns = 3 * SECOND
        with pace.awaited():
            assert world.now_ns == 3 * SECOND * speed

    with_pace(wall, world, speed, look)


def test_a_world_that_cannot_keep_up_becomes_slower_and_never_rushes() -> None:
    wall = Wall()
    world = Ticking(wall, cost=2.0)

    def look(pace: Pace) -> None:
        wall.now_ns = 10 * SECOND
        with pace.awaited():
            pass
        behind = world.now_ns
        assert behind < 1 * SECOND, "a slice ran, and no more"
        world._cost = 0.0
        wall.now_ns += 100 * MS
        with pace.awaited():
            pass
        assert world.now_ns - behind == 100 * MS, "what was missed is not made up for"

    with_pace(wall, world, 1.0, look)


def test_a_short_delay_is_made_up_for() -> None:
    wall = Wall()
    world = Ticking(wall)

    def look(pace: Pace) -> None:
        wall.now_ns = LAG_NS // 2
        with pace.awaited():
            assert world.now_ns == LAG_NS // 2

    with_pace(wall, world, 1.0, look)


def test_at_full_speed_the_world_stands_still_unless_somebody_waits() -> None:
    wall = Wall(per_look_ns=1 * MS)
    world = Ticking(wall)

    async def story() -> None:
        pace = Pace(world, None, wall)
        wall.now_ns += 2 * LINGER_NS
        running = asyncio.create_task(pace.run())
        await asyncio.sleep(0)
        assert world.now_ns == 0
        with pace.awaited():
            for _ in range(3):
                await asyncio.sleep(0)
        assert world.now_ns > 0
        reached = world.now_ns
        await asyncio.sleep(0)
        assert world.now_ns > reached, "who has just been answered may ask again at once"
        wall.now_ns += 2 * LINGER_NS
        await asyncio.sleep(0)
        reached = world.now_ns
        await asyncio.sleep(0)
        assert world.now_ns == reached
        running.cancel()

    asyncio.run(story())


def test_the_server_is_not_held_up_by_a_world_that_is_behind() -> None:
    wall = Wall(per_look_ns=1 * MS)
    world = Ticking(wall, cost=1.0)

    async def story() -> None:
        running = asyncio.create_task(Pace(world, 1.0, wall).run())
        wall.now_ns += 5 * SECOND
        await asyncio.sleep(0)
        assert 0 < world.now_ns < 100 * MS
        running.cancel()

    asyncio.run(story())


def test_at_full_speed_who_is_answered_is_told_before_the_world_goes_on() -> None:
    wall = Wall()
    world = Ticking(wall)

    async def story() -> None:
        pace = Pace(world, None, wall)
        running = asyncio.create_task(pace.run())
        with pace.awaited():
            world.at_next_step = pace.answered
            await asyncio.sleep(0)
            assert world.now_ns == STEP_NS, "the wall clock stands still: without an answer the slice would not end"
        running.cancel()

    asyncio.run(story())
