"""Where in a service's tasks a published port leads: rules for data planes.

A service's route says what is published now; a task publishes what its service did when the task was made. While an
update is under way the two differ: each backend is reached at the target port of its own, and one that does not publish
the port at all is passed over.
"""

from core.mesh.routes import Backend
from core.objects.port import PortConfig


def target_port(backend: Backend, published: PortConfig) -> int | None:
    """The port in this backend that a published one leads to; None: it does not publish it.

    A task that left the number to the swarm does not know it: what leads to that target port of it is meant.
    """
    if backend.ports is None:
        return published.target_port
    for own in backend.ports:
        chosen = own.published_port == 0 and own.target_port == published.target_port
        if own.protocol is published.protocol and (chosen or own.published_port == published.published_port):
            return own.target_port
    return None


def serves(backend: Backend, published: PortConfig | None) -> bool:
    """Whether connections may go there: to a published port or, without one, to whatever port is asked for."""
    return published is None or target_port(backend, published) is not None
