"""Hosts that left the swarm, were removed from it or lost their disk join it again, as their names say.

Whoever joins again is a new node. Once it is one, the operator removes what is left of the nodes it was before, known
by their hostname: among managers those would be counted for a quorum for ever.
"""

from collections.abc import Callable

from core.objects import Cluster, Node
from core.objects.cluster import JoinTokens
from core.operations import ErrorCode, Kind, ListObjects
from core.phases import HostPhase
from swarmsim.player.conversations import REMOVAL_TRIES, ask_unless_done, leave, read_tokens, remove_node
from swarmsim.player.formation import join_order
from swarmsim.player.operator import (
    RETRY_NS,
    Conversation,
    ConversationFailedError,
    Done,
    Operator,
    Pause,
    RejectedError,
)
from swarmsim.world import World

OUT_TRIES = 300
"""How often to look whether a host has left; a minute of looks."""


def ask_to_rejoin(world: World, operator: Operator, host: str, ended: Done) -> None:
    """Have it join again as soon as it is in no swarm, and what it was before removed."""

    def joined(problem: str) -> None:
        if problem:
            ended(problem)
        else:
            operator.hold(_remove_former(host, lambda: world.node_id(host)), ended)

    def with_tokens(cluster: Cluster) -> None:
        operator.hold(_join_again(world, host, cluster.tokens), joined, at=host)

    operator.hold(read_tokens(with_tokens), lambda problem: ended(problem) if problem else None)


def _join_again(world: World, host: str, tokens: JoinTokens) -> Conversation:
    yield from _leave_for_good(world, host)
    # a member cannot join: an earlier answer was lost
    yield from ask_unless_done(join_order(world, host, tokens), ErrorCode.UNAVAILABLE)


def _leave_for_good(world: World, host: str) -> Conversation:
    """Wait until it is in no swarm; one that was removed while it could not be told has to be made to leave."""
    for _ in range(OUT_TRIES):
        status = world.status(host)
        if status.lives and status.phase is HostPhase.INACTIVE:
            return
        if status.lives and status.phase in (HostPhase.MANAGER, HostPhase.WORKER, HostPhase.LOCKED):
            yield from leave(world, host)
        yield Pause(RETRY_NS)
    raise ConversationFailedError(f"{host} was not up for long enough to leave the swarm and join again")


def _remove_former(host: str, node_id: Callable[[], str]) -> Conversation:
    nodes: tuple[Node, ...] = yield ListObjects(Kind.NODE)
    for node in nodes:
        if node.description.hostname == host and node.id != node_id():
            yield from _once_a_quorum_allows(node.id)


def _once_a_quorum_allows(node_id: str) -> Conversation:
    """Remove a node; a manager of too few that are in reach is not to be demoted just then."""
    for _ in range(REMOVAL_TRIES):
        try:
            yield from remove_node(node_id)
        except RejectedError as rejected:
            if rejected.error.code is not ErrorCode.FAILED_PRECONDITION:
                raise
            yield Pause(RETRY_NS)
        else:
            return
    raise ConversationFailedError(f"node {node_id} could not be removed without the loss of a quorum")
