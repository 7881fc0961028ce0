"""Frames between processes over TCP: a host dials its peers, hears whoever dials it, answers on either connection."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import count

from core.backoff import Backoff
from core.codec.frames import Frame, FrameSplitter, encode_frame
from core.codec.wire import WireError
from core.effects import BecomeKnownAs, Peers, SendTo
from core.envelope import NOBODY, Envelope, seal
from core.ids import Address, NodeId
from core.raft.effects import Send
from core.timing import MS, SECOND

MAX_UNSENT_FRAMES = 64  # per address, while a connection is being made: older ones are dropped
MAX_UNSENT_BYTES = 8 * 1024 * 1024  # per connection, while the other side does not read: newer ones are dropped


class Transport:
    """Implements `core.ports.Transport`. Who is not where `Peers` says is answered where it was heard.

    Of two connections with a host the one made later counts: if it has moved, the other one leads nowhere in silence.
    """

    def __init__(self, on_frame: Callable[[Frame, asyncio.StreamWriter], None]) -> None:
        self._on_frame = on_frame
        self._known_as = NOBODY
        self._addresses: dict[NodeId, Address] = {}
        self._dialling: dict[Address, asyncio.Task[None]] = {}
        self._unsent: dict[Address, deque[bytes]] = {}
        self._dialled: dict[Address, asyncio.StreamWriter] = {}
        self._heard: dict[NodeId, asyncio.StreamWriter] = {}
        self._made: dict[asyncio.StreamWriter | None, int] = {}  # open connections, numbered as they were made
        self._numbers = count(1)

    def become(self, effect: BecomeKnownAs) -> None:
        """Send under these identities from here on."""
        self._known_as = effect

    def peers(self, effect: Peers) -> None:
        """Learn where peers are, and hang up on those that are none any more."""
        self._addresses = dict(effect.addresses)
        for address in self._dialling.keys() - self._addresses.values():
            self._dialling.pop(address).cancel()

    def send(self, effect: Send | SendTo) -> None:
        """Encode and hand over. Lost: what is for nobody, too large, or more than the other side takes in."""
        try:
            frame = encode_frame(seal(self._known_as, effect))
        except WireError as error:
            logging.error("not sent: %s", error)
            return
        if isinstance(effect, Send) and effect.to not in self._addresses:
            write(self._heard.get(effect.to), frame)
            return
        address = effect.address if isinstance(effect, SendTo) else self._addresses[effect.to]
        if address not in self._dialling:
            self._dialling[address] = asyncio.create_task(self._dial(address))
        heard = self._heard.get(effect.to) if isinstance(effect, Send) else None
        ways = sorted((self._dialled.get(address), heard), key=lambda way: self._made.get(way, 0), reverse=True)
        if not any(write(way, frame) for way in ways):
            self._unsent.setdefault(address, deque(maxlen=MAX_UNSENT_FRAMES)).append(frame)

    async def _dial(self, address: Address) -> None:
        host, _, port = address.rpartition(":")
        backoff = Backoff(20 * MS, SECOND)
        while True:
            with suppress(OSError, OverflowError, ValueError):  # the last two for what is no address
                reader, writer = await asyncio.open_connection(host, int(port))
                backoff.reset()
                writer.writelines(self._unsent.pop(address, ()))
                self._dialled[address] = writer
                await self.hear(reader, writer)
            await asyncio.sleep(backoff.next_ns() / SECOND)

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take in one connection, whoever made it, to its end."""
        splitter = FrameSplitter()
        self._made[writer] = next(self._numbers)
        try:
            while data := await reader.read(MAX_UNSENT_BYTES):
                for frame in splitter.feed(data):
                    if isinstance(frame, Envelope):
                        self._heard[frame.sender] = writer
                    self._on_frame(frame, writer)
        except (OSError, WireError) as error:
            logging.info("hung up on %s: %s", writer.get_extra_info("peername"), error)
        finally:
            del self._made[writer]
            writer.transport.abort()


def write(writer: asyncio.StreamWriter | None, frame: bytes) -> bool:
    """Hand a frame to a connection, unless too much waits there; False if there is no connection (any more)."""
    if writer is None or writer.is_closing():
        return False
    if writer.transport.get_write_buffer_size() <= MAX_UNSENT_BYTES:
        writer.write(frame)
    return True
