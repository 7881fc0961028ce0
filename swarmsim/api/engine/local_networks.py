"""The networks that every engine has by itself: they belong to one host and lead nowhere else."""

import hashlib
from collections.abc import Iterator
from typing import Final

from core.codec.docker.kinds import Object
from swarmsim.api.host import ApiHost

_DRIVERS: Final = {"bridge": "bridge", "host": "host", "none": "null"}
_ID_DIGITS: Final = 64
_NEVER: Final = "0001-01-01T00:00:00Z"


def local_networks(host: ApiHost) -> Iterator[Object]:
    """As `GET /networks` shows them."""
    for name, driver in _DRIVERS.items():
        yield {
            "Name": name,
            "Id": hashlib.sha256(f"{host.name} {name}".encode()).hexdigest()[:_ID_DIGITS],
            "Created": _NEVER,
            "Scope": "local",
            "Driver": driver,
            "EnableIPv4": True,
            "EnableIPv6": False,
            "IPAM": {"Driver": "default", "Options": None, "Config": []},
            "Internal": False,
            "Attachable": False,
            "Ingress": False,
            "ConfigFrom": {"Network": ""},
            "ConfigOnly": False,
            "Containers": {},
            "Options": {},
            "Labels": {},
        }
