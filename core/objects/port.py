"""Published ports of services."""

from enum import Enum

from msgspec import Struct


class Protocol(Enum):
    """Transport protocol of a published port."""

    TCP = "tcp"
    UDP = "udp"
    SCTP = "sctp"


class PublishMode(Enum):
    """INGRESS: on every node through the routing mesh. HOST: only on the task's node."""

    INGRESS = "ingress"
    HOST = "host"


class PortConfig(Struct, frozen=True, gc=False):
    """A published port.

    `published_port` 0 asks the allocator for one from 30000 to 32767 or, in host mode, the task's node for any.
    """

    target_port: int
    published_port: int = 0
    protocol: Protocol = Protocol.TCP
    publish_mode: PublishMode = PublishMode.INGRESS
    name: str = ""
