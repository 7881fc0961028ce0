"""Which ports of its machine a container opens for itself (host mode)."""

from collections.abc import Iterable, Set
from typing import Final

from msgspec.structs import replace

from core.objects.port import PortConfig, Protocol

FIRST_EPHEMERAL: Final = 32_768
LAST_EPHEMERAL: Final = 60_999
"""What a kernel chooses from, by default (`net.ipv4.ip_local_port_range`)."""


def open_ports(asked: Iterable[PortConfig], taken: Set[tuple[Protocol, int]]) -> tuple[PortConfig, ...]:
    """The ports asked for, each with a number: its own, or the lowest free one that a kernel would choose.

    `taken` are those that are open on the machine. One for which there is no number left is not opened.
    """
    asked = tuple(asked)
    used = {*taken, *((port.protocol, port.published_port) for port in asked)}
    opened: list[PortConfig] = []
    for port in asked:
        number = port.published_port or _free(port.protocol, used)
        if number:
            used.add((port.protocol, number))
            opened.append(replace(port, published_port=number))
    return tuple(opened)


def _free(protocol: Protocol, used: Set[tuple[Protocol, int]]) -> int:
    return next((number for number in range(FIRST_EPHEMERAL, LAST_EPHEMERAL + 1) if (protocol, number) not in used), 0)
