"""Which address a host is to be reached at, from what a client wrote: an interface, an address, or nothing.

The texts of refusals are Docker's, which people look up.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from core.ids import Address
from swarmsim.api.errors import bad_request

DEFAULT_PORT: Final = "2377"
_NO_LISTEN: Final = 'invalid ListenAddr "": invalid empty address'
_BAD_DATA_PATH: Final = "data path address must be a non-zero IP address or network interface"
_BAD_LISTEN: Final = "listen address must be an IP address or network interface (with optional port number)"
_BAD_ADVERTISE: Final = (
    "advertise address must be a non-zero IP address or network interface (with optional port number)"
)
_NOT_OURS: Final = (
    "must specify a listening address because the address to advertise is not recognized as a system address, "
    "and a system's IP address to use could not be uniquely identified"
)


def advertised(advertise: str, listen: str, interfaces: Mapping[str, str]) -> Address:
    """`interfaces` are the host's own, with their addresses. ApiError for an address that none of them has."""
    if not listen:
        raise bad_request(_NO_LISTEN)
    listen_host, listen_port = _split(listen, DEFAULT_PORT)
    listen_host = interfaces.get(listen_host, listen_host)
    if not _is_address(listen_host):
        raise bad_request(_BAD_LISTEN)
    if not advertise:
        return Address(f"{_outward(interfaces)}:{listen_port}")
    host, port = _split(advertise, listen_port)
    host = interfaces.get(host, host)
    if not _is_address(host) or ip_address(host).is_unspecified:
        raise bad_request(_BAD_ADVERTISE)
    if host not in interfaces.values():
        raise bad_request(_NOT_OURS)
    return Address(f"{host}:{port}")


def check_data_path(address: str, interfaces: Mapping[str, str]) -> None:
    """It may be left out. ApiError for what is neither an interface nor an address."""
    host = interfaces.get(address, address)
    if host and (not _is_address(host) or ip_address(host).is_unspecified):
        raise bad_request(_BAD_DATA_PATH)


def remote(text: str) -> Address:
    """Where a manager is said to be; ApiError if that is no address."""
    host, port = _split(text, DEFAULT_PORT)
    if not _is_address(host) or not port.isdecimal():
        raise bad_request(f"invalid remoteAddr {text!r}: write a manager's address, such as 198.18.0.1:{DEFAULT_PORT}")
    return Address(f"{host}:{port}")


def _outward(interfaces: Mapping[str, str]) -> str:
    """The first address that is not the loopback's."""
    return next(address for address in interfaces.values() if not ip_address(address).is_loopback)


def _split(text: str, default_port: str) -> tuple[str, str]:
    host, colon, port = text.rpartition(":")
    return (host, port) if colon else (text, default_port)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
