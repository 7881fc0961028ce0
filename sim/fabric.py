"""The ways of simulated clients' requests: through the tables that each host on the way has programmed just then.

Theory of operation. A request enters at a host's published port, or comes out of a container. The host it is on looks
up what it looks up in life: port → ingress service, name → address, virtual address → service; it picks a backend in
turn, and the neighbour entry for that backend's address says which machine to send to. There a container must answer to
that address, listen on that port, and have a way back: answers go to the asking host's own address on that network, so
the answering host needs an entry for it. The container takes its time, makes its own calls the same way, and answers.
Networks are isolated because nothing here ever looks beyond the networks of a container.

Packets take the hosts' links, with their losses and partitions. What is lost is sent again after a second, then two
and so on, as TCP does for a connection's first packet (200 ms for later ones); the request and the handshake before it
count as one packet. An address nobody answers to is silent; a port nobody listens on refuses; a process that ends
while it serves resets; a machine that loses power says nothing any more.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from core.ids import NetworkId
from core.mesh.publishing import target_port
from core.mesh.routes import ServiceRoute
from core.objects.port import PortConfig, Protocol
from core.timing import MS, SECOND
from core.trials.clients import FailedCall, Failure, Outcome, Why
from sim.container import Container
from sim.images import Call
from sim.loop import Loop
from sim.network import Network

if TYPE_CHECKING:
    from sim.machine import Machine

CLIENT_NS = 200_000
"""One way between a client outside and the host it enters at; nothing is lost there."""
FIRST_RETRY_NS = 1 * SECOND
LATER_RETRY_NS = 200 * MS
REQUEST_BYTES = 600
ANSWER_BYTES = 2_000
REFUSAL_BYTES = 60
NO_NETWORK = NetworkId("")
"""Where a host-mode port is: on its machine, with no overlay between."""

UNDER_WAY: Final = Failure(Why.UNDER_WAY)

Done = Callable[[Outcome, Failure | None], None]
"""Told once what became of a request, and where on its way it failed, if it did."""


class Exchange:
    """One request to one container and its answer; ends once, at its deadline at the latest."""

    __slots__ = ("_done", "finished", "stage")

    def __init__(self, loop: Loop, timeout_ns: int, done: Done) -> None:
        self._done = done
        self.finished = False
        self.stage = UNDER_WAY
        """What it has met last, for the case that time runs out."""
        loop.call_after(timeout_ns, self._expire)

    def end(self, outcome: Outcome, failure: Failure | None = None) -> None:
        """The request has come to this."""
        if not self.finished:
            self.finished = True
            self._done(outcome, failure)

    def _expire(self) -> None:
        self.end(Outcome.TIMEOUT, self.stage)


class Fabric:
    """Moves requests over the machines of one world."""

    def __init__(self, loop: Loop, network: Network, rng: Random) -> None:
        self._loop = loop
        self._network = network
        self._rng = rng
        self._by_ip: dict[str, Machine] = {}

    def add(self, machine: Machine) -> None:
        """Requests may enter at, and be sent to, this machine."""
        self._by_ip[machine.ip] = machine

    def readdress(self, machine: Machine, before: str) -> None:
        """It is at another IP than before."""
        del self._by_ip[before]
        self._by_ip[machine.ip] = machine

    # --- from outside

    def enter(
        self, machine: Machine, port: int, timeout_ns: int, done: Done, protocol: Protocol = Protocol.TCP
    ) -> None:
        """A client outside sends a request to a published port of a machine."""
        exchange = Exchange(self._loop, timeout_ns, done)
        self._loop.call_after(CLIENT_NS, self._knock, exchange, machine, port, protocol, FIRST_RETRY_NS)

    def _knock(self, exchange: Exchange, machine: Machine, port: int, protocol: Protocol, retry_ns: int) -> None:
        if exchange.finished:
            return
        if not machine.powered:
            exchange.stage = Failure(Why.ENTRY_WITHOUT_POWER, machine.name)
            self._loop.call_after(retry_ns, self._knock, exchange, machine, port, protocol, 2 * retry_ns)
            return

        def to_client(outcome: Outcome, failure: Failure | None) -> None:
            if machine.powered:
                self._loop.call_after(CLIENT_NS, exchange.end, outcome, failure)

        published = machine.data_plane.tables.published(port, protocol)
        publisher = machine.engine.publisher(port, protocol)
        if published is not None:
            route, config = published
            self._to_service(_Leg(exchange, machine, route.network_id, None, to_client), route, config)
        elif publisher is not None and machine.data_plane.tables.has_way_out(publisher[0].networks):
            container, target = publisher
            self._accept(_Leg(exchange, machine, NO_NETWORK, target, to_client), container)
        else:
            to_client(Outcome.REFUSED, Failure(Why.NOT_PUBLISHED, machine.name, port=port))

    # --- from a host to a container

    def _to_service(self, leg: _Leg, route: ServiceRoute, published: PortConfig | None = None) -> None:
        """Through the load balancer of the host that `leg` starts at; from a published port to the backend's own."""
        tables = leg.source.data_plane.tables
        own_address, backend = tables.own_address(route.network_id), tables.choose(route, published)
        if own_address is None:
            leg.done(Outcome.NO_ROUTE, Failure(Why.NOT_IN_NETWORK, leg.source.name, service=_name(route)))
        elif backend is None:
            leg.done(Outcome.NO_ROUTE, Failure(Why.NO_BACKEND, leg.source.name, service=_name(route)))
        else:
            if published is not None:
                leg.port = target_port(backend, published)
            self._to_address(leg, backend.address, own_address)

    def _to_address(self, leg: _Leg, address: str, own_address: str) -> None:
        source = leg.source
        neighbour = source.data_plane.tables.neighbour(leg.network_id, address)
        target = self._by_ip.get(neighbour.node_address) if neighbour is not None else None
        if target is None:
            leg.done(Outcome.NO_ROUTE, Failure(Why.NO_NEIGHBOUR, source.name, address=address))
            return
        leg.target, leg.address, leg.own_address = target, address, own_address
        self._send(leg.exchange, source, target, REQUEST_BYTES, FIRST_RETRY_NS, self._reached, leg)

    def _reached(self, leg: _Leg) -> bool:
        """The request has come to the target machine; False if nobody there would ever answer."""
        target = leg.target
        container = target.engine.container_at(leg.network_id, leg.address)
        if container is None:
            leg.exchange.stage = Failure(Why.NOBODY_ANSWERS, target.name, address=leg.address)
            return False
        if target is not leg.source and target.data_plane.tables.neighbour(leg.network_id, leg.own_address) is None:
            leg.exchange.stage = Failure(Why.NO_WAY_BACK, target.name, address=leg.own_address)
            return False
        self._accept(leg, container)
        return True

    # --- in a container

    def _accept(self, leg: _Leg, container: Container) -> None:
        listens_on = container.image.port if container.listening else None
        if listens_on is not None and leg.port in (None, listens_on):
            self._serve(leg, container)
        else:
            self._back(leg, REFUSAL_BYTES, Outcome.REFUSED, _in(container, leg, Why.NOT_LISTENING, leg.port or 0))

    def _serve(self, leg: _Leg, container: Container) -> None:
        leg.exchange.stage = _in(container, leg, Why.BEING_SERVED)
        service_ns = int(container.image.service_ns * (0.5 + 1.5 * self._rng.random() ** 2))
        self._loop.call_after(service_ns, self._call_others, leg, container, container.life, 0)

    def _call_others(self, leg: _Leg, container: Container, life: int, position: int) -> None:
        """Make the container's calls from this one on, then answer."""
        if leg.exchange.finished:
            return
        if container.life != life:
            self._broke(leg, container)
            return
        if not container.healthy:
            self._back(leg, ANSWER_BYTES, Outcome.ERROR, _in(container, leg, Why.UNHEALTHY))
            return
        calls = container.image.calls
        if position == len(calls):
            leg.target.engine.served(container)
            self._back(leg, ANSWER_BYTES, Outcome.OK, None)
            return
        call = calls[position]

        def answered(outcome: Outcome, failure: Failure | None) -> None:
            if outcome is Outcome.OK:
                self._call_others(leg, container, life, position + 1)
            elif container.life != life:
                self._broke(leg, container)
            else:
                assert failure is not None, "what is not answered well says what it met"
                failed = FailedCall(container.task.service_name, call.name, outcome)
                self._back(leg, ANSWER_BYTES, Outcome.ERROR, replace(failure, calls=(failed, *failure.calls)))

        self._call(leg.target, container, call, answered)

    def _call(self, machine: Machine, container: Container, call: Call, done: Done) -> None:
        """A container on `machine` asks another service."""
        exchange = Exchange(self._loop, container.image.call_timeout_ns, done)
        tables = machine.data_plane.tables
        found = tables.resolve(container.networks, call.name)
        if found is None or not found.addresses:
            exchange.end(Outcome.NO_ROUTE, Failure(Why.NOT_RESOLVED, machine.name, service=call.name))
            return
        address = self._rng.choice(found.addresses)  # resolvers shuffle their answers
        leg = _Leg(exchange, machine, found.network_id, call.port, exchange.end)
        route = tables.virtual(found.network_id, address)
        if route is not None:
            self._to_service(leg, route)
        else:
            self._to_address(leg, address, container.addresses[found.network_id])

    def _broke(self, leg: _Leg, container: Container) -> None:
        # A machine without power sends no reset: whoever waits finds out by the clock.
        if leg.target.powered:
            self._back(leg, REFUSAL_BYTES, Outcome.RESET, _in(container, leg, Why.ENDED))

    # --- packets

    def _back(self, leg: _Leg, size: int, outcome: Outcome, failure: Failure | None) -> None:
        def arrived(_: _Leg) -> bool:
            leg.done(outcome, failure)
            return True

        self._send(leg.exchange, leg.target, leg.source, size, LATER_RETRY_NS, arrived, leg)

    def _send(
        self,
        exchange: Exchange,
        source: Machine,
        target: Machine,
        size: int,
        retry_ns: int,
        arrived: Callable[[_Leg], bool],
        leg: _Leg,
    ) -> None:
        """Send a packet until it arrives at something that takes it, or the request is over."""
        if exchange.finished or not source.powered:
            return

        def again() -> None:
            self._send(exchange, source, target, size, 2 * retry_ns, arrived, leg)

        def arrive() -> None:
            if exchange.finished:
                return
            if not target.powered:
                asker = target is leg.source
                exchange.stage = Failure(Why.ENTRY_WITHOUT_POWER if asker else Why.WITHOUT_POWER, target.name)
            elif arrived(leg):
                return
            self._loop.call_after(retry_ns, again)

        delay_ns = self._network.link(source.nic.port, target.nic.port).packet(size)
        if delay_ns is None:
            exchange.stage = Failure(Why.UNREACHED, target.name, source.name)
            self._loop.call_after(retry_ns, again)
        else:
            self._loop.call_after(delay_ns, arrive)


class _Leg:
    """From the machine that asks to the container that answers, on one network. `port` None = where it listens."""

    __slots__ = ("address", "done", "exchange", "network_id", "own_address", "port", "source", "target")

    def __init__(
        self, exchange: Exchange, source: Machine, network_id: NetworkId, port: int | None, done: Done
    ) -> None:
        self.exchange = exchange
        self.source = source
        self.target = source
        self.network_id = network_id
        self.port = port
        self.address = ""
        self.own_address = ""
        self.done = done


def _name(route: ServiceRoute) -> str:
    return route.names[0] if route.names else route.service_id


def _in(container: Container, leg: _Leg, why: Why, port: int = 0) -> Failure:
    """What a request met in a container that it had come to."""
    return Failure(why, leg.target.name, service=container.task.service_name, port=port)
