"""What whoever serves a cluster is told of it: how fast its time goes by, and where its hosts are reached."""

import shlex
from pathlib import Path

from swarmsim.serve.place import DIRECTORY_VARIABLE, Place, default_directory


def greeting(places: dict[str, Place], directory: Path, speed: float | None, bare: bool, tls: bool) -> str:
    """Lines that a shell can take as they are; `speed`: the world's seconds per second, None for as fast as it goes."""
    hosts, their = ("1 simulated host", "its") if len(places) == 1 else (f"{len(places)} simulated hosts", "their")
    rate = "max" if speed is None else f"{speed:g}x"
    lines = [f"{hosts} in {'no' if bare else 'one'} swarm, {their} time goes by at {rate}; Ctrl-C ends it"]
    if speed != 1:
        ahead = speed is None or speed > 1
        lines.append(f"times that docker shows {'run ahead of' if ahead else 'fall behind'} your clock")
    verified = " with DOCKER_TLS_VERIFY=1" if tls else ""
    for host, place in places.items():
        also = f"  # or {place.docker_port}{verified}" if place.docker_port else ""
        lines.append(f"  {host:<6} export DOCKER_HOST={shlex.quote(place.docker_host)}{also}")
    if directory != default_directory().absolute():
        named = shlex.quote(str(directory))
        lines.append(f"for swarmsim machine, fault and top: export {DIRECTORY_VARIABLE}={named}")
    return "\n".join(lines)
