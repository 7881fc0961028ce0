"""The conversations that an operator holds (`swarmsim.player.operator`) about nodes, services and stacks."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from core.compose.deployment import Deployment, DeploymentFailed
from core.compose.stack import Stack
from core.objects import Cluster
from core.objects.node import Availability, NodeSpec, Role
from core.objects.service import Replicated, Service, ServiceSpec
from core.operations import (
    ErrorCode,
    InitSwarm,
    Inspect,
    JoinSwarm,
    Kind,
    LeaveSwarm,
    ListObjects,
    Operation,
    Remove,
    UpdateNode,
    UpdateService,
)
from swarmsim.player.operator import RETRY_NS, Conversation, ConversationFailedError, Pause, RejectedError
from swarmsim.world import NotDoneError, World

SpecT = TypeVar("SpecT")
REMOVAL_TRIES: Final = 300
"""A minute of them."""


def ask_unless_done(operation: Operation, done: ErrorCode) -> Conversation:
    """Ask for something that is done already if it is refused with this code."""
    try:
        yield operation
    except RejectedError as rejected:
        if rejected.error.code is not done:
            raise


def change(
    kind: Kind, reference: str, of: Callable[[SpecT], SpecT], update: Callable[[Any, SpecT], Operation]
) -> Conversation:
    """Replace an object's spec by what `of` makes of it, again if somebody else changed it meanwhile."""
    while True:
        found: Any = yield Inspect(kind, reference)
        spec = of(found.spec)
        if spec == found.spec:
            return
        try:
            yield update(found, spec)
        except RejectedError as rejected:
            if rejected.error.code is not ErrorCode.OUT_OF_SEQUENCE:
                raise
        else:
            return


def change_node(node_id: str, of: Callable[[NodeSpec], NodeSpec]) -> Conversation:
    """Replace a node's spec by what `of` makes of it."""
    return change(Kind.NODE, node_id, of, lambda node, spec: UpdateNode(node.id, node.version, spec))


def set_role(node_id: str, role: Role) -> Conversation:
    """Promote or demote."""
    return change_node(node_id, lambda spec: replace(spec, role=role))


def set_availability(node_id: str, availability: Availability) -> Conversation:
    """Drain or activate."""
    return change_node(node_id, lambda spec: replace(spec, availability=availability))


def change_service(name: str, of: Callable[[ServiceSpec], ServiceSpec]) -> Conversation:
    """Replace a service's spec by what `of` makes of it."""
    return change(Kind.SERVICE, name, of, lambda service, spec: UpdateService(service.id, service.version, spec))


def scale(name: str, replicas: int) -> Conversation:
    """Give a replicated service this many replicas."""
    return change_service(name, lambda spec: replace(spec, mode=Replicated(replicas)))


def set_image(name: str, image: str) -> Conversation:
    """`docker service update --image`."""
    return change_service(
        name, lambda spec: replace(spec, task=replace(spec.task, container=replace(spec.task.container, image=image)))
    )


def force_update(name: str) -> Conversation:
    """`docker service update --force`."""
    return change_service(
        name, lambda spec: replace(spec, task=replace(spec.task, force_update=spec.task.force_update + 1))
    )


def roll_back(name: str) -> Conversation:
    """`docker service rollback`, again if somebody else updated it meanwhile; one whose answer was lost is done."""
    while True:
        found: Service = yield Inspect(Kind.SERVICE, name)
        try:
            yield UpdateService(found.id, found.version, found.spec, rollback=True)
        except RejectedError as rejected:
            if rejected.error.code is not ErrorCode.OUT_OF_SEQUENCE:
                raise
        else:
            return
        after: Service = yield Inspect(Kind.SERVICE, name)
        if after.spec == found.previous_spec:
            return


def remove(kind: Kind, reference: str, force: bool = False) -> Conversation:
    """Remove an object; one that is gone already is well removed."""
    yield from ask_unless_done(Remove(kind, reference, force), ErrorCode.NOT_FOUND)


def remove_unused(kind: Kind, name: str) -> Conversation:
    """Remove a secret, config or network as soon as the swarm lets it go: it is refused while something uses it."""
    for _ in range(REMOVAL_TRIES):
        try:
            yield from remove(kind, name)
        except RejectedError as rejected:
            if rejected.error.code is not ErrorCode.INVALID:
                raise
            reason = rejected.error.message
            yield Pause(RETRY_NS)
        else:
            return
    raise ConversationFailedError(reason)


def remove_node(node_id: str) -> Conversation:
    """Remove a node by force; a manager is demoted first and then leaves Raft, which takes its time."""
    try:
        for _ in range(REMOVAL_TRIES):
            yield from set_role(node_id, Role.WORKER)  # each time anew: another order may have promoted it meanwhile
            try:
                yield from remove(Kind.NODE, node_id, force=True)
            except RejectedError as rejected:
                if rejected.error.code is not ErrorCode.FAILED_PRECONDITION:
                    raise
                yield Pause(RETRY_NS)
            else:
                return
    except RejectedError as rejected:
        if rejected.error.code is not ErrorCode.NOT_FOUND:
            raise


def initialise(operation: InitSwarm) -> Conversation:
    """Have the host that is asked make a new swarm."""
    yield operation


def leave(world: World, host: str) -> Conversation:
    """Have the host that is asked leave by force; one that is no member has left already."""
    try:
        world.permit_loss((host,))
    except NotDoneError as refusal:
        raise ConversationFailedError(f"{host} cannot leave: {refusal}") from None
    yield from ask_unless_done(LeaveSwarm(force=True), ErrorCode.UNAVAILABLE)


def read_tokens(take: Callable[[Cluster], None]) -> Conversation:
    """Hand the cluster, with its join tokens, to `take`."""
    clusters: tuple[Cluster, ...] = yield ListObjects(Kind.CLUSTER)
    take(clusters[0])


def join(operation: JoinSwarm) -> Conversation:
    """Have the host that is asked join; it repeats its own attempts."""
    yield operation


def deploy(stack: Stack, *, prune: bool = False) -> Conversation:
    """Deploy a stack, or deploy it again."""
    deployment = Deployment(stack, prune=prune)
    operation = deployment.start()
    while operation is not None:
        try:
            answer = yield operation
        except RejectedError as rejected:
            answer = rejected.error
        operation = deployment.step(answer)
    if isinstance(deployment.outcome, DeploymentFailed):
        raise ConversationFailedError(deployment.outcome.message)
