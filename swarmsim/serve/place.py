"""Where things are reached: a directory with a socket per host and one for the cluster itself, and loopback ports."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

LOOPBACK: Final = "127.0.0.1"
CONTROL: Final = "cluster.sock"
"""The socket at which the simulation itself is spoken to, in the directory."""
DIRECTORY_VARIABLE: Final = "SWARMSIM_SOCKET_DIR"
"""Names the directory in the environment, for all commands that need it."""

_MAX_SOCKET_PATH: Final = 107
"""Bytes of a Unix socket's path that Linux takes."""


class Place(Struct, frozen=True):
    """One host's endpoints; `port` 0: there is only the socket."""

    socket: Path
    port: int = 0

    @property
    def docker_host(self) -> str:
        """What `DOCKER_HOST` is to be."""
        return f"unix://{self.socket}"

    @property
    def docker_port(self) -> str:
        """What it may be as well; empty if there is no port."""
        return f"tcp://{LOOPBACK}:{self.port}" if self.port else ""


class PlaceError(Exception):
    """A place cannot be used, and what to do."""


def default_directory() -> Path:
    """As the environment says, else one of the user's own that is gone after a restart of the machine."""
    named = os.environ.get(DIRECTORY_VARIABLE)
    if named:
        return Path(named)
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "swarmsim" if runtime else Path(tempfile.gettempdir()) / f"swarmsim-{os.getuid()}"


def places_of(hosts: Sequence[str], directory: Path, first_port: int | None) -> dict[str, Place]:
    """A place for each host, ports in order. Raises PlaceError for a directory whose sockets would have no name."""
    directory = directory.absolute()
    longest = max(len(os.fsencode(directory / f"{host}.sock")) for host in (*hosts, "cluster"))
    if longest > _MAX_SOCKET_PATH:
        raise PlaceError(
            f"{directory}: paths of sockets would have {longest} bytes of {_MAX_SOCKET_PATH}; name a shorter directory"
        )
    if first_port is not None and first_port + len(hosts) > 65_536:
        raise PlaceError(f"{len(hosts)} ports from {first_port} on end beyond 65535; begin with a lower one")
    return {
        host: Place(directory / f"{host}.sock", first_port + number if first_port is not None else 0)
        for number, host in enumerate(hosts)
    }
