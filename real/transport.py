"""Frames between processes over TCP: a host dials its peers, hears whoever dials it, answers on either connection."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress

from core.backoff import Backoff
from core.codec.frames import Frame, FrameSplitter, encode_frame
from core.codec.wire import WireError
from core.effects import BecomeKnownAs, Peers, SendTo
from core.envelope import NOBODY, Envelope, seal
from core.ids import Address, NodeId
from core.raft.effects import Send
from core.timing import MS, SECOND

READ_BYTES = 256 * 1024
MAX_WAITING_FRAMES = 64
"""While a connection is being made, frames older than these are dropped."""
MAX_UNSENT_BYTES = 8 * 1024 * 1024
"""While the other side reads nothing, what comes on top of this is dropped."""
Hear = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


class Transport:
    """Implements `core.ports.Transport`. A host that `Peers` does not name is answered where it was last heard."""

    def __init__(
        self, on_frame: Callable[[Frame, asyncio.StreamWriter], None], on_lost: Callable[[asyncio.StreamWriter], None]
    ) -> None:
        self._on_frame = on_frame
        self._on_lost = on_lost
        self._known_as = NOBODY
        self._addresses: dict[NodeId, Address] = {}
        self._links: dict[Address, _Link] = {}
        self._heard: dict[NodeId, asyncio.StreamWriter] = {}

    def become(self, effect: BecomeKnownAs) -> None:
        """Send under these identities from here on."""
        self._known_as = effect

    def peers(self, effect: Peers) -> None:
        """Learn where peers are, and hang up on those that are none any more."""
        self._addresses = dict(effect.addresses)
        for address in self._links.keys() - self._addresses.values():
            self._links.pop(address).task.cancel()

    def send(self, effect: Send | SendTo) -> None:
        """Encode and hand over. Lost: what is for nobody, too large, or more than the other side takes in."""
        try:
            frame = encode_frame(seal(self._known_as, effect))
        except WireError as error:
            logging.error("not sent: %s", error)
            return
        address = effect.address if isinstance(effect, SendTo) else self._addresses.get(effect.to)
        if address is not None:
            if address not in self._links:
                self._links[address] = _Link(address, self.hear)
            self._links[address].send(frame)
        elif isinstance(effect, Send) and (writer := self._heard.get(effect.to)) is not None:
            write(writer, frame)

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take in one connection, whoever made it, to its end."""
        splitter = FrameSplitter()
        try:
            while data := await reader.read(READ_BYTES):
                for frame in splitter.feed(data):
                    if isinstance(frame, Envelope):
                        self._heard[frame.sender] = writer
                    self._on_frame(frame, writer)
        except (OSError, WireError) as error:
            logging.info("hung up on %s: %s", writer.get_extra_info("peername"), error)
        finally:
            writer.transport.abort()
            self._heard = {node_id: heard for node_id, heard in self._heard.items() if heard is not writer}
            self._on_lost(writer)


class _Link:
    """The connection to one address: made again, with back-off, whenever it breaks."""

    def __init__(self, address: Address, hear: Hear) -> None:
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: deque[bytes] = deque(maxlen=MAX_WAITING_FRAMES)
        self.task = asyncio.create_task(self._stay_connected(address, hear))

    def send(self, frame: bytes) -> None:
        if self._writer is None:
            self._waiting.append(frame)
        else:
            write(self._writer, frame)

    async def _stay_connected(self, address: Address, hear: Hear) -> None:
        host, _, port = address.rpartition(":")
        backoff = Backoff(20 * MS, SECOND)
        while True:
            with suppress(OSError):
                reader, self._writer = await asyncio.open_connection(host, int(port))
                backoff.reset()
                while self._waiting:
                    self._writer.write(self._waiting.popleft())
                await hear(reader, self._writer)
            self._writer = None
            await asyncio.sleep(backoff.next_ns() / SECOND)


def write(writer: asyncio.StreamWriter, frame: bytes) -> None:
    """Hand a frame to a connection unless too much waits there."""
    if writer.transport.get_write_buffer_size() + len(frame) <= MAX_UNSENT_BYTES:
        writer.write(frame)
