"""Clients that follow what a container writes, or what happens to it, and go away, or do not read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from fake_world import FakeWorld, status

from core.objects.task import ContainerSpec
from core.timing import SECOND
from swarmsim.api.host import ApiHost, OwnPace
from swarmsim.api.server import application
from swarmsim.api.streams.backlog import LONGEST_BYTES
from swarmsim.containers import ContainerState, EngineContainer, LineTaker, LogWish, Output, OutputLine, Status, Undo
from swarmsim.world import Power

PATIENCE_S = 20.0
MIB = 1024 * 1024


class OneContainer:
    """An engine with one container that runs: who reads its log or watches it is counted."""

    def __init__(self) -> None:
        self.takers: list[LineTaker] = []
        self.watcher_count = 0
        self.changed = asyncio.Event()

    def containers(self) -> tuple[EngineContainer, ...]:
        state = ContainerState(Status.RUNNING, 1)
        spec = ContainerSpec("nginx")
        return (
            EngineContainer(
                id="c" * 64, name="web", created_at=1, spec=spec, image_id="", argv=("nginx",), environment=(),
                hostname="web", labels={}, state=state,
            ),
        )  # fmt: skip

    def watch(self, listener: Callable[[Any], None]) -> Undo:
        self.watcher_count += 1
        return self._unwatch

    def _unwatch(self) -> None:
        self.watcher_count -= 1
        self.changed.set()

    def logs(self, container_id: str, wish: LogWish, taker: LineTaker) -> Undo:
        self.takers.append(taker)
        self.changed.set()

        def undo() -> None:
            self.takers.remove(taker)
            self.changed.set()

        return undo

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds."""
        while not holds():
            self.changed.clear()
            await self.changed.wait()


class EngineWorld(FakeWorld):
    """A world whose only host has that engine."""

    def __init__(self, engine: OneContainer) -> None:
        super().__init__("m1")
        self._engine = engine

    def engine(self, host: str) -> Any:
        return self._engine

    def task_logs(self, *_: Any) -> Undo:
        raise NotImplementedError


@asynccontextmanager
async def asked(
    socket: Path, engine: OneContainer, target: str, method: str = "GET"
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A client of that host that has sent a request and read the head of the answer."""
    host = ApiHost(EngineWorld(engine), "m1", OwnPace())
    runner = web.AppRunner(application(host), handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        writer.write(
            f"{method} {target} HTTP/1.1\r\nHost: any\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode()
        )
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            yield reader, writer
    finally:
        writer.close()
        await runner.cleanup()


def test_who_goes_away_follows_no_log_any_more(tmp_path: Path) -> None:
    async def story() -> None:
        engine = OneContainer()
        async with asked(tmp_path / "s", engine, "/containers/web/logs?stdout=1&follow=1") as (reader, writer):
            engine.takers[0](OutputLine(1, Output.STDOUT, b"one"))
            assert await reader.readuntil(b"one\n")
            writer.close()
            await engine.until(lambda: not engine.takers)

    asyncio.run(story())


def test_who_goes_away_waits_no_more(tmp_path: Path) -> None:
    async def story() -> None:
        engine = OneContainer()
        async with asked(tmp_path / "s", engine, "/containers/web/wait", "POST") as (_, writer):
            before = engine.watcher_count
            writer.close()
            await engine.until(lambda: engine.watcher_count == before - 1)

    asyncio.run(story())


@pytest.mark.parametrize("too_much", [False, True])
def test_who_does_not_read_is_cut_off_in_the_end_and_told_so(tmp_path: Path, too_much: bool) -> None:
    async def story() -> None:
        engine = OneContainer()
        async with asked(tmp_path / "s", engine, "/containers/web/logs?stdout=1&follow=1") as (reader, _):
            taker, count = engine.takers[0], LONGEST_BYTES // MIB - 1
            for _ in range(count + 2 if too_much else count):
                taker(OutputLine(1, Output.STDOUT, b"x" * MIB))
            taker(None)
            told = await reader.read()
            assert told.count(b"x") == count * MIB
            assert (b"reads more slowly" in told) is too_much

    asyncio.run(story())


def test_a_daemon_that_does_not_get_to_run_answers_when_it_does() -> None:
    async def story() -> None:
        world = EngineWorld(OneContainer())
        host = ApiHost(world, "m1", OwnPace())
        world.statuses["m1"] = status("m1", power=Power.PAUSED)
        asking = asyncio.ensure_future(host.engine())
        for _ in range(100):
            await asyncio.sleep(0)
            world.run_until(world.now_ns + SECOND)
        assert not asking.done()
        world.statuses["m1"] = status("m1")
        while not asking.done():
            await asyncio.sleep(0)
            world.run_until(world.now_ns + SECOND)
        assert asking.result() is world.engine("m1")

    asyncio.run(story())
