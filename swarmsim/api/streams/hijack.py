"""A connection that stops to be HTTP: after the request's head, bytes go both ways until one side has had enough.

A client that has nothing more to say closes its half and goes on reading, so the end of its input is not its end.
"""

import asyncio
import fcntl
import select
import termios
from typing import Final

from aiohttp import web

from swarmsim.api.streams.backlog import Backlog
from swarmsim.api.streams.multiplex import RAW
from swarmsim.containers import Session

_UNREAD: Final = 1000
"""Pieces of input that may wait before no more is read."""
_GOODBYE_S: Final = 2.0
"""How long a client gets to hang up once it has been told everything: what it still sends must not break that."""
_LOOK_S: Final = 0.5
"""Between two looks whether a client is there that says nothing more."""
_HEAD_LOOK_S: Final = 0.002
_HEAD_LOOKS: Final = 250
"""How often it is looked whether the client has read that it may go on."""


class Hijacked(asyncio.Protocol):
    """Takes a request's connection over; `close` ends it."""

    def __init__(self, request: web.Request, content_type: str) -> None:
        assert request.transport is not None, "its client is there"
        assert isinstance(request.transport, asyncio.Transport)
        self._transport = request.transport
        self._before = request.protocol
        self._input: list[bytes] = []
        self._input_ended = False
        self._heard = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport.set_protocol(self)
        if "upgrade" in request.headers.get("Connection", "").lower():
            head = (
                f"HTTP/1.1 101 UPGRADED\r\nContent-Type: {content_type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
            )
        else:
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {RAW}\r\n\r\n"
        self._transport.write(head.encode())

    # --- what the loop tells

    def data_received(self, data: bytes) -> None:
        self._input.append(data)
        if len(self._input) >= _UNREAD:
            self._transport.pause_reading()
        self._heard.set()

    def eof_received(self) -> bool:
        self._input_ended = True
        self._heard.set()
        self._look_for_the_client()
        return True

    def _look_for_the_client(self) -> None:
        """One that hangs up looks like one that only has nothing more to say: ask the kernel, now and again.

        Over TCP it does not know before something is sent.
        """
        if self._transport.is_closing():
            return
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket").fileno(), 0)
        if any(happened & select.POLLHUP for _, happened in poll.poll(0)):
            self._transport.abort()
        else:
            asyncio.get_running_loop().call_later(_LOOK_S, self._look_for_the_client)

    def connection_lost(self, error: Exception | None) -> None:
        self._input_ended = True
        self._heard.set()
        self._writable.set()
        self._before.connection_lost(error)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # --- what the handler does

    async def read(self) -> bytes:
        """What the client has sent, as soon as there is some; empty when it sends nothing more."""
        while not self._input and not self._input_ended:
            self._heard.clear()
            await self._heard.wait()
        data, self._input = b"".join(self._input), []
        if not self._transport.is_closing():
            self._transport.resume_reading()
        return data

    async def send(self, backlog: Backlog) -> None:
        """Send what comes, at the client's speed, until it ends or the client is gone."""
        await self._head_read()
        while data := await backlog.next():
            if self._transport.is_closing():
                return
            self._transport.write(data)
            await self._writable.wait()

    async def _head_read(self) -> None:
        """Give the client time to read the head: Docker's SDK for Python loses what comes in one piece with it."""
        handle = self._transport.get_extra_info("socket")
        for _ in range(_HEAD_LOOKS):
            await asyncio.sleep(_HEAD_LOOK_S)
            unread = fcntl.ioctl(handle.fileno(), termios.TIOCOUTQ, bytes(4)) if handle.fileno() >= 0 else bytes(4)
            if not any(unread):
                return

    async def close(self) -> web.Response:
        """Everything is said. What is returned is for the server, and is sent to nobody."""
        if not self._transport.is_closing() and self._transport.can_write_eof():
            self._transport.write_eof()
            try:
                async with asyncio.timeout(_GOODBYE_S):
                    while await self.read():
                        pass
            except TimeoutError:
                pass
        self._transport.close()
        return web.Response()


async def converse(connection: Hijacked, backlog: Backlog, session: Session) -> web.Response:
    """Have the client hear what waits for it and be heard by the session, until the former ends."""

    async def listen() -> None:
        while data := await connection.read():
            session.feed(data)
        session.end_input()

    listening = asyncio.ensure_future(listen())
    try:
        await connection.send(backlog)
        listening.cancel()
        return await connection.close()
    finally:
        listening.cancel()
        session.leave()
