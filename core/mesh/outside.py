"""Which containers have to do with the world outside the swarm: internal networks lead nowhere else.

A container on internal networks alone has no way out of them, and no port of its node leads to it (host mode). One on
any other network as well has both through that: also one that is on the ingress network, since it publishes there. A
container on no overlay network has its node's own network.
"""

from collections.abc import Iterable

from core.mesh.routes import NetworkRoute


def has_way_out(networks: Iterable[NetworkRoute]) -> bool:
    """Whether a container on these networks, which are all it has, reaches and is reached from outside."""
    internal = [network.internal for network in networks]
    return not internal or not all(internal)
