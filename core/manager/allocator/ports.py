"""Published ports of the routing mesh: unique per protocol in the whole swarm.

A number is held by the service whose endpoint has it. One that is chosen here is in addition none that any service asks
for by number, or did before its last update, in whatever mode: neither a port that has not been handed to it yet (or
may be again) nor one that its tasks open on their own nodes, where it would be in the way.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from core.ids import ServiceId
from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.service import Endpoint, Service

FIRST_DYNAMIC_PORT = 30_000
LAST_DYNAMIC_PORT = 32_767

PortKey = tuple[Protocol, int]


def ingress_ports(endpoint: Endpoint) -> list[PortKey]:
    """The ports an endpoint holds in the whole swarm."""
    return _ports_in(endpoint, PublishMode.INGRESS)


def host_ports(endpoint: Endpoint) -> list[PortKey]:
    """The ports of known number that the tasks behind an endpoint open on their own nodes."""
    return _ports_in(endpoint, PublishMode.HOST)


def _ports_in(endpoint: Endpoint, mode: PublishMode) -> list[PortKey]:
    return [
        (port.protocol, port.published_port)
        for port in endpoint.ports
        if port.publish_mode is mode and port.published_port
    ]


def named_ports(service: Service) -> list[PortKey]:
    """The ports that a service asks for by number, each once."""
    ports = service.spec.endpoint.ports
    return list(dict.fromkeys((port.protocol, port.published_port) for port in ports if port.published_port))


def reserved_ports(service: Service) -> list[PortKey]:
    """Those, and what it asked for before: its update may be rolled back, and there is no lack of numbers."""
    before = [] if service.previous_spec is None else named_ports(replace(service, spec=service.previous_spec))
    return list(dict.fromkeys([*named_ports(service), *before]))


class PortPool:
    """Who has which ingress port."""

    __slots__ = ("_held", "_named")

    def __init__(self) -> None:
        self._held: dict[PortKey, ServiceId] = {}
        self._named: dict[PortKey, dict[ServiceId, None]] = {}

    @property
    def held(self) -> dict[PortKey, ServiceId]:
        """Port -> service."""
        return self._held

    def follow(self, old: Service | None, new: Service | None) -> None:
        """A service came, changed or went."""
        if old is not None:
            self._forget(old)
        if new is not None:
            self._note(new)

    def _forget(self, service: Service) -> None:
        for key in ingress_ports(service.endpoint):
            if self._held.get(key) == service.id:
                del self._held[key]
        for key in reserved_ports(service):
            namers = self._named.get(key, {})
            namers.pop(service.id, None)
            if not namers:
                self._named.pop(key, None)

    def _note(self, service: Service) -> None:
        for key in ingress_ports(service.endpoint):
            owner = self._held.setdefault(key, service.id)
            assert owner == service.id, (key, owner, service.id)
        for key in reserved_ports(service):
            self._named.setdefault(key, {})[service.id] = None

    def assign(self, service: Service) -> tuple[tuple[PortConfig, ...], str]:
        """Those ports of its spec that can be had, with a number each; and why one of the others cannot, or "".

        A number given earlier to a port of the same target, protocol and name is kept. A host-mode port without a
        number stays so: its node chooses one.
        """
        kept: dict[object, list[int]] = {}
        for port in service.endpoint.ports:
            kept.setdefault(_identity(port), []).append(port.published_port)
        taken = set(named_ports(service))
        ports: list[PortConfig] = []
        problems: list[str] = []
        for port in service.spec.endpoint.ports:
            number, problem = port.published_port, ""
            if port.publish_mode is PublishMode.INGRESS:
                number = number or self._dynamic(service.id, port.protocol, kept.get(_identity(port), []), taken)
                taken.add((port.protocol, number))
                problem = self._problem(service.id, port.protocol, number)
            if problem:
                problems.append(problem)
            else:
                ports.append(PortConfig(port.target_port, number, port.protocol, port.publish_mode, port.name))
        return tuple(ports), next(iter(problems), "")

    def _problem(self, service_id: ServiceId, protocol: Protocol, number: int) -> str:
        if not number:
            return f"all {protocol.value} ports from {FIRST_DYNAMIC_PORT} to {LAST_DYNAMIC_PORT} are in use"
        if self._held.get((protocol, number), service_id) != service_id:
            return f"port {number}/{protocol.value} is in use by another service"
        return ""

    def _dynamic(self, service_id: ServiceId, protocol: Protocol, kept: list[int], taken: set[PortKey]) -> int:
        """A number held already, in order, or a free one; 0 if there is none."""
        while kept:
            number = kept.pop(0)
            if self._held.get((protocol, number)) == service_id and (protocol, number) not in taken:
                return number
        for number in range(FIRST_DYNAMIC_PORT, LAST_DYNAMIC_PORT + 1):
            key = (protocol, number)
            if key not in self._held and key not in self._named and key not in taken:
                return number
        return 0

    def check_invariants(self, services: Iterable[Service]) -> None:
        """What it says is held and asked for is what these services hold and ask for."""
        twin = PortPool()
        for service in services:
            twin.follow(None, service)
        assert (self._held, self._named) == (twin._held, twin._named)


def _identity(port: PortConfig) -> tuple[int, Protocol, PublishMode, str]:
    return (port.target_port, port.protocol, port.publish_mode, port.name)
