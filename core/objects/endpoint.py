"""How a service is to be reached, as its user declares it; its tasks carry a copy."""

from enum import Enum

from msgspec import Struct

from core.objects.port import PortConfig, PublishMode


class EndpointMode(Enum):
    """VIP: one virtual address, balanced. DNSRR: names resolve to the tasks' own addresses."""

    VIP = "vip"
    DNSRR = "dnsrr"


class EndpointSpec(Struct, frozen=True, gc=False):
    """How a service is reached."""

    mode: EndpointMode = EndpointMode.VIP
    ports: tuple[PortConfig, ...] = ()

    @property
    def host_ports(self) -> tuple[PortConfig, ...]:
        """The ports that tasks open on their own node."""
        return tuple(port for port in self.ports if port.publish_mode is PublishMode.HOST)

    @property
    def ingress_ports(self) -> tuple[PortConfig, ...]:
        """The ports that are open on every node and lead to all tasks."""
        return tuple(port for port in self.ports if port.publish_mode is PublishMode.INGRESS)

    @property
    def uses_ingress(self) -> bool:
        """Whether tasks have to be on the ingress network."""
        return any(port.publish_mode is PublishMode.INGRESS for port in self.ports)
