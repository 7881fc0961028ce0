"""What an operator asks of a swarm: small conversations with any manager that answers, repeated until it is done.

A conversation is a generator: it yields an operation and is sent what the swarm answered. A refusal by the swarm's
rules is raised inside it as `RejectedError`; refusals for want of a quorum, lost connections and unknown outcomes are
not its business: the operator asks again, at another manager, for a bounded time.
"""

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from msgspec import Struct
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
    OperationError,
    Remove,
    UpdateNode,
    UpdateService,
)
from core.raft.effects import Applied, Result
from core.raft.machine import Rejected
from core.timing import MS, SECOND
from swarmsim.world import NotDoneError, World


class Pause(Struct, frozen=True):
    """A conversation waits this long before it goes on."""

    pause_ns: int


SpecT = TypeVar("SpecT")
Conversation = Generator[Operation | Pause, Any, None]
Done = Callable[[str], None]
"""Told once how it ended: empty if well, else why not."""

PATIENCE_NS = 60 * SECOND
RETRY_NS = 200 * MS
REMOVAL_TRIES = 300
"""A minute of them."""


class ConversationFailedError(Exception):
    """It cannot be done, and why."""


class RejectedError(ConversationFailedError):
    """The swarm's rules say no."""

    def __init__(self, error: OperationError) -> None:
        super().__init__(error.message)
        self.error = error


class Order(Struct, frozen=True):
    """Something an operator was told to bring about, in words, and when by the world's clock."""

    text: str
    given_at: int


class Operator:
    """Holds any number of conversations at a time."""

    def __init__(self, world: World, patience_ns: int = PATIENCE_NS) -> None:
        self._world = world
        self._patience_ns = patience_ns
        self._turn = 0
        self._open: dict[int, _Talk] = {}
        """Those that go on, by number."""
        self._held_count = 0
        self._order: Order | None = None
        """What the conversation is about that speaks just now: whatever it leads to is a part of it."""

    def hold(self, conversation: Conversation, done: Done, at: str | None = None) -> None:
        """Begin a conversation, with the host `at` or with any manager that is up."""
        self._held_count += 1
        number = self._held_count
        order = self._order or Order("what was asked first", self._world.now_ns)

        def ended(problem: str) -> None:
            done(problem)
            del self._open[number]

        talk = self._open[number] = _Talk(self, conversation, ended, at, order)
        talk.begin()

    def unfinished(self, until_ns: int) -> dict[str, str]:
        """The orders given until then that are neither carried out nor given up: why not, "" if nobody said."""
        reasons: dict[str, str] = {}
        for talk in self._open.values():
            if talk.order.given_at <= until_ns:
                reasons[talk.order.text] = talk.reason or reasons.get(talk.order.text, "")
        return reasons

    def carry_out(self, order: Order, say: Callable[[], None]) -> None:
        """All conversations that begin while this is said are about the order."""
        before, self._order = self._order, order
        try:
            say()
        finally:
            self._order = before

    def next_manager(self) -> str | None:
        """Living managers in turn."""
        managers = [host for host in self._world.hosts() if self._world.store(host) is not None]
        if not managers:
            return None
        self._turn += 1
        return managers[self._turn % len(managers)]

    @property
    def world(self) -> World:
        """The world it works in."""
        return self._world

    @property
    def patience_ns(self) -> int:
        """How long one operation is repeated."""
        return self._patience_ns


class _Talk:
    def __init__(
        self, operator: Operator, conversation: Conversation, done: Done, at: str | None, order: Order
    ) -> None:
        self._operator = operator
        self._world = operator.world
        self._conversation = conversation
        self._done = done
        self._at = at
        self.order = order
        self.reason = ""
        """Why it has come no further: what was last said to it, if that was no answer."""
        self._operation: Operation | None = None
        self._give_up_at = 0

    def begin(self) -> None:
        self._advance(lambda: next(self._conversation))

    def _advance(self, move: Callable[[], Operation | Pause]) -> None:
        self._operator.carry_out(self.order, lambda: self._move(move))

    def _move(self, move: Callable[[], Operation | Pause]) -> None:
        try:
            said = move()
        except StopIteration:
            self._done("")
        except ConversationFailedError as error:
            self._done(str(error))
        else:
            self._go_on(said)

    def _go_on(self, said: Operation | Pause) -> None:
        if isinstance(said, Pause):
            self._world.call_at(
                self._world.now_ns + said.pause_ns, lambda: self._advance(lambda: self._conversation.send(None))
            )
        else:
            self._operation = said
            self._give_up_at = self._world.now_ns + self._operator.patience_ns
            self._ask()

    def _ask(self) -> None:
        assert self._operation is not None
        host = self._at if self._at is not None else self._operator.next_manager()
        if host is None:
            self._again("no manager is up")
        else:
            self._world.submit(host, self._operation, self._answered)

    def _answered(self, result: Result) -> None:
        match result:
            case Applied(value=OperationError() as error) | Rejected(error=error):
                self.reason = error.message
                self._advance(lambda: self._conversation.throw(RejectedError(error)))
            case Applied(value=value):
                self.reason = ""
                self._advance(lambda: self._conversation.send(value))
            case _:
                self._again(result.reason)

    def _again(self, reason: str) -> None:
        self.reason = reason
        if self._world.now_ns >= self._give_up_at:
            self._done(reason)
        else:
            self._world.call_at(self._world.now_ns + RETRY_NS, self._ask)


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
    try:
        yield Remove(kind, reference, force)
    except RejectedError as rejected:
        if rejected.error.code is not ErrorCode.NOT_FOUND:
            raise


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
    try:
        yield LeaveSwarm(force=True)
    except RejectedError as rejected:
        if rejected.error.code is not ErrorCode.UNAVAILABLE:
            raise


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
