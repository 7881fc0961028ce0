"""The simulated and the real implementation of each port behind one face, so that one contract suite runs over both."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Protocol

import pytest
from forgetful_disk import ForgetfulDisk

import real.storage
from core.codec.frames import Frame
from core.durability import Persist, Persisted, Stream
from core.durable import HostDurable
from core.effects import BecomeKnownAs, Peers, SendTo
from core.envelope import Envelope
from core.events import Event, PersistFailed
from core.ids import Address, Ticket
from core.raft.effects import Send
from core.raft.records import HardState
from core.timing import MS, SECOND
from real.storage import Storage
from real.transport import Transport
from sim.disk import Disk, DiskProfile
from sim.links import LAN
from sim.loop import Loop
from sim.network import Network
from sim.nic import Nic
from sim.topology import one_switch

PATIENCE_S = 20.0
"""How long a real port may take on a stalled machine before a test fails."""


# --- storage


class StorageBench(Protocol):
    """A storage with a listening daemon. Terms 1, 2, 3, ... are written under tickets of the same number."""

    heard: list[Event]

    def persist(self, effect: Persist) -> None:
        """Give an effect to the port, and let no time pass."""

    def settle(self) -> None:
        """Wait until every write given so far is reported."""

    def lose_power(self) -> HostDurable:
        """The power fails in the midst of whatever is under way; what a new life then starts from."""

    def break_down(self) -> None:
        """From here on no write succeeds."""


def write(bench: StorageBench, *numbers: int) -> None:
    """Write these terms."""
    for number in numbers:
        bench.persist(Persist(Ticket(number), Stream.HARD_STATE, HardState(term=number)))


def promised(bench: StorageBench) -> int:
    """The highest ticket reported as durable."""
    return max((event.ticket for event in bench.heard if isinstance(event, Persisted)), default=0)


def failed(bench: StorageBench) -> list[int]:
    """Tickets reported as failed."""
    return [event.ticket for event in bench.heard if isinstance(event, PersistFailed)]


class SimulatedStorage:
    """`sim.disk.Disk`."""

    def __init__(self, seed: int) -> None:
        self.heard: list[Event] = []
        self._loop = Loop(seed)
        self._rng = Random(seed)
        self._disk = Disk(self._loop, DiskProfile(), self._rng, lambda fact: None)
        self._disk.read()

    def persist(self, effect: Persist) -> None:
        self._disk.persist(effect, self.heard.append)

    def settle(self) -> None:
        self._loop.run_until(self._loop.now + SECOND)

    def lose_power(self) -> HostDurable:
        self._loop.run_until(self._loop.now + self._rng.randrange(2 * MS))
        self._disk.power_lost()
        return self._disk.read().replayed()

    def break_down(self) -> None:
        self._disk.fails = True


class _FailingDisk(ForgetfulDisk):
    def fail_after(self, operation_count: int) -> None:
        self._left = operation_count


class RealStorage:
    """`real.storage.Storage` on a disk that forgets what was not synced."""

    def __init__(self, seed: int, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.heard: list[Event] = []
        self._directory = directory
        self._monkeypatch = monkeypatch
        self._rng = Random(seed)
        self._loop = asyncio.new_event_loop()
        self._given: list[int] = []
        self._start()

    def _start(self) -> HostDurable:
        self._disk = _FailingDisk()
        self._monkeypatch.setattr(real.storage, "os", self._disk)
        self._storage = Storage(self._directory)
        return self._storage.recover()

    def persist(self, effect: Persist) -> None:
        self._given.append(effect.ticket)

        async def give() -> None:
            self._storage.persist(effect, self.heard.append)

        self._loop.run_until_complete(give())

    def settle(self) -> None:
        def reported() -> bool:
            return all(ticket <= promised(self) or ticket in failed(self) for ticket in self._given)

        self._loop.run_until_complete(_until(reported))

    def lose_power(self) -> HostDurable:
        self._disk.fail_after(self._rng.randrange(4))
        heard_count = len(self.heard)
        self.settle()
        self.heard[heard_count:] = [event for event in self.heard[heard_count:] if isinstance(event, Persisted)]
        self._given.clear()
        self._disk.crash()
        return self._start()

    def break_down(self) -> None:
        self._disk.fail_after(0)

    def close(self) -> None:
        """Give everything back."""
        self._disk.crash()
        self._loop.close()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.001)  # the condition is what is waited for, this only yields


# --- transport


class End(Protocol):
    """One host's transport and everything that arrived at it."""

    address: Address
    arrived: list[Envelope]

    def send(self, effect: Send | SendTo) -> None: ...

    def peers(self, effect: Peers) -> None: ...

    def become(self, effect: BecomeKnownAs) -> None: ...


class TransportBench(Protocol):
    """Two ends, m1 and m2, of which the second can be absent for a while."""

    ends: tuple[End, End]

    def wait(self, condition: Callable[[], bool]) -> None:
        """Let time pass until it holds; an error if it does not come to."""

    def start_second(self) -> None:
        """Begin to listen at the second end."""


class SimulatedEnd:
    """`sim.nic.Nic`."""

    def __init__(self, network: Network, name: str, address: Address) -> None:
        self.address = address
        self.arrived: list[Envelope] = []
        self._nic = Nic(network, network.plug_in(name, address))

    def listen(self) -> None:
        self._nic.port.receive = self.arrived.append

    def send(self, effect: Send | SendTo) -> None:
        if isinstance(effect, Send):
            self._nic.send(effect)
        else:
            self._nic.send_to(effect)

    def peers(self, effect: Peers) -> None:
        self._nic.peers(effect)

    def become(self, effect: BecomeKnownAs) -> None:
        self._nic.become_known_as(effect)


class SimulatedTransport:
    """Two cards on one switch."""

    def __init__(self) -> None:
        self._loop = Loop(1)
        network = Network(self._loop, one_switch(), LAN, Random(1))
        self._first = SimulatedEnd(network, "m1", Address("198.18.0.1:2377"))
        self._second = SimulatedEnd(network, "m2", Address("198.18.0.2:2377"))
        self.ends: tuple[End, End] = (self._first, self._second)
        self._first.listen()

    def start_second(self) -> None:
        self._second.listen()

    def wait(self, condition: Callable[[], bool]) -> None:
        for _ in range(1000):
            if condition():
                return
            self._loop.run_until(self._loop.now + 10 * MS)
        raise AssertionError("it did not come to that")

    def close(self) -> None:
        """Nothing is held."""


class RealEnd:
    """`real.transport.Transport` on a port of the loopback."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.arrived: list[Envelope] = []
        self._loop = loop
        self._transport = Transport(self._note)
        self._server: asyncio.Server | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = Address(f"127.0.0.1:{free.getsockname()[1]}")

    def _note(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        assert isinstance(frame, Envelope)
        self.arrived.append(frame)

    def listen(self) -> None:
        host, _, port = self.address.rpartition(":")
        self._server = self._loop.run_until_complete(asyncio.start_server(self._transport.hear, host, int(port)))

    def stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._loop.run_until_complete(self._server.wait_closed())

    def send(self, effect: Send | SendTo) -> None:
        self._within(self._transport.send, effect)

    def peers(self, effect: Peers) -> None:
        self._within(self._transport.peers, effect)

    def become(self, effect: BecomeKnownAs) -> None:
        self._within(self._transport.become, effect)

    def _within(self, act: Callable[[Any], None], effect: Any) -> None:
        async def within() -> None:
            act(effect)

        # `wait` runs conditions that send from within the loop.
        if self._loop.is_running():
            act(effect)
        else:
            self._loop.run_until_complete(within())


class RealTransport:
    """Two ends on one event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._first, self._second = RealEnd(self._loop), RealEnd(self._loop)
        self.ends: tuple[End, End] = (self._first, self._second)
        self._first.listen()

    def start_second(self) -> None:
        self._second.listen()

    def wait(self, condition: Callable[[], bool]) -> None:
        self._loop.run_until_complete(_until(condition))

    def close(self) -> None:
        """Hang up everything."""
        for end in (self._first, self._second):
            end.stop_listening()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()
