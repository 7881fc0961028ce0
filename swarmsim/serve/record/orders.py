"""What clients ask of a swarm, in the words of a scenario, as far as it has words for that.

An operation is read against the store as it was when it was asked: only what it changes is said. What has a verb of its
own is said by that (`scale`, `drain`, `rollback`, …); what declares an object is deployed from a file of objects.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from core.compose.stack import NAMESPACE_LABEL, NamedFile, NamedNetwork, Stack, StackService
from core.manager.control.references import resolve
from core.manager.control.refusal import Refusal
from core.objects.cluster import Cluster
from core.objects.node import Availability, Node, Role
from core.objects.service import Replicated, Service, ServiceSpec
from core.operations import (
    CreateConfig,
    CreateNetwork,
    CreateSecret,
    CreateService,
    InitSwarm,
    JoinSwarm,
    Kind,
    LeaveSwarm,
    Operation,
    Query,
    Remove,
    UnlockSwarm,
    UpdateCluster,
    UpdateConfig,
    UpdateNode,
    UpdateSecret,
    UpdateService,
)
from core.store import Store
from swarmsim.scenario.steps import (
    Action,
    Activate,
    Autolock,
    Demote,
    Deploy,
    Drain,
    ForceNewCluster,
    ForceUpdate,
    Leave,
    Promote,
    Rejoin,
    RemoveConfig,
    RemoveNetwork,
    RemoveNode,
    RemoveSecret,
    RemoveService,
    Rollback,
    RotateTokens,
    Scale,
    Unlock,
    Update,
)
from swarmsim.scenario.targets import Host


class Unsaid(Struct, frozen=True):
    """Something that no step says: what, in a few words, and why if that is not plain."""

    text: str


Said = Iterator[Action | Unsaid]
HostOf = Callable[[str], str | None]
"""The host that is a node by this id just now; None if no host is."""


def changes_nothing(operation: Operation) -> bool:
    """Whether there is nothing to say of it."""
    return isinstance(operation, Query)


def said_of(operation: Operation, host: str, store: Store | None, host_of: HostOf) -> Said:
    """How it is said that `host` was asked for this. `store` is what the swarm knows by then, None if nobody can tell.

    The file that a `deploy` names is left open.
    """
    match operation:
        case InitSwarm(force_new_cluster=True):
            yield ForceNewCluster(Host(host))
        case LeaveSwarm():
            yield Leave(Host(host))
        case UnlockSwarm():
            yield Unlock(Host(host))
        case JoinSwarm(token=token) if store is not None and store.cluster is not None:
            yield from _joined(host, token, store.cluster)
        case _ if store is None or isinstance(operation, InitSwarm | JoinSwarm):
            yield Unsaid(f"{_verb(operation)} on {host}: no step says this")
        case _:
            yield from WRITES[type(operation)](operation, store, host_of)


def _verb(operation: Operation) -> str:
    return str(operation.__struct_config__.tag)


def _joined(host: str, token: str, cluster: Cluster) -> Said:
    is_manager = token == cluster.tokens.manager
    if is_manager is host.startswith("m"):
        yield Rejoin(Host(host))
    else:
        as_what = "manager" if is_manager else "worker"
        yield Unsaid(f"{host} joins as a {as_what}: 'rejoin' would have it join as its name says")


# --- services


def _create_service(operation: CreateService, store: Store, host_of: HostOf) -> Said:
    yield _deploy_service(operation.spec, store)


def _update_service(operation: UpdateService, store: Store, host_of: HostOf) -> Said:
    before = _found(store, Kind.SERVICE, operation.id)
    if not isinstance(before, Service):
        yield Unsaid(f"update of service {operation.id}, which nobody knows")
    elif operation.rollback:
        yield Rollback(before.spec.name)
    else:
        yield from _respecified(before.spec, operation.spec, store)


def _respecified(old: ServiceSpec, new: ServiceSpec, store: Store) -> Said:
    container = new.task.container
    unforced = replace(new, task=replace(new.task, force_update=old.task.force_update))
    imaged = replace(old, task=replace(old.task, container=replace(old.task.container, image=container.image)))
    if unforced == old:
        pass
    elif isinstance(new.mode, Replicated) and unforced == replace(old, mode=new.mode):
        yield Scale(old.name, new.mode.replicas)
    elif unforced == imaged:
        yield Update(old.name, container.image)
    else:
        yield _deploy_service(unforced, store)
    if new.task.force_update != old.task.force_update:
        yield ForceUpdate(old.name)


def _unbound(spec: ServiceSpec, store: Store) -> StackService:
    """The spec with its references by name."""
    container = spec.task.container
    credential_config = container.credential_spec.get("config", "")
    bare = replace(
        container,
        secrets=(),
        configs=(),
        credential_spec={} if credential_config else container.credential_spec,
    )
    return StackService(
        replace(spec, task=replace(spec.task, networks=(), container=bare)),
        tuple(
            NamedNetwork(_name(store, Kind.NETWORK, each.network_id), each.aliases, each.driver_options)
            for each in spec.task.networks
        ),
        tuple(NamedFile(_name(store, Kind.SECRET, each.secret_id), each.file) for each in container.secrets),
        tuple(NamedFile(_name(store, Kind.CONFIG, each.config_id), each.file) for each in container.configs),
        _name(store, Kind.CONFIG, credential_config) if credential_config else "",
    )


def _name(store: Store, kind: Kind, reference: str) -> str:
    found: Any = _found(store, kind, reference)
    return reference if found is None else str(found.spec.name)


def _deploy_service(spec: ServiceSpec, store: Store) -> Action:
    service = _unbound(spec, store)
    credential_config = (service.credential_config,) if service.credential_config else ()
    return _deploy(
        spec,
        services=(service,),
        external_networks=_each_once(named.name for named in service.networks),
        external_secrets=_each_once(named.name for named in service.secrets),
        external_configs=_each_once((*(named.name for named in service.configs), *credential_config)),
    )


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _deploy(spec: Any, **objects: Any) -> Action:
    """Deploy objects that are there as this one: of its stack, or of none."""
    return Deploy(spec.name, (), stack=Stack(spec.labels.get(NAMESPACE_LABEL, ""), **objects))


# --- networks, secrets and configs


def _create_network(operation: CreateNetwork, store: Store, host_of: HostOf) -> Said:
    yield _deploy(operation.spec, networks=(operation.spec,))


def _create_secret(operation: CreateSecret, store: Store, host_of: HostOf) -> Said:
    yield _deploy(operation.spec, secrets=(operation.spec,))


def _create_config(operation: CreateConfig, store: Store, host_of: HostOf) -> Said:
    yield _deploy(operation.spec, configs=(operation.spec,))


def _update_secret(operation: UpdateSecret, store: Store, host_of: HostOf) -> Said:
    yield _deploy(operation.spec, secrets=(_with_data(store, Kind.SECRET, operation.id, operation.spec),))


def _update_config(operation: UpdateConfig, store: Store, host_of: HostOf) -> Said:
    yield _deploy(operation.spec, configs=(_with_data(store, Kind.CONFIG, operation.id, operation.spec),))


def _with_data(store: Store, kind: Kind, reference: str, spec: Any) -> Any:
    """An update may leave out what cannot change."""
    found: Any = _found(store, kind, reference)
    return spec if found is None else replace(spec, name=found.spec.name, data=found.spec.data)


# --- members and the swarm itself


def _update_node(operation: UpdateNode, store: Store, host_of: HostOf) -> Said:
    before, host = _found(store, Kind.NODE, operation.id), host_of(operation.id)
    if not isinstance(before, Node) or host is None:
        yield Unsaid(f"update of node {operation.id}, which is no host any more")
        return
    old, new = before.spec, operation.spec
    if new.role is not old.role:
        yield Promote(Host(host)) if new.role is Role.MANAGER else Demote(Host(host))
    if new.availability is not old.availability:
        verb = _AVAILABILITIES.get(new.availability)
        yield Unsaid(f"{host} takes no new tasks (availability pause)") if verb is None else verb(Host(host))
    if replace(new, role=old.role, availability=old.availability) != old:
        yield Unsaid(f"labels of {host}: {new.labels}")


_AVAILABILITIES: Final[dict[Availability, Callable[[Host], Action]]] = {
    Availability.ACTIVE: Activate,
    Availability.DRAIN: Drain,
}


def _update_cluster(operation: UpdateCluster, store: Store, host_of: HostOf) -> Said:
    assert store.cluster is not None, "somebody updates it"
    old, new = store.cluster.spec, operation.spec
    worker, manager = operation.rotate_worker_token, operation.rotate_manager_token
    if worker or manager:
        yield RotateTokens("all" if worker and manager else "worker" if worker else "manager")
    if new.autolock_managers != old.autolock_managers:
        yield Autolock(new.autolock_managers)
    if operation.rotate_unlock_key:
        yield Unsaid("another unlock key")
    if replace(new, autolock_managers=old.autolock_managers) != old:
        yield Unsaid("other settings of the swarm")


def _remove(operation: Remove, store: Store, host_of: HostOf) -> Said:
    found: Any = _found(store, operation.kind, operation.reference)
    if found is None:
        yield Unsaid(f"removal of {operation.kind.value} {operation.reference}, which nobody knows")
    elif operation.kind in _REMOVALS:
        yield _REMOVALS[operation.kind](found.spec.name)
    elif operation.kind is Kind.NODE:
        host = host_of(found.id)
        yield (
            Unsaid(f"removal of a node that {found.description.hostname} was: 'rejoin' removes it by itself")
            if host is None
            else RemoveNode(Host(host))
        )
    else:
        yield Unsaid(f"removal of {operation.kind.value} {operation.reference}: no step says this")


_REMOVALS: Final[dict[Kind, Callable[[str], Action]]] = {
    Kind.SERVICE: RemoveService,
    Kind.SECRET: RemoveSecret,
    Kind.CONFIG: RemoveConfig,
    Kind.NETWORK: RemoveNetwork,
}


def _found(store: Store, kind: Kind, reference: str) -> Any:
    """The object by id, name or prefix, as it is stored; None if there is none, or more than one."""
    try:
        return resolve(store, kind, reference)
    except Refusal:
        return None


WRITES: Final[dict[type, Callable[[Any, Store, HostOf], Said]]] = {
    CreateService: _create_service,
    UpdateService: _update_service,
    CreateNetwork: _create_network,
    CreateSecret: _create_secret,
    CreateConfig: _create_config,
    UpdateSecret: _update_secret,
    UpdateConfig: _update_config,
    UpdateNode: _update_node,
    UpdateCluster: _update_cluster,
    Remove: _remove,
}
"""Whatever is written through a manager."""
