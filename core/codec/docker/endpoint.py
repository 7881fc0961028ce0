"""How a service is reached: its ports, and the addresses it was given."""

from typing import Final

from core.codec.docker.kinds import INTEGER, TEXT, many, word
from core.codec.docker.tables import Field, table
from core.objects.endpoint import EndpointMode, EndpointSpec
from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.service import Endpoint, VirtualIP

PORTS: Final = many(
    table(
        PortConfig,
        Field("Name", "name", TEXT),
        Field("Protocol", "protocol", word(Protocol), always=True),
        Field("TargetPort", "target_port", INTEGER, absent=0),
        Field("PublishedPort", "published_port", INTEGER),
        Field("PublishMode", "publish_mode", word(PublishMode), always=True),
    )
)
ENDPOINT_SPEC: Final = table(
    EndpointSpec,
    Field("Mode", "mode", word(EndpointMode), always=True),
    Field("Ports", "ports", PORTS),
)
_VIRTUAL_IP: Final = table(
    VirtualIP,
    Field("NetworkID", "network_id", TEXT, absent=""),
    Field("Addr", "address", TEXT, absent=""),
)
ENDPOINT: Final = table(
    Endpoint,
    Field("Spec", "spec", ENDPOINT_SPEC),
    Field("Ports", "ports", PORTS),
    Field("VirtualIPs", "virtual_ips", many(_VIRTUAL_IP)),
)
