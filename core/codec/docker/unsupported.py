"""What a spec asks for that Docker has and we do not: kept as it was sent, without effect, and said so."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import Struct

from core.codec.docker.cluster import SWARM_SPEC
from core.codec.docker.config import CONFIG_SPEC
from core.codec.docker.network import NETWORK_REQUEST
from core.codec.docker.node import NODE_SPEC
from core.codec.docker.secret import SECRET_SPEC
from core.codec.docker.service import SERVICE_SPEC
from core.objects.cluster import ClusterSpec
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec
from core.objects.node import NodeSpec
from core.objects.secret import SecretSpec
from core.objects.service import ServiceSpec

_KEPT_IN: Final[dict[type[Struct], Callable[[Any], Iterator[str]]]] = {
    ClusterSpec: SWARM_SPEC.kept,
    ConfigSpec: CONFIG_SPEC.kept,
    NetworkSpec: NETWORK_REQUEST.kept,
    NodeSpec: NODE_SPEC.kept,
    SecretSpec: SECRET_SPEC.kept,
    ServiceSpec: SERVICE_SPEC.kept,
}


def warnings(spec: Struct) -> tuple[str, ...]:
    """A sentence for each, with its path; of each object, what lies in it comes before what lies in its parts."""
    return tuple(f"{path.removeprefix('.')} has no effect here" for path in _KEPT_IN[type(spec)](spec))
