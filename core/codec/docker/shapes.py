"""The shapes of requests and answers by the names that documentation gives them."""

from collections.abc import Mapping
from typing import Final

from core.codec.docker.cluster import CLUSTER_INFO, SWARM, SWARM_SPEC
from core.codec.docker.config import CONFIG, CONFIG_SPEC
from core.codec.docker.network import NETWORK, NETWORK_REQUEST
from core.codec.docker.node import NODE, NODE_SPEC
from core.codec.docker.secret import SECRET, SECRET_SPEC
from core.codec.docker.service import SERVICE, service_spec_schema
from core.codec.docker.swarm_requests import INIT, JOIN, UNLOCK
from core.codec.docker.task import TASK
from core.json_schema import Schema

SHAPES: Final[Mapping[str, Schema]] = {
    "ClusterInfo": CLUSTER_INFO,
    "Swarm": SWARM,
    "SwarmSpec": SWARM_SPEC.schema(),
    "SwarmInitRequest": INIT.schema(),
    "SwarmJoinRequest": JOIN.schema(),
    "SwarmUnlockRequest": UNLOCK.schema(),
    "Node": NODE,
    "NodeSpec": NODE_SPEC.schema(),
    "Service": SERVICE,
    "ServiceSpec": service_spec_schema(),
    "Task": TASK,
    "Secret": SECRET,
    "SecretSpec": SECRET_SPEC.schema(),
    "Config": CONFIG,
    "ConfigSpec": CONFIG_SPEC.schema(),
    "Network": NETWORK,
    "NetworkCreateRequest": NETWORK_REQUEST.schema(),
}
