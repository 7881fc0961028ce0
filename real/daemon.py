"""One `Host` on this machine: events in from clock, disk, peers and clients; effects out to them.

There is no container engine and no data plane here, and it says so: every order to either is answered as failed. There
is no TLS either: it listens on loopback only. Whatever goes wrong inside ends the process; the disk has the rest.
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
from core.codec.frames import Frame, Request, Response, encode_frame
from core.codec.wire import WireError
from core.durability import Persist
from core.envelope import Envelope, open_envelope
from core.host import Host
from core.ids import NodeId, TaskId, Ticket
from core.membership import HostConfig
from core.objects.node import NodeDescription
from core.raft.config import RaftConfig
from core.raft.effects import Leading, MembershipChanged, Observe, OutcomeUnknown, Reply, RoleChanged, Send
from core.raft.events import Cancelled, Tick
from core.timing import MS, PROFILES, SECOND
from real.storage import Storage
from real.transport import Transport, write

LOGGED_FACTS = (RoleChanged, Leading, MembershipChanged, facts.HostPhaseChanged, facts.Halted)


class Daemon:
    """Runs one host until it halts; `halted` then tells why."""

    def __init__(self, storage: Storage, config: HostConfig) -> None:
        self.halted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.transport = Transport(self._on_frame, self._on_lost)
        self._tickets = map(Ticket, count(1))
        self._clients: dict[Ticket, tuple[asyncio.StreamWriter, int]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._wall_offset_ns = 0
        self._performers: dict[type, Callable[[Any], None]] = {
            Send: self.transport.send,
            effects.SendTo: self.transport.send,
            effects.Peers: self.transport.peers,
            effects.BecomeKnownAs: self.transport.become,
            Persist: lambda effect: storage.persist(effect, self.deliver),
            Reply: self._reply,
            effects.PrepareTask: lambda effect: self._refuse_task(effect, effect.task.id),
            effects.StartTask: lambda effect: self._refuse_task(effect, effect.task_id),
            effects.StopTask: lambda effect: self._refuse_task(effect, effect.task_id),
            effects.RemoveTask: lambda effect: self._refuse_task(effect, effect.task_id),
            effects.ProgramRoutes: self._refuse_routes,
            effects.MakeKeys: self._make_keys,
            Observe: self._log,
            effects.Halt: lambda effect: self._halt(effect.reason),
        }
        self._host = Host.recover(config, storage.recover(), Random(secrets.randbits(256)), time.monotonic_ns())

    def start(self) -> None:
        """Tell the host what it runs on."""
        self._tell_wall_clock()
        self.deliver(events.HostDescribed(NodeDescription(hostname=socket.gethostname())))
        self.deliver(events.EngineUp())
        self.deliver(events.EngineInventory(()))

    def deliver(self, event: events.Event) -> None:
        """Give the host an event and do what it asks for."""
        if self.halted.done():
            return
        try:
            for effect in self._host.step(time.monotonic_ns(), event):
                self._performers[type(effect)](effect)
        except Exception as error:
            logging.exception("a step failed")
            self._halt(f"a step failed: {error!r}")
        self._arm()

    def _arm(self) -> None:
        deadline = self._host.deadline()
        if deadline is None or (self._timer is not None and self._timer.when() <= deadline / SECOND):
            return  # a tick that comes early does no harm
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(deadline / SECOND, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.deliver(Tick())

    def _soon(self, event: events.Event) -> None:
        asyncio.get_running_loop().call_soon(self.deliver, event)

    def _tell_wall_clock(self) -> None:
        offset_ns = time.time_ns() - time.monotonic_ns()
        if abs(offset_ns - self._wall_offset_ns) > 10 * MS:
            self._wall_offset_ns = offset_ns
            self.deliver(events.WallClock(offset_ns))
        asyncio.get_running_loop().call_later(5, self._tell_wall_clock)

    def _on_frame(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        if isinstance(frame, Envelope):
            self.deliver(open_envelope(frame))
        elif isinstance(frame, Request):
            ticket = next(self._tickets)
            self._clients[ticket] = (writer, frame.number)
            self.deliver(events.Requested(ticket, frame.operation))

    def _on_lost(self, writer: asyncio.StreamWriter) -> None:
        for ticket in [ticket for ticket, (client, _) in self._clients.items() if client is writer]:
            del self._clients[ticket]
            self.deliver(Cancelled(ticket))

    def _reply(self, effect: Reply) -> None:
        if effect.ticket in self._clients:
            writer, number = self._clients.pop(effect.ticket)
            try:
                write(writer, encode_frame(Response(number, effect.result)))
            except WireError as error:
                write(writer, encode_frame(Response(number, OutcomeUnknown(f"the answer cannot be sent: {error}"))))

    def _refuse_task(self, effect: Any, task_id: TaskId) -> None:
        phase = events.ContainerPhase.REMOVED if type(effect) is effects.RemoveTask else events.ContainerPhase.FAILED
        report = events.EngineReport(phase, err="this driver has no container engine")
        self._soon(events.TaskReported(task_id, effect.operation_id, report))

    def _refuse_routes(self, effect: effects.ProgramRoutes) -> None:
        self._soon(events.RoutesFailed(effect.changes.to_version, "this driver has no data plane"))

    def _make_keys(self, effect: effects.MakeKeys) -> None:
        self._soon(events.KeyMaterial(effect.ticket, tuple(map(secrets.token_bytes, effect.lengths))))

    def _log(self, effect: Observe) -> None:
        if isinstance(effect.fact, LOGGED_FACTS):
            logging.info("%s", effect.fact)

    def _halt(self, reason: str) -> None:
        if not self.halted.done():
            self.halted.set_result(reason)


async def run(directory: Path, host: str, port: int, config: HostConfig) -> str:
    """Run a daemon until its host halts; returns why it did."""
    daemon = Daemon(Storage(directory), config)
    server = await asyncio.start_server(daemon.transport.hear, host, port)
    async with server:
        daemon.start()
        logging.info("listening on %s port %s", host, port)
        return await daemon.halted


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m real.daemon", description=__doc__)
    parser.add_argument("--listen", required=True, metavar="ADDRESS:PORT", help="a loopback address")
    parser.add_argument("--data", required=True, type=Path, metavar="DIRECTORY", help="where the journal is kept")
    parser.add_argument("--timing", choices=sorted(PROFILES), default="lan", help="timing profile (default: lan)")
    arguments = parser.parse_args()
    host, _, port = arguments.listen.rpartition(":")
    if not port.isdigit() or not ip_address(host).is_loopback:
        parser.error("--listen takes a loopback address and a port, such as 127.0.0.1:2377")
    timing = PROFILES[arguments.timing]
    config = HostConfig(timing=timing, raft=RaftConfig(id=NodeId(""), timing=timing.raft))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    sys.exit(f"halted: {asyncio.run(run(arguments.data, host, int(port), config))}")


if __name__ == "__main__":
    main()
