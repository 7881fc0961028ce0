"""Networks: what a client asks for, and `Network` to Docker's two: the one inspected, and the one a task is on."""

from collections.abc import Iterable
from typing import Final

from core import json_schema
from core.codec.docker.kept import Kept
from core.codec.docker.kinds import LABELS, NAME, TEXT, TRUTH, Object, many
from core.codec.docker.schemas import META
from core.codec.docker.tables import Field, Table, table
from core.codec.docker.times import meta, rfc3339
from core.document import Value
from core.json_schema import TIME, WHOLE, by_name, listed, shape
from core.objects.network import Network, NetworkSpec, Subnet

VNI_OPTION: Final = "com.docker.network.driver.overlay.vxlanid_list"

NETWORK_REQUEST: Final = Table(
    NetworkSpec,
    Field("Name", "name", TEXT, absent=""),
    Field("Driver", "driver", NAME, absent="bridge"),
    Kept("Scope", usual="swarm"),
    Kept("EnableIPv4", usual=True),
    Kept("EnableIPv6", usual=False),
    Kept("IPAM.Driver", usual="default"),
    Kept("IPAM.Options"),
    Field(
        "IPAM.Config",
        "subnets",
        many(
            table(
                Subnet,
                Field("Subnet", "subnet", TEXT, absent=""),
                Field("IPRange", "ip_range", TEXT),
                Field("Gateway", "gateway", TEXT),
            )
        ),
        always=True,
    ),
    Field("Internal", "internal", TRUTH, always=True),
    Field("Attachable", "attachable", TRUTH, always=True),
    Field("Ingress", "ingress", TRUTH, always=True),
    Kept("ConfigFrom", usual={"Network": ""}),
    Kept("ConfigOnly", usual=False),
    Field("Options", "options", LABELS, always=True),
    Field("Labels", "labels", LABELS, always=True),
)
"""The body of POST /networks/create. Without a driver it asks for a bridge, as Docker's does."""


NETWORK: Final = shape(
    {"Id": json_schema.TEXT, "Created": TIME, "Containers": by_name({})},
    {
        **NETWORK_REQUEST.schema()["properties"],
        "Peers": listed(shape({"Name": json_schema.TEXT, "IP": json_schema.TEXT})),
        "Services": by_name(
            shape(
                {
                    "VIP": json_schema.TEXT,
                    "Ports": listed(json_schema.TEXT),
                    "LocalLBIndex": WHOLE,
                    "Tasks": listed(
                        shape(
                            {
                                "Name": json_schema.TEXT,
                                "EndpointID": json_schema.TEXT,
                                "EndpointIP": json_schema.TEXT,
                                "Info": LABELS.schema,
                            }
                        )
                    ),
                }
            )
        ),
    },
)
_DRIVER: Final = shape({"Name": json_schema.TEXT}, {"Options": LABELS.schema})
_IPAM: Final = shape(
    {"Driver": _DRIVER},
    {"Configs": listed(shape({}, dict.fromkeys(("Subnet", "Range", "Gateway"), json_schema.TEXT)))},
)
ATTACHED_NETWORK: Final = shape(
    {"ID": json_schema.TEXT},
    {
        **META,
        "Spec": shape(
            {
                "Name": json_schema.TEXT,
                "Labels": LABELS.schema,
                "DriverConfiguration": _DRIVER,
                "IPAMOptions": _IPAM,
                "Scope": json_schema.TEXT,
            },
            dict.fromkeys(("Internal", "Attachable", "Ingress"), json_schema.TRUTH),
        ),
        "DriverState": _DRIVER,
        "IPAMOptions": _IPAM,
    },
)
"""The network of a task's attachment; only its id is left where the network is gone."""


def decode_network_request(body: object) -> NetworkSpec:
    """The body of POST /networks/create."""
    return NETWORK_REQUEST.read(Value("", body))


def encode_network(network: Network, *, peers: Iterable[tuple[str, str]] = ()) -> Object:
    """An answer of GET /networks; `peers` are the names and addresses of the nodes that take part in it."""
    body = {
        **NETWORK_REQUEST.write(network.spec),
        "Id": network.id,
        "Created": rfc3339(network.created_at),
        "Options": _options(network),
        "Containers": {},
    }
    body["IPAM"]["Config"] = [_subnet(subnet, "IPRange") for subnet in network.subnets or network.spec.subnets]
    shown = [{"Name": name, "IP": address} for name, address in peers]
    return body | ({"Peers": shown} if shown else {})


def encode_attached_network(network: Network) -> Object:
    """The network of a task's attachment, which Docker shows in another form."""
    spec = network.spec
    flags = {"Internal": spec.internal, "Attachable": spec.attachable, "Ingress": spec.ingress}
    return {
        "ID": network.id,
        **meta(network.version, network.created_at, network.updated_at),
        "Spec": {
            "Name": spec.name,
            "Labels": spec.labels,
            "DriverConfiguration": _driver(spec.driver, spec.options),
            **{name: flag for name, flag in flags.items() if flag},
            "IPAMOptions": _ipam(spec.subnets),
            "Scope": "swarm",
        },
        "DriverState": _driver(spec.driver, _options(network)),
        "IPAMOptions": _ipam(network.subnets),
    }


def _options(network: Network) -> dict[str, str]:
    return ({VNI_OPTION: str(network.vni)} if network.vni else {}) | network.spec.options


def _driver(name: str, options: dict[str, str]) -> Object:
    return {"Name": name, "Options": options} if options else {"Name": name}


def _ipam(subnets: tuple[Subnet, ...]) -> Object:
    configs = [_subnet(subnet, "Range") for subnet in subnets]
    return {"Driver": {"Name": "default"}} | ({"Configs": configs} if configs else {})


def _subnet(subnet: Subnet, range_name: str) -> Object:
    body = {"Subnet": subnet.subnet, range_name: subnet.ip_range, "Gateway": subnet.gateway}
    return {name: text for name, text in body.items() if text}
