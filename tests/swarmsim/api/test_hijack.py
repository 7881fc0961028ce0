"""Connections that stop to be HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from swarmsim.api.streams.backlog import Backlog
from swarmsim.api.streams.hijack import Hijacked

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
PATIENCE_S = 20.0
KIND = "application/vnd.docker.multiplexed-stream"


@asynccontextmanager
async def connected(socket: Path, handler: Handler, *headers: str) -> AsyncIterator[Streams]:
    """A client that has asked, and read the head of the answer from the second line on into nothing."""
    app = web.Application()
    app.router.add_post("/", handler)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        lines = ("POST / HTTP/1.1", "Host: any", *headers, "Content-Length: 2", "", "{}")
        writer.write("\r\n".join(lines).encode())
        async with asyncio.timeout(PATIENCE_S):
            yield reader, writer
    finally:
        writer.close()
        await runner.cleanup()


UPGRADE = ("Connection: Upgrade", "Upgrade: tcp")


async def echo(request: web.Request) -> web.StreamResponse:
    """Sends the body back, then what comes, until the client says no more; then it says goodbye."""
    body = await request.read()
    connection, backlog = Hijacked(request, KIND), Backlog()
    sending = asyncio.ensure_future(connection.send(backlog))
    backlog.put(body)
    while data := await connection.read():
        backlog.put(data)
    backlog.put(b"goodbye")
    backlog.end()
    await sending
    return await connection.close()


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [(UPGRADE, "101 UPGRADED", KIND), ((), "200 OK", "application/vnd.docker.raw-stream")],
)
def test_both_sides_speak_and_the_client_goes_on_reading_when_it_has_said_all(
    tmp_path: Path, headers: tuple[str, ...], status: str, kind: str
) -> None:
    async def story() -> None:
        async with connected(tmp_path / "s", echo, *headers) as (reader, writer):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            assert head.startswith(f"HTTP/1.1 {status}\r\n")
            assert f"Content-Type: {kind}\r\n" in head
            assert await reader.readexactly(2) == b"{}"
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            writer.write_eof()
            assert await reader.read() == b"goodbye"

    asyncio.run(story())


def test_what_the_client_still_sends_does_not_break_what_it_is_told(tmp_path: Path) -> None:
    async def short(request: web.Request) -> web.StreamResponse:
        connection, backlog = Hijacked(request, KIND), Backlog()
        backlog.put(b"all there is")
        backlog.end()
        await connection.send(backlog)
        return await connection.close()

    async def story() -> None:
        async with connected(tmp_path / "s", short, *UPGRADE) as (reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"x" * 100_000)
            assert await reader.read() == b"all there is"

    asyncio.run(story())


def test_a_client_that_goes_away_ends_its_handler(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        try:
            await Hijacked(request, KIND).send(Backlog())
        finally:
            ended.set()
        raise AssertionError("nothing ends it but the client")

    async def story() -> None:
        async with connected(tmp_path / "s", endless, *UPGRADE) as (reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.close()
            await ended.wait()

    asyncio.run(story())


def test_a_client_that_does_not_read_makes_its_backlog_overrun(tmp_path: Path) -> None:
    backlog, overrun = Backlog(longest_bytes=100_000), asyncio.Event()

    async def talkative(request: web.Request) -> web.StreamResponse:
        connection = Hijacked(request, KIND)
        sending = asyncio.ensure_future(connection.send(backlog))
        while not backlog.overrun:
            backlog.put(b"x" * 10_000)
            await asyncio.sleep(0)
        overrun.set()
        await sending
        return await connection.close()

    async def story() -> None:
        async with connected(tmp_path / "s", talkative, *UPGRADE) as (reader, _):
            await reader.readuntil(b"\r\n\r\n")
            await overrun.wait()
            told = await reader.read()
            assert set(told) == {ord("x")}
            assert len(told) % 10_000 == 0

    asyncio.run(story())
