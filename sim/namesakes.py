"""Images as people know them, for worlds in which nobody has said how images behave.

A namesake does what the image of that name does, as far as anybody outside would notice: a server listens where that
one does by default, a distribution's image has a shell that ends at once unless its input is held open. An image that
is not known here runs until it is stopped and listens on whatever port it is asked at. All of them do what their
command line says.
"""

from typing import Final

from msgspec.structs import replace

from sim.images import Catalogue, Image, untagged

_SERVERS: Final[dict[str, tuple[int, ...]]] = {
    "adminer": (8080,),
    "caddy": (80, 443),
    "consul": (8500,),
    "containous/whoami": (80,),
    "couchdb": (5984,),
    "dockersamples/visualizer": (8080,),
    "elasticsearch": (9200, 9300),
    "ghost": (2368,),
    "grafana/grafana": (3000,),
    "hashicorp/http-echo": (5678,),
    "httpd": (80,),
    "influxdb": (8086,),
    "jenkins/jenkins": (8080, 50_000),
    "jwilder/whoami": (8000,),
    "mariadb": (3306,),
    "memcached": (11_211,),
    "mongo": (27_017,),
    "mysql": (3306,),
    "nats": (4222, 8222),
    "nginx": (80,),
    "nginxdemos/hello": (80,),
    "phpmyadmin": (80,),
    "portainer/portainer-ce": (9000, 9443, 8000),
    "postgres": (5432,),
    "prom/prometheus": (9090,),
    "rabbitmq": (5672, 15_672),
    "redis": (6379,),
    "registry": (5000,),
    "tomcat": (8080,),
    "traefik": (80,),
    "traefik/whoami": (80,),
    "valkey/valkey": (6379,),
    "wordpress": (80,),
}
_SHELLS: Final = (
    "almalinux", "alpine", "amazonlinux", "archlinux", "bash", "busybox", "debian", "fedora", "nicolaka/netshoot",
    "rockylinux", "ubuntu",
)  # fmt: skip
_INTERPRETERS: Final = ("golang", "node", "openjdk", "perl", "php", "python", "ruby")
"""Like shells as long as they are given nothing to run; what they are given may be a server."""
_GREETING: Final = (
    "Hello from a simulated container!\n\n"
    "Its image was pulled, its process was started, and what it wrote has come to you: all of it in simulated time."
)

_KNOWN: Final[dict[str, Image]] = {
    **{name: Image(name, port=ports[0], other_ports=ports[1:], runs_commands=True) for name, ports in _SERVERS.items()},
    **{name: Image(name, command=("sh",), runs_commands=True) for name in _SHELLS},
    **{name: Image(name, command=("sh",), any_port=True, runs_commands=True) for name in _INTERPRETERS},
    "hello-world": Image("hello-world", command=("echo", _GREETING), runs_commands=True),
    "curlimages/curl": Image("curlimages/curl", entrypoint=("curl",), runs_commands=True),
}


def namesake(reference: str) -> Image:
    """The image that is called so, whatever its registry, tag and digest."""
    name = untagged(reference)
    registry, _, rest = name.partition("/")
    if rest and ("." in registry or ":" in registry or registry == "localhost"):
        name = rest
    known = _KNOWN.get(name.removeprefix("library/"))
    return Image(reference, any_port=True, runs_commands=True) if known is None else replace(known, name=reference)


def namesakes() -> Catalogue:
    """Every image there could be."""
    return Catalogue(fallback=namesake)
