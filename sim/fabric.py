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

from collections.abc import Callable
from random import Random

from msgspec.structs import replace

from core.mesh.publishing import target_port
from core.mesh.routes import ServiceRoute
from core.objects.port import PortConfig, Protocol
from core.timing import MS, SECOND
from core.trials.clients import FailedCall, Failure, Outcome, Why
from sim.container import Container
from sim.container_log import Stream
from sim.exchange import NO_NETWORK, Done, Exchange, Leg
from sim.loop import Loop
from sim.machine import Machine
from sim.network import Network
from sim.programs.commands import is_address

CLIENT_NS = 200_000
"""One way between a client outside and the host it enters at; nothing is lost there."""
FIRST_RETRY_NS = 1 * SECOND
LATER_RETRY_NS = 200 * MS
REQUEST_BYTES = 600
ANSWER_BYTES = 2_000
REFUSAL_BYTES = 60
LOOPBACK = "127."


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
        self.enter_with(Exchange(self._loop, timeout_ns, done), machine, port, protocol)

    def enter_with(self, exchange: Exchange, machine: Machine, port: int, protocol: Protocol = Protocol.TCP) -> None:
        """The same, for one who wants more than its outcome."""
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
            self._to_service(Leg(exchange, machine, route.network_id, None, to_client), route, config)
        elif publisher is not None and machine.data_plane.tables.has_way_out(publisher[0].networks):
            container, target = publisher
            self._accept(Leg(exchange, machine, NO_NETWORK, target, to_client), container)
        else:
            to_client(Outcome.REFUSED, Failure(Why.NOT_PUBLISHED, machine.name, port=port))

    # --- from a host to a container

    def _to_service(self, leg: Leg, route: ServiceRoute, published: PortConfig | None = None) -> None:
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

    def _to_address(self, leg: Leg, address: str, own_address: str) -> None:
        source = leg.source
        neighbour = source.data_plane.tables.neighbour(leg.network_id, address)
        target = self._by_ip.get(neighbour.node_address) if neighbour is not None else None
        if target is None:
            leg.done(Outcome.NO_ROUTE, Failure(Why.NO_NEIGHBOUR, source.name, address=address))
            return
        leg.target, leg.address, leg.own_address = target, address, own_address
        self._send(leg.exchange, source, target, REQUEST_BYTES, FIRST_RETRY_NS, self._reached, leg)

    def _reached(self, leg: Leg) -> bool:
        """The request has come to the target machine; False if nobody there would ever answer."""
        target = leg.target
        container = target.engine.tasks.container_at(leg.network_id, leg.address)
        if container is None:
            leg.exchange.stage = Failure(Why.NOBODY_ANSWERS, target.name, address=leg.address)
            return False
        if target is not leg.source and target.data_plane.tables.neighbour(leg.network_id, leg.own_address) is None:
            leg.exchange.stage = Failure(Why.NO_WAY_BACK, target.name, address=leg.own_address)
            return False
        self._accept(leg, container)
        return True

    # --- in a container

    def _accept(self, leg: Leg, container: Container) -> None:
        if container.listening and container.image.listens(leg.port):
            self._serve(leg, container)
        else:
            self._back(leg, REFUSAL_BYTES, Outcome.REFUSED, _in(container, leg, Why.NOT_LISTENING, leg.port or 0))

    def _serve(self, leg: Leg, container: Container) -> None:
        leg.exchange.stage = _in(container, leg, Why.BEING_SERVED)
        service_ns = int(container.image.service_ns * (0.5 + 1.5 * self._rng.random() ** 2))
        self._loop.call_after(service_ns, self._call_others, leg, container, container.life, 0)

    def _call_others(self, leg: Leg, container: Container, life: int, position: int) -> None:
        """Make the container's calls from this one on, then answer."""
        if leg.exchange.finished:
            return
        if container.life != life:
            self._broke(leg, container)
            return
        if not container.healthy and (container.ill or not leg.is_local):
            self._log(leg, container, 500)
            self._back(leg, ANSWER_BYTES, Outcome.ERROR, _in(container, leg, Why.UNHEALTHY))
            return
        calls = container.image.calls
        if position == len(calls):
            leg.exchange.served_by = container, leg.target, leg.address
            self._log(leg, container, 200)
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
                failed = FailedCall(container.service_name, call.name, outcome)
                self._back(leg, ANSWER_BYTES, Outcome.ERROR, replace(failure, calls=(failed, *failure.calls)))

        exchange = Exchange(self._loop, container.image.call_timeout_ns, answered)
        self.ask(exchange, leg.target, container, call.name, call.port)

    # --- out of a container

    def ask(self, exchange: Exchange, machine: Machine, container: Container, host: str, port: int | None) -> None:
        """A container on `machine` sends a request to a name or an address; `port` None = where it listens."""
        if is_address(host):
            self._to_literal(exchange, machine, container, host, port)
            return
        tables = machine.data_plane.tables
        found = tables.resolve(container.networks, host)
        if found is None or not found.addresses:
            exchange.end(Outcome.NO_ROUTE, Failure(Why.NOT_RESOLVED, machine.name, service=host))
            return
        address = self._rng.choice(found.addresses)  # resolvers shuffle their answers
        leg = Leg(exchange, machine, found.network_id, port, exchange.end)
        route = tables.virtual(found.network_id, address)
        if route is not None:
            self._to_service(leg, route)
        else:
            self._to_address(leg, address, container.addresses[found.network_id])

    def _to_literal(
        self, exchange: Exchange, machine: Machine, container: Container, address: str, port: int | None
    ) -> None:
        """To an address, on the first of the container's networks that has it."""
        if address.startswith(LOOPBACK) or address in container.addresses.values():
            leg = Leg(exchange, machine, NO_NETWORK, port, exchange.end)
            leg.address, leg.own_address, leg.is_local = address, address, True
            self._accept(leg, container)
            return
        tables = machine.data_plane.tables
        for network_id, own_address in container.addresses.items():
            leg = Leg(exchange, machine, network_id, port, exchange.end)
            route = tables.virtual(network_id, address)
            if route is not None:
                self._to_service(leg, route)
                return
            if tables.neighbour(network_id, address) is not None:
                self._to_address(leg, address, own_address)
                return
        exchange.end(Outcome.NO_ROUTE, Failure(Why.NO_NEIGHBOUR, machine.name, address=address))

    def _log(self, leg: Leg, container: Container, status: int) -> None:
        if container.log is not None:
            line = f'{leg.own_address or leg.source.ip} "GET {leg.exchange.path} HTTP/1.1" {status}\n'
            container.log.write(self._loop.now, Stream.STDOUT, line.encode())

    def _broke(self, leg: Leg, container: Container) -> None:
        # A machine without power sends no reset: whoever waits finds out by the clock.
        if leg.target.powered:
            self._back(leg, REFUSAL_BYTES, Outcome.RESET, _in(container, leg, Why.ENDED))

    # --- packets

    def _back(self, leg: Leg, size: int, outcome: Outcome, failure: Failure | None) -> None:
        def arrived(_: Leg) -> bool:
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
        arrived: Callable[[Leg], bool],
        leg: Leg,
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


def _name(route: ServiceRoute) -> str:
    return route.names[0] if route.names else route.service_id


def _in(container: Container, leg: Leg, why: Why, port: int = 0) -> Failure:
    """What a request met in a container that it had come to."""
    return Failure(why, leg.target.name, service=container.service_name, port=port)
