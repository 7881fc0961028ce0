"""Published ports of the routing mesh: unique per protocol in the whole swarm."""

from core.ids import ServiceId
from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.service import Endpoint, EndpointSpec

FIRST_DYNAMIC_PORT = 30_000
LAST_DYNAMIC_PORT = 32_767

PortKey = tuple[Protocol, int]


def ingress_ports(endpoint: Endpoint) -> list[PortKey]:
    """The ports an endpoint holds in the whole swarm."""
    return [
        (port.protocol, port.published_port)
        for port in endpoint.ports
        if port.publish_mode is PublishMode.INGRESS and port.published_port
    ]


class PortPool:
    """Who has which ingress port."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[PortKey, ServiceId] = {}

    @property
    def held(self) -> dict[PortKey, ServiceId]:
        """Port -> service."""
        return self._held

    def follow(self, service_id: ServiceId, old: Endpoint | None, new: Endpoint | None) -> None:
        """A service's endpoint changed, came or went."""
        for key in () if old is None else ingress_ports(old):
            if self._held.get(key) == service_id:
                del self._held[key]
        for key in () if new is None else ingress_ports(new):
            owner = self._held.setdefault(key, service_id)
            assert owner == service_id, (key, owner, service_id)

    def assign(self, service_id: ServiceId, spec: EndpointSpec, current: Endpoint) -> tuple[PortConfig, ...] | None:
        """The ports of a spec with a number each; None if one cannot be had.

        A number given earlier to a port of the same target, protocol and name is kept.
        """
        kept = {_identity(port): port.published_port for port in current.ports}
        fixed = {(port.protocol, port.published_port) for port in spec.ports}
        ports: list[PortConfig] = []
        for port in spec.ports:
            number = self._number(service_id, port, kept.get(_identity(port), 0), fixed)
            if number is None:
                return None
            fixed.add((port.protocol, number))
            ports.append(PortConfig(port.target_port, number, port.protocol, port.publish_mode, port.name))
        return tuple(ports)

    def _number(self, service_id: ServiceId, port: PortConfig, kept: int, taken: set[PortKey]) -> int | None:
        if port.publish_mode is PublishMode.HOST:
            return port.published_port  # 0: the node chooses one
        if port.published_port:
            owner = self._held.get((port.protocol, port.published_port), service_id)
            return port.published_port if owner == service_id else None
        if kept and (port.protocol, kept) not in taken:
            return kept
        for number in range(FIRST_DYNAMIC_PORT, LAST_DYNAMIC_PORT + 1):
            key = (port.protocol, number)
            if key not in self._held and key not in taken:
                return number
        return None


def _identity(port: PortConfig) -> tuple[int, Protocol, PublishMode, str]:
    return (port.target_port, port.protocol, port.publish_mode, port.name)
