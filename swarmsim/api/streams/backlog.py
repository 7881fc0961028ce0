"""What waits to be sent to one client: put there as it happens, taken as fast as the client reads."""

import asyncio
from typing import Final

LONGEST_BYTES: Final = 64 * 1024 * 1024
"""Who leaves more than this unread is cut off."""


class Backlog:
    """Bytes in order. Callbacks of the world put them in; `pieces` are awaited by whoever sends."""

    def __init__(self, longest_bytes: int = LONGEST_BYTES) -> None:
        self.overrun = False
        """The client was too slow: something is missing, and nothing will come any more."""
        self._longest_bytes = longest_bytes
        self._pieces: list[bytes] = []
        self._size_bytes = 0
        self._ended = False
        self._changed = asyncio.Event()

    def put(self, data: bytes) -> None:
        """One more piece, unless it has ended."""
        if self._ended:
            return
        if self._size_bytes + len(data) > self._longest_bytes:
            self.overrun = True
            self.end()
            return
        self._pieces.append(data)
        self._size_bytes += len(data)
        self._changed.set()

    def end(self) -> None:
        """Nothing will come any more."""
        self._ended = True
        self._changed.set()

    async def next(self) -> bytes:
        """All there is, as soon as there is something; empty at the end."""
        while not self._pieces and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        taken, self._pieces, self._size_bytes = b"".join(self._pieces), [], 0
        return taken
