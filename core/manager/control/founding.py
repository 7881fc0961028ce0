"""The first objects of a swarm: the cluster, its first manager, and the ingress network."""

from ipaddress import IPv4Network
from random import Random

from core.ids import NetworkId, draw_id
from core.manager.control.cluster import check_cluster_spec
from core.manager.control.refusal import Refusal, invalid
from core.manager.draft import Draft
from core.objects.cluster import Cluster
from core.objects.network import Network, NetworkSpec
from core.objects.node import ManagerStatus, Node, NodeSpec, Role
from core.operations import ErrorCode, FoundSwarm, InitSwarm, OperationError

INGRESS_NAME = "ingress"
LONGEST_SUBNET_PREFIX = 29
"""A subnet needs room for gateway, balancer and tasks (moby `swarm init --default-addr-pool-mask-length`)."""

LOWEST_DATA_PATH_PORT = 1024
HIGHEST_DATA_PATH_PORT = 49151
"""Beyond them are the ports of the system and those that connections are given (moby `swarm init --data-path-port`)."""


def found_swarm(draft: Draft, operation: FoundSwarm, rng: Random) -> str:
    """Answers with the node's id. Refused where a swarm exists already."""
    if draft.head.cluster is not None:
        raise Refusal(ErrorCode.FAILED_PRECONDITION, "the swarm has been founded already")
    init = operation.operation
    _check_pools(init)
    draft.create(
        Cluster(
            operation.cluster_id,
            spec=init.spec,
            tokens=operation.tokens,
            unlock_key=operation.unlock_key,
            default_address_pools=init.default_address_pools,
            subnet_prefix_length=init.subnet_prefix_length,
            data_path_port=init.data_path_port,
        )
    )
    draft.create(Network(NetworkId(draw_id(rng)), NetworkSpec(name=INGRESS_NAME, ingress=True)))
    spec = NodeSpec(role=Role.MANAGER, availability=init.availability)
    manager = ManagerStatus(raft_id=operation.raft_id, address=init.advertise)
    return draft.create(Node(operation.node_id, spec, operation.description, manager=manager)).id


def why_not(init: InitSwarm) -> OperationError | None:
    """What is unsound in a swarm that is about to be founded: nothing may be begun that could never be finished."""
    try:
        check_cluster_spec(init.spec)
        _check_data_path(init.data_path_port)
        _check_pools(init)
    except Refusal as refusal:
        return refusal.error
    return None


def _check_data_path(port: int) -> None:
    if not LOWEST_DATA_PATH_PORT <= port <= HIGHEST_DATA_PATH_PORT:
        raise invalid(
            f"invalid data path port {port}: use one from {LOWEST_DATA_PATH_PORT} to {HIGHEST_DATA_PATH_PORT}"
        )


def _check_pools(init: InitSwarm) -> None:
    if init.subnet_prefix_length > LONGEST_SUBNET_PREFIX:
        raise invalid(
            f"subnet size /{init.subnet_prefix_length} is too small; the smallest is /{LONGEST_SUBNET_PREFIX}"
        )
    for pool in init.default_address_pools:
        try:
            network = IPv4Network(pool)
        except ValueError as error:
            raise invalid(f"invalid default address pool {pool}: {error}") from None
        if network.prefixlen > init.subnet_prefix_length:
            raise invalid(f"default address pool {pool} is smaller than one subnet of /{init.subnet_prefix_length}")
