"""What clients ask of a swarm, in the words of a scenario, as far as it has words for that.

An operation is read against the store as it was when it was asked: only what it changes is said. What has a verb of its
own is said by that (`scale`, `drain`, `rollback`, …); what declares an object is deployed from a file of objects.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from core.objects.cluster import Cluster
from core.objects.node import Availability, Node, Role
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
    Drain,
    ForceNewCluster,
    Leave,
    Promote,
    Rejoin,
    RemoveConfig,
    RemoveNetwork,
    RemoveNode,
    RemoveSecret,
    RemoveService,
    RotateTokens,
    Unlock,
)
from swarmsim.scenario.targets import Host
from swarmsim.serve.record.declarations import (
    create_config,
    create_network,
    create_secret,
    create_service,
    update_config,
    update_secret,
    update_service,
)
from swarmsim.serve.record.said import HostOf, Said, Unsaid, found


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


# --- members and the swarm itself


def _update_node(operation: UpdateNode, store: Store, host_of: HostOf) -> Said:
    before, host = found(store, Kind.NODE, operation.id), host_of(operation.id)
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
    stored: Any = found(store, operation.kind, operation.reference)
    if stored is None:
        yield Unsaid(f"removal of {operation.kind.value} {operation.reference}, which nobody knows")
    elif operation.kind in _REMOVALS:
        yield _REMOVALS[operation.kind](stored.spec.name)
    elif operation.kind is Kind.NODE:
        host = host_of(stored.id)
        yield (
            Unsaid(f"removal of a node that {stored.description.hostname} was: 'rejoin' removes it by itself")
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


WRITES: Final[dict[type, Callable[[Any, Store, HostOf], Said]]] = {
    CreateService: create_service,
    UpdateService: update_service,
    CreateNetwork: create_network,
    CreateSecret: create_secret,
    CreateConfig: create_config,
    UpdateSecret: update_secret,
    UpdateConfig: update_config,
    UpdateNode: _update_node,
    UpdateCluster: _update_cluster,
    Remove: _remove,
}
"""Whatever is written through a manager."""
