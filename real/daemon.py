"""One `Host` on this machine: events in from clock, disk, peers and clients; effects out to them.

No container engine, no data plane: orders to either are answered as failed. No TLS: it listens on loopback only.
"""

import argparse
import asyncio
import logging
import secrets
import socket
import sys
import time
from collections.abc import Callable
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from core import effects, events, facts
from core.absent import REFUSED, refusal
from core.codec.frames import Frame, Request, encode_response
from core.durability import Persist
from core.envelope import Envelope
from core.host import Host, HostConfig
from core.ids import Address, NodeId, Ticket
from core.objects.node import NodeDescription
from core.ports import Deliver
from core.raft import effects as raft
from core.raft.config import RaftConfig
from core.raft.events import Cancelled, Tick
from core.raft.records import RaftDurable
from core.timing import MS, PROFILES, SECOND
from real.storage import Storage
from real.transport import Transport, write

LOGGED_FACTS = (raft.RoleChanged, raft.Leading, raft.MembershipChanged, facts.HostPhaseChanged, facts.Halted)
LEVELS: dict[type, int] = dict.fromkeys(LOGGED_FACTS, logging.INFO)


class Daemon:
    """Runs one host until it halts: `halted` then tells why, or holds what a step raised."""

    def __init__(self, storage: Storage, config: HostConfig) -> None:
        self._loop = asyncio.get_running_loop()
        self.halted: asyncio.Future[str] = self._loop.create_future()
        self._transport = Transport(self._on_frame)
        self._tickets = map(Ticket, count(1))
        self._clients: dict[Ticket, tuple[asyncio.StreamWriter, int]] = {}
        self._timer = self._loop.call_later(0, self.deliver, Tick())
        durable = storage.recover()
        self._host = Host.recover(config, durable, Random(secrets.randbits(256)), time.monotonic_ns())
        self._perform: dict[type, Callable[[Any], object]] = {
            **dict.fromkeys((raft.Send, effects.SendTo), self._transport.send),
            effects.Peers: self._transport.peers,
            effects.BecomeKnownAs: self._transport.become,
            Persist: lambda effect: storage.persist(effect, self.deliver),
            raft.Reply: self._reply,
            raft.Observe: lambda effect: logging.log(LEVELS.get(type(effect.fact), logging.DEBUG), "%s", effect.fact),
            effects.MakeKeys: lambda effect: make_keys(effect, self.deliver),
            effects.SealWith: lambda effect: None,  # the journal is not encrypted
            effects.OpenLog: lambda effect: self._loop.call_soon(self._open_log, durable.raft),
            effects.Halt: lambda effect: self.halted.set_result(effect.reason),
            **dict.fromkeys(REFUSED, lambda effect: self._loop.call_soon(self.deliver, refusal(effect))),
        }

    def deliver(self, event: events.Event) -> None:
        """Give the host an event and do what it asks for."""
        if self.halted.done():
            return
        try:
            for effect in self._host.step(time.monotonic_ns(), event):
                self._perform[type(effect)](effect)
            self._timer.cancel()
            if (deadline := self._host.deadline()) is not None:
                self._timer = self._loop.call_at(deadline / SECOND, self.deliver, Tick())
        except Exception as error:
            self.halted.set_exception(error)

    def watch_wall_clock(self, told_ns: int = 0) -> None:
        """Tell the host what time it is, and whenever the clock has jumped."""
        offset_ns = time.time_ns() - time.monotonic_ns()
        if abs(offset_ns - told_ns) > 10 * MS:
            self.deliver(events.WallClock(told_ns := offset_ns))
        self._loop.call_later(5, self.watch_wall_clock, told_ns)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a peer or a client that has connected."""
        await self._transport.hear(reader, writer)
        for ticket in [ticket for ticket, (client, _) in self._clients.items() if client is writer]:
            del self._clients[ticket]
            self.deliver(Cancelled(ticket))

    def _on_frame(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        if isinstance(frame, Envelope):
            self.deliver(frame)
        elif isinstance(frame, Request):
            ticket = next(self._tickets)
            self._clients[ticket] = (writer, frame.number)
            self.deliver(events.Requested(ticket, frame.operation))

    def _open_log(self, raft_durable: RaftDurable) -> None:
        self.deliver(events.LogOpened(raft_durable))
        self.deliver(events.EngineInventory(()))

    def _reply(self, effect: raft.Reply) -> None:
        if (client := self._clients.pop(effect.ticket, None)) is not None:
            write(client[0], encode_response(client[1], effect.result))


def make_keys(effect: effects.MakeKeys, deliver: Deliver) -> None:
    """Implements `core.ports.KeyMaker` by the system's generator."""
    material = events.KeyMaterial(effect.ticket, tuple(map(secrets.token_bytes, effect.lengths)))
    asyncio.get_running_loop().call_soon(deliver, material)


async def main() -> str:
    """Run a daemon until its host halts; returns why it did."""
    parser = argparse.ArgumentParser(prog="python -m real.daemon", description=__doc__)
    parser.add_argument("--listen", required=True, metavar="ADDRESS:PORT", help="a loopback address")
    parser.add_argument("--data", required=True, type=Path, metavar="DIRECTORY", help="where the journal is kept")
    parser.add_argument("--timing", choices=sorted(PROFILES), default="lan", help="timing profile (default: lan)")
    arguments = parser.parse_args()
    host, _, port = arguments.listen.rpartition(":")
    if not port.isdigit() or not host or not ip_address(host).is_loopback:
        parser.error("--listen takes a loopback address and a port, such as 127.0.0.1:2377")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    timing = PROFILES[arguments.timing]
    daemon = Daemon(Storage(arguments.data), HostConfig(timing, RaftConfig(NodeId(""), timing.raft)))
    async with await asyncio.start_server(daemon.serve, host, int(port)):
        daemon.watch_wall_clock()
        daemon.deliver(events.HostDescribed(NodeDescription(socket.gethostname()), Address(arguments.listen)))
        daemon.deliver(events.EngineInventory(()))
        return await daemon.halted


if __name__ == "__main__":
    sys.exit(f"halted: {asyncio.run(main())}")
