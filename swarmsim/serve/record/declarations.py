"""What declares objects of a swarm, in the words of a scenario: a verb for what it changes, else a file to deploy."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from core.compose.stack import NAMESPACE_LABEL, NamedFile, NamedNetwork, Stack, StackService
from core.objects.service import Replicated, Service, ServiceSpec
from core.operations import (
    CreateConfig,
    CreateNetwork,
    CreateSecret,
    CreateService,
    Kind,
    UpdateConfig,
    UpdateSecret,
    UpdateService,
)
from core.store import Store
from swarmsim.scenario.steps import Action, Deploy, ForceUpdate, Rollback, Scale, Update
from swarmsim.serve.record.said import HostOf, Said, Unsaid, found


def create_service(operation: CreateService, store: Store, host_of: HostOf) -> Said:
    """A service is declared."""
    yield _deploy_service(operation.spec, store)


def update_service(operation: UpdateService, store: Store, host_of: HostOf) -> Said:
    """A service is declared otherwise, or goes back to what it was."""
    before = found(store, Kind.SERVICE, operation.id)
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
    stored: Any = found(store, kind, reference)
    return reference if stored is None else str(stored.spec.name)


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


def create_network(operation: CreateNetwork, store: Store, host_of: HostOf) -> Said:
    """A network is declared."""
    yield _deploy(operation.spec, networks=(operation.spec,))


def create_secret(operation: CreateSecret, store: Store, host_of: HostOf) -> Said:
    """A secret is stored."""
    yield _deploy(operation.spec, secrets=(operation.spec,))


def create_config(operation: CreateConfig, store: Store, host_of: HostOf) -> Said:
    """A config is stored."""
    yield _deploy(operation.spec, configs=(operation.spec,))


def update_secret(operation: UpdateSecret, store: Store, host_of: HostOf) -> Said:
    """A secret gets other labels."""
    yield _deploy(operation.spec, secrets=(_with_data(store, Kind.SECRET, operation.id, operation.spec),))


def update_config(operation: UpdateConfig, store: Store, host_of: HostOf) -> Said:
    """So does a config."""
    yield _deploy(operation.spec, configs=(_with_data(store, Kind.CONFIG, operation.id, operation.spec),))


def _with_data(store: Store, kind: Kind, reference: str, spec: Any) -> Any:
    """An update may leave out what cannot change."""
    stored: Any = found(store, kind, reference)
    return spec if stored is None else replace(spec, name=stored.spec.name, data=stored.spec.data)
