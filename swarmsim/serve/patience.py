"""How long a client may take to say what it wants: aiohttp waits for the head of a request for ever.

A connection is given up that has begun a request, or has never made one, and does not come to its end in time. One that
has been answered may stay idle. What the client sends is the concern of `handler`, which is aiohttp's own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

HEAD_PATIENCE_S: Final = 20.0


class PatientProtocol(asyncio.Protocol):
    """Between one connection and what handles it."""

    def __init__(self, handler: asyncio.Protocol, patience_s: float) -> None:
        self._handler = handler
        self._patience_s = patience_s
        self._transport: asyncio.BaseTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_served = False

    def served(self, is_served: bool) -> None:
        """A request is being handled from now on; or, not any more."""
        self._is_served = is_served
        self._stop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._handler.connection_made(transport)
        self._start()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        self._handler.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._is_served:
            self._start()
        self._handler.data_received(data)

    def eof_received(self) -> bool | None:
        return self._handler.eof_received()

    def pause_writing(self) -> None:
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self._handler.resume_writing()

    def _start(self) -> None:
        """Unless it runs: more of a head gains no time."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._patience_s, self._give_up)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()


@web.middleware
async def heard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Tells the connection of a request that it has been heard out, and when it has been answered."""
    protocol = request.transport.get_protocol() if request.transport is not None else None
    if not isinstance(protocol, PatientProtocol):
        return await handler(request)
    protocol.served(True)
    try:
        return await handler(request)
    finally:
        protocol.served(False)
