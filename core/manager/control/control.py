"""From a client's write to a draft.

Theory of operation. Every operation has one function that first checks everything against the head, raising `Refusal`,
and only then drafts; so a refused operation has written nothing. What it read may still be in flight: Raft
holds a refusal back until all of that is committed.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from msgspec.msgpack import Encoder

from core.manager.control.cluster import update_cluster
from core.manager.control.founding import found_swarm
from core.manager.control.networks import create_network, remove_network
from core.manager.control.nodes import remove_node, update_node
from core.manager.control.payloads import (
    create_config,
    create_secret,
    remove_payload,
    update_config,
    update_secret,
)
from core.manager.control.refusal import Refusal, invalid
from core.manager.control.services import create_service, remove_service, update_service
from core.manager.draft import Draft
from core.operations import (
    CreateConfig,
    CreateNetwork,
    CreateSecret,
    CreateService,
    ErrorCode,
    FoundSwarm,
    Kind,
    OperationError,
    Remove,
    UpdateCluster,
    UpdateConfig,
    UpdateNode,
    UpdateSecret,
    UpdateService,
    Write,
)

MAX_OPERATION_BYTES: Final = 1_200_000
"""Room for the largest config and its labels, and well below the largest transaction."""

_ENCODER: Final = Encoder()


def carry_out(draft: Draft, operation: Write, rng: Random) -> str | OperationError | None:
    """Draft a client's write; the answer it will be given, or why it is refused (then nothing was drafted)."""
    size = len(_ENCODER.encode(operation))
    if size > MAX_OPERATION_BYTES:
        return OperationError(
            ErrorCode.INVALID, f"the request is too large: {size} bytes of at most {MAX_OPERATION_BYTES}"
        )
    try:
        answer: str | None = HANDLERS[type(operation)](draft, operation, rng)
    except Refusal as refusal:
        return refusal.error
    return answer


def _remove(draft: Draft, operation: Remove, rng: Random) -> None:
    remover = _REMOVERS.get(operation.kind)
    if remover is None:
        raise invalid(f"a {operation.kind.value} cannot be removed")
    remover(draft, operation, rng)


_REMOVERS: dict[Kind, Callable[[Draft, Remove, Random], None]] = {
    Kind.SERVICE: remove_service,
    Kind.NETWORK: remove_network,
    Kind.SECRET: remove_payload,
    Kind.CONFIG: remove_payload,
    Kind.NODE: remove_node,
}

HANDLERS: dict[type[Any], Callable[[Draft, Any, Random], str | None]] = {
    FoundSwarm: found_swarm,
    CreateService: create_service,
    UpdateService: update_service,
    CreateNetwork: create_network,
    CreateSecret: create_secret,
    CreateConfig: create_config,
    UpdateSecret: update_secret,
    UpdateConfig: update_config,
    UpdateNode: update_node,
    UpdateCluster: update_cluster,
    Remove: _remove,
}
"""Covers the union `Write`; a test holds that."""
