"""The network: takes messages from one machine's card and brings them to another's, or not.

A message costs one event of the loop. It waits for the sender's line if that is busy (bandwidth), takes the link's
latency, and arrives in order after what was sent before on the same link, unless it is lost, doubled or held back.
Packets of simulated clients' connections take the same links as the hosts' own messages.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from random import Random

from core.envelope import Envelope
from core.ids import Address, NodeId
from sim.links import Condition, LinkProfile, LinkState, link_state
from sim.loop import Loop
from sim.sizes import ENVELOPE_BYTES, Codec, fixed_bytes, message_bytes
from sim.topology import Topology

LINE_QUEUE_NS = 2_000_000_000
"""A sender's line never has more than this much to send: what comes on top is dropped, as by any full queue."""
HELD_BACK_FACTOR = 20
"""A message that is held back, or doubled, comes up to this many latencies later."""
LOOPBACK_NS = 10_000


class Counter:
    """Messages and bytes of one kind."""

    __slots__ = ("byte_count", "count", "fixed_bytes")

    def __init__(self, kind: type) -> None:
        self.count = 0
        self.byte_count = 0
        self.fixed_bytes = fixed_bytes(kind)
        """Of each message of this kind; 0 if they differ."""


class Port:
    """One machine's place on the network. `receive` takes what arrives; it is replaced by whoever plugs in."""

    __slots__ = ("address", "heard", "line_free_at", "links", "name", "peer_changed", "receive", "sent")

    def __init__(self, name: str, address: Address) -> None:
        self.name = name
        self.address = address
        self.receive: Callable[[Envelope], None] = _nobody
        self.peer_changed: Callable[[Port, bool], None] = _nobody_there
        self.links: dict[str, Link] = {}
        """By the name of the machine at the other end."""
        self.heard: dict[NodeId, Port] = {}
        """Whence each identity was last heard: connections carry answers too."""
        self.line_free_at = 0
        self.sent: dict[type, Counter] = {}


def _nobody(_: Envelope) -> None:
    """No machine is plugged in."""


def _nobody_there(_: Port, up: bool) -> None:
    """Nobody holds connections here."""


class _Delivery:
    """A message under way: an event of the loop that carries its own arguments."""

    __slots__ = ("callbacks", "envelope", "link")

    _ok = True

    def __init__(self, link: Link, envelope: Envelope) -> None:
        self.link = link
        self.envelope = envelope
        self.callbacks = _ARRIVE


def _arrive(delivery: _Delivery) -> None:
    link, envelope = delivery.link, delivery.envelope
    target = link.target
    target.heard[envelope.sender] = link.source
    target.receive(envelope)


_ARRIVE = (_arrive,)


class Link:
    """The way from one machine to another, in that direction."""

    __slots__ = ("_last_at", "_random", "network", "source", "state", "target")

    def __init__(self, network: Network, source: Port, target: Port, state: LinkState) -> None:
        self.network = network
        self.source = source
        self.target = target
        self.state = state
        self._last_at = 0
        self._random = network.rng.random

    def send(self, envelope: Envelope) -> None:
        """Send one message on its way."""
        network = self.network
        kind = type(envelope.message)
        counter = self.source.sent.get(kind)
        if counter is None:
            counter = self.source.sent[kind] = Counter(kind)
        if network.codec is None:
            size = counter.fixed_bytes or message_bytes(envelope.message)
        else:
            envelope, size = self._encoded(network.codec, envelope)
        counter.count += 1
        counter.byte_count += size
        delay_ns = self.packet(size)
        if delay_ns is None:
            network.lost_count += 1
            return
        state, at = self.state, network.loop.now + delay_ns
        if state.reorder_ratio and self._random() < state.reorder_ratio:
            at += self._late_ns()
        else:
            if at <= self._last_at:  # in order after what was sent before
                at = self._last_at + 1
            self._last_at = at
        network.loop.post_at(_Delivery(self, envelope), at)
        if state.duplicate_ratio and self._random() < state.duplicate_ratio:
            network.duplicated_count += 1
            network.loop.post_at(_Delivery(self, envelope), at + self._late_ns())

    def _encoded(self, codec: Codec, envelope: Envelope) -> tuple[Envelope, int]:
        data = codec.encode(envelope.message)
        return Envelope(envelope.sender, envelope.recipient, codec.decode(data)), ENVELOPE_BYTES + len(data)

    def packet(self, size: int) -> int | None:
        """How long something of this size takes to arrive when sent now; None if it is lost."""
        state = self.state
        if state.cut or (state.loss_ratio and self._random() < state.loss_ratio):
            return None
        delay_ns = state.latency_ns
        if state.jitter_ns:
            delay_ns += int((2.0 * self._random() - 1.0) * state.jitter_ns)
        if state.tail_ns:
            delay_ns += int(-log(1.0 - self._random()) * state.tail_ns)
        if state.bandwidth_bits_per_s:
            now, free_at = self.network.loop.now, self.source.line_free_at
            if free_at > now + LINE_QUEUE_NS:
                return None
            free_at = (free_at if free_at > now else now) + size * 8_000_000_000 // state.bandwidth_bits_per_s
            self.source.line_free_at = free_at
            delay_ns += free_at - now
        return delay_ns

    def _late_ns(self) -> int:
        return 1 + int(self._random() * HELD_BACK_FACTOR * self.state.latency_ns)


class Network:
    """All machines' ports, the links between them and what is wrong with those."""

    def __init__(
        self, loop: Loop, topology: Topology, profile: LinkProfile, rng: Random, codec: Codec | None = None
    ) -> None:
        self.loop = loop
        self.rng = rng
        self.codec = codec
        self.topology = topology
        self.lost_count = 0
        self.duplicated_count = 0
        self._profile = profile
        self._ports: dict[str, Port] = {}
        self._by_address: dict[Address, Port] = {}
        self._conditions: dict[int, Condition] = {}
        self._condition_count = 0

    def plug_in(self, name: str, address: Address, place: str = "") -> Port:
        """A new port for a machine, at a place of the topology."""
        if name in self._ports or address in self._by_address:
            raise ValueError(f"the network already has a machine {name!r} or one at {address}")
        self.topology.attach(name, place)
        port = self._ports[name] = self._by_address[address] = Port(name, address)
        return port

    def readdress(self, port: Port, address: Address) -> None:
        """The machine at this port has another address from now on."""
        if address in self._by_address:
            raise ValueError(f"the network already has a machine at {address}")
        del self._by_address[port.address]
        port.address = address
        self._by_address[address] = port

    def port_at(self, address: Address) -> Port | None:
        """The port of this address, if there is one."""
        return self._by_address.get(address)

    def link(self, source: Port, target: Port) -> Link:
        """The way from one port to another."""
        link = source.links.get(target.name)
        if link is None:
            link = source.links[target.name] = Link(self, source, target, self._state(source.name, target.name))
        return link

    def _state(self, source: str, target: str) -> LinkState:
        if source == target:
            return _LOOPBACK
        matching = [condition for condition in self._conditions.values() if condition.matches(source, target)]
        return link_state(self._profile, self.topology.distance_ns(source, target), matching)

    def hint(self, port: Port, up: bool) -> None:
        """Tell whoever has talked to `port` that its end of their connections is there (again), or was closed."""
        for other in self._ports.values():
            if port.name in other.links and other is not port:
                delay_ns = self.link(port, other).packet(ENVELOPE_BYTES)
                if delay_ns is not None:
                    self.loop.call_after(delay_ns, other.peer_changed, port, up)

    def impose(self, condition: Condition) -> int:
        """Let a condition hold from now on, for what is sent from now on; returns the number to lift it by."""
        self._condition_count += 1
        self._conditions[self._condition_count] = condition
        self.refresh()
        return self._condition_count

    def lift(self, number: int) -> None:
        """End a condition; one that has ended is no error."""
        if self._conditions.pop(number, None) is not None:
            self.refresh()

    def refresh(self) -> None:
        """Work out anew what holds for each link: after a change of conditions or of the topology."""
        for port in self._ports.values():
            for link in port.links.values():
                link.state = self._state(port.name, link.target.name)


_LOOPBACK = link_state(LinkProfile(latency_ns=LOOPBACK_NS, jitter_ns=0), 0, ())
