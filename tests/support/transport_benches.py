"""The simulated and the real transport behind one face, so that one contract suite runs over both."""

import asyncio
import socket
from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from patience import until

from core.codec.frames import Frame
from core.effects import BecomeKnownAs, Peers, SendTo
from core.envelope import Envelope
from core.ids import Address
from core.raft.effects import Send
from core.timing import MS
from real.transport import Transport
from sim.links import LAN
from sim.loop import Loop
from sim.network import Network
from sim.nic import Nic
from sim.topology import one_switch


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

    def move_second(self) -> None:
        """The second host begins anew at another address. Its old connections lead nowhere, and nobody is told so."""


class SimulatedEnd:
    """`sim.nic.Nic`."""

    def __init__(self, network: Network, name: str, address: Address) -> None:
        self.address = address
        self.arrived: list[Envelope] = []
        self._network = network
        self._nic = Nic(network, network.plug_in(name, address))

    def listen(self) -> None:
        self._nic.port.receive = self.arrived.append

    def move(self, address: Address) -> None:
        self._network.readdress(self._nic.port, address)
        self._nic.forget()
        self.address = address

    def lose(self, other: "SimulatedEnd") -> None:
        self._nic.lose(other._nic.port)

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

    def move_second(self) -> None:
        self._second.move(Address("198.18.0.3:2377"))
        self._first.lose(self._second)

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
        self._server: asyncio.Server | None = None
        self._settle_down()

    def _settle_down(self) -> None:
        """A new life at an address of its own."""

        def note(frame: Frame, writer: asyncio.StreamWriter) -> None:
            assert isinstance(frame, Envelope)
            if self._transport is here:
                self.arrived.append(frame)

        here = self._transport = Transport(note)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = Address(f"127.0.0.1:{free.getsockname()[1]}")

    def move(self) -> None:
        self.stop_listening()
        self._settle_down()
        self.listen()

    def listen(self) -> None:
        host, _, port = self.address.rpartition(":")
        self._server = self._loop.run_until_complete(asyncio.start_server(self._transport.hear, host, int(port)))

    def stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()

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

    def move_second(self) -> None:
        self._second.move()

    def wait(self, condition: Callable[[], bool]) -> None:
        self._loop.run_until_complete(until(condition))

    def close(self) -> None:
        """Hang up everything."""
        for end in (self._first, self._second):
            end.stop_listening()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()
