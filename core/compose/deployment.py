"""Deploying a stack: a machine that says which operation to ask the swarm for next, and takes its answer.

States: *looking up* (lists networks, secrets, configs and services, and refuses what contradicts them), *making*
(prunes if asked to, then creates the networks, secrets and configs that are missing and gives secrets and configs the
file's labels), *services* (creates or updates each, with all references resolved), *ended*. One operation is under way
at a time, so that simulator, command line and API drive it alike.

Deploying again changes only what differs: networks are left as they are, a secret or config gets other labels, and with
other data is refused (data never changes, only its name can); a service is updated if its spec differs, its
`force_update` kept. No swarm shows the data of a secret, so that is sent along for the leader to compare: it writes
nothing if nothing differs.
If the swarm changes under our feet (a name is suddenly taken, a version is out of sequence) it looks everything up
afresh, a bounded number of times. A deployment is not atomic: what was done before a failure stays, and deploying
again carries on from there. Left out: waiting for the services to converge.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from core.compose.stack import NAMESPACE_LABEL, Stack, StackService, bind
from core.ids import ConfigId, NetworkId, SecretId
from core.objects.config import Config, ConfigSpec
from core.objects.network import Network
from core.objects.secret import Secret, SecretSpec
from core.objects.service import Service, ServiceSpec
from core.operations import (
    Answer,
    CreateConfig,
    CreateNetwork,
    CreateSecret,
    CreateService,
    ErrorCode,
    Kind,
    ListObjects,
    Operation,
    OperationError,
    Remove,
    UpdateConfig,
    UpdateSecret,
    UpdateService,
)


class Done(Enum):
    """What a deployment did with an object."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


class Change(Struct, frozen=True, gc=False):
    """What was done with one object, by its full name."""

    kind: Kind
    name: str
    done: Done


class Deployed(Struct, frozen=True, gc=False):
    """Everything is as the stack says."""

    changes: tuple[Change, ...]


class DeploymentFailed(Struct, frozen=True, gc=False):
    """The deployment stopped; `error` is the swarm's refusal if that was why. `changes` were made before."""

    message: str
    error: OperationError | None = None
    changes: tuple[Change, ...] = ()


class _ContradictionError(Exception):
    """Inside this module: the stack contradicts what the swarm holds already."""


Spec = TypeVar("Spec", SecretSpec, ConfigSpec)
_Listed = Network | Secret | Config | Service
_LISTED_KINDS: Final = (Kind.NETWORK, Kind.SECRET, Kind.CONFIG, Kind.SERVICE)
_CHANGED_UNDER_US: Final = (ErrorCode.ALREADY_EXISTS, ErrorCode.OUT_OF_SEQUENCE, ErrorCode.NOT_FOUND)
_MAX_LOOK_UPS: Final = 5


class Deployment:
    """One deployment of one stack."""

    __slots__ = ("_changes", "_found", "_look_up_count", "_operations", "_prune", "_under_way", "outcome", "stack")

    def __init__(self, stack: Stack, *, prune: bool = False) -> None:
        self.stack = stack
        self.outcome: Deployed | DeploymentFailed | None = None
        """None until it has ended."""
        self._prune = prune
        self._look_up_count = 0
        self._changes: dict[tuple[Kind, str], Done] = {}
        self._found: dict[Kind, dict[str, _Listed]] = {}
        self._operations: Iterator[Operation] = iter(())
        self._under_way: Operation | None = None

    def start(self) -> Operation | None:
        """The first operation to ask for."""
        assert self._look_up_count == 0, "a deployment starts once"
        return self._look_up()

    def step(self, answer: Answer | OperationError) -> Operation | None:
        """The next operation, given the answer to the last; None once `outcome` is there."""
        assert self._under_way is not None, "nothing was asked"
        if isinstance(answer, OperationError):
            return self._on_refused(answer)
        if isinstance(self._under_way, ListObjects):
            self._on_listed(self._under_way.kind, answer)
        else:
            self._on_written(self._under_way, answer)
        return self._next()

    def check_invariants(self) -> None:
        """Exactly one of: something under way, ended, not started."""
        started = self._look_up_count > 0
        assert (self._under_way is not None) == (started and self.outcome is None)

    def _look_up(self) -> Operation | None:
        self._look_up_count += 1
        self._operations = self._plan()
        return self._next()

    def _next(self) -> Operation | None:
        try:
            self._under_way = next(self._operations, None)
        except _ContradictionError as refusal:
            self._fail(str(refusal), None)
            return None
        if self._under_way is None:
            self.outcome = Deployed(self._changes_so_far())
        return self._under_way

    def _plan(self) -> Iterator[Operation]:
        # A generator over our own state: each answer is in `_found` before the next operation is drawn.
        for kind in _LISTED_KINDS:
            yield ListObjects(kind)
        self._check_external()
        self._check_present()
        yield from self._removals()
        yield from self._networks()
        yield from self._payloads(Kind.SECRET, self.stack.secrets, CreateSecret, UpdateSecret)
        yield from self._payloads(Kind.CONFIG, self.stack.configs, CreateConfig, UpdateConfig)
        for service in self.stack.services:
            yield from self._write_service(service)

    def _check_external(self) -> None:
        for kind, name in self.stack.externals:
            if name not in self._found[kind]:
                raise _ContradictionError(f"external {kind.value} {name!r} does not exist in the swarm")

    def _check_present(self) -> None:
        for network in self.stack.networks:
            self._check_ours(Kind.NETWORK, network.name, "declare it external")
        for service in self.stack.services:
            self._check_ours(Kind.SERVICE, service.spec.name, "give one of them another name")
        for secret in self.stack.secrets:
            self._check_data(Kind.SECRET, secret.name, secret.data)
        for config in self.stack.configs:
            self._check_data(Kind.CONFIG, config.name, config.data)

    def _check_data(self, kind: Kind, name: str, data: bytes) -> None:
        found = self._found[kind].get(name)
        # A secret's data may be withheld from whoever lists it: then the leader compares it.
        if isinstance(found, Secret | Config) and found.spec.data not in (data, b""):
            raise _ContradictionError(f"{kind.value} {name!r} exists with other data, which cannot change: rename it")

    def _check_ours(self, kind: Kind, name: str, advice: str) -> None:
        found = self._found[kind].get(name)
        if found is not None and not self._is_ours(found):
            raise _ContradictionError(f"{kind.value} {name!r} exists and is not of this stack: {advice}")

    def _removals(self) -> Iterator[Operation]:
        if not self._prune:
            return
        wanted = {service.spec.name for service in self.stack.services}
        for name, service in list(self._found[Kind.SERVICE].items()):
            if self._is_ours(service) and name not in wanted:
                yield Remove(Kind.SERVICE, service.id)

    def _networks(self) -> Iterator[Operation]:
        for spec in self.stack.networks:
            if spec.name in self._found[Kind.NETWORK]:
                self._note(Kind.NETWORK, spec.name, Done.UNCHANGED)
            else:
                yield CreateNetwork(spec)

    def _payloads(
        self,
        kind: Kind,
        specs: Iterable[Spec],
        create: Callable[[Spec], Operation],
        update: Callable[[str, int, Spec], Operation],
    ) -> Iterator[Operation]:
        for spec in specs:
            found = self._found[kind].get(spec.name)
            if found is None:
                yield create(spec)
            elif found.spec == spec:
                self._note(kind, spec.name, Done.UNCHANGED)
            else:  # other labels, or data that is not shown
                yield update(found.id, found.version, spec)

    def _write_service(self, service: StackService) -> Iterator[Operation]:
        name = service.spec.name
        spec = bind(
            service,
            {each: NetworkId(found.id) for each, found in self._found[Kind.NETWORK].items()},
            {each: SecretId(found.id) for each, found in self._found[Kind.SECRET].items()},
            {each: ConfigId(found.id) for each, found in self._found[Kind.CONFIG].items()},
        )
        found = self._found[Kind.SERVICE].get(name)
        if found is None:
            yield CreateService(spec)
            return
        assert isinstance(found, Service)
        spec = _with_force_update_of(found, spec)
        if spec == found.spec:
            self._note(Kind.SERVICE, name, Done.UNCHANGED)
        else:
            yield UpdateService(found.id, found.version, spec)

    def _is_ours(self, found: _Listed) -> bool:
        return found.spec.labels.get(NAMESPACE_LABEL, "") == self.stack.name

    def _on_listed(self, kind: Kind, answer: Answer) -> None:
        assert isinstance(answer, tuple)
        self._found[kind] = {found.spec.name: found for found in answer if isinstance(found, _Listed)}

    def _on_written(self, operation: Operation, answer: Answer) -> None:
        if isinstance(operation, Remove):
            removed = next(name for name, each in self._found[operation.kind].items() if each.id == operation.reference)
            self._note(operation.kind, removed, Done.REMOVED)
            return
        if isinstance(operation, UpdateService):
            self._note(Kind.SERVICE, operation.spec.name, Done.UPDATED)
            return
        if isinstance(operation, UpdateSecret | UpdateConfig):
            kind = _kind_of(operation)
            before = self._found[kind][operation.spec.name].spec.labels
            done = Done.UNCHANGED if before == operation.spec.labels else Done.UPDATED
            self._note(kind, operation.spec.name, done)
            return
        assert isinstance(answer, str)
        kind, made = _CREATED[type(operation)](operation, answer)
        self._found[kind][made.spec.name] = made
        self._note(kind, made.spec.name, Done.CREATED)

    def _on_refused(self, error: OperationError) -> Operation | None:
        if error.code in _CHANGED_UNDER_US and self._look_up_count < _MAX_LOOK_UPS:
            return self._look_up()
        self._fail(_about(self._under_way, error.message), error)
        return None

    def _fail(self, message: str, error: OperationError | None) -> None:
        self._under_way = None
        self.outcome = DeploymentFailed(message, error, self._changes_so_far())

    def _note(self, kind: Kind, name: str, done: Done) -> None:
        # What this deployment made stays "created" when a later look-up finds it there.
        if done is not Done.UNCHANGED or (kind, name) not in self._changes:
            self._changes[kind, name] = done

    def _changes_so_far(self) -> tuple[Change, ...]:
        return tuple(Change(kind, name, done) for (kind, name), done in self._changes.items())


def _about(refused: Operation | None, message: str) -> str:
    """A refusal, with the name of what it is about: the swarm does not always say it."""
    match refused:
        case UpdateSecret() | UpdateConfig():
            called = f"{_kind_of(refused).value} {refused.spec.name!r}"
            return f"failed to update {called}: {message}; give other data another name"
        case CreateService() | UpdateService():
            named = f"service {refused.spec.name}"
            return message if message.startswith(named) else f"{named}: {message}"
    return message


def _kind_of(operation: UpdateSecret | UpdateConfig) -> Kind:
    return Kind.SECRET if isinstance(operation, UpdateSecret) else Kind.CONFIG


def _with_force_update_of(found: Service, spec: ServiceSpec) -> ServiceSpec:
    return replace(spec, task=replace(spec.task, force_update=found.spec.task.force_update))


_CREATED: Final[dict[type, Callable[..., tuple[Kind, _Listed]]]] = {
    CreateNetwork: lambda operation, made_id: (Kind.NETWORK, Network(made_id, operation.spec)),
    CreateSecret: lambda operation, made_id: (Kind.SECRET, Secret(made_id, operation.spec)),
    CreateConfig: lambda operation, made_id: (Kind.CONFIG, Config(made_id, operation.spec)),
    CreateService: lambda operation, made_id: (Kind.SERVICE, Service(made_id, operation.spec)),
}
"""What is found from then on once a Create was answered with the new object's id."""
