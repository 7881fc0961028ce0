"""What a Compose file amounts to: everything a deployment needs, with references still by name."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.ids import ConfigId, NetworkId, SecretId
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec
from core.objects.secret import SecretSpec
from core.objects.service import ServiceSpec
from core.objects.task import ConfigReference, FileTarget, NetworkTarget, SecretReference
from core.operations import Kind

NAMESPACE_LABEL = "com.docker.stack.namespace"
"""Every object of a stack carries the stack's name under this label."""
IMAGE_LABEL = "com.docker.stack.image"
"""Services carry the image as written under this label."""


class NamedNetwork(Struct, frozen=True, gc=False):
    """A `NetworkTarget` whose network is known by its full name."""

    name: str
    aliases: tuple[str, ...] = ()
    driver_options: dict[str, str] = {}


class NamedFile(Struct, frozen=True, gc=False):
    """A reference to a secret or config that is known by its full name."""

    name: str
    file: FileTarget


class StackService(Struct, frozen=True, gc=False):
    """A service; `spec` has no networks, secrets and configs until `bind` puts them in."""

    spec: ServiceSpec
    networks: tuple[NamedNetwork, ...] = ()
    secrets: tuple[NamedFile, ...] = ()
    configs: tuple[NamedFile, ...] = ()
    credential_config: str = ""
    """Full name of the config that holds the credential spec, if one does."""


class StackWarning(Struct, frozen=True, gc=False):
    """Something that is written in the file and will not be done."""

    message: str
    path: str = ""


class Stack(Struct, frozen=True, gc=False):
    """A stack: names are full ones (`<stack>_<key>`), objects in the order of their names, services in file order."""

    name: str
    """Empty for objects that belong to no stack."""
    services: tuple[StackService, ...] = ()
    networks: tuple[NetworkSpec, ...] = ()
    secrets: tuple[SecretSpec, ...] = ()
    configs: tuple[ConfigSpec, ...] = ()
    external_networks: tuple[str, ...] = ()
    """Networks that must exist already; likewise the next two."""
    external_secrets: tuple[str, ...] = ()
    external_configs: tuple[str, ...] = ()
    warnings: tuple[StackWarning, ...] = ()

    @property
    def externals(self) -> tuple[tuple[Kind, str], ...]:
        """All that must exist already."""
        named = zip(_KINDS, (self.external_networks, self.external_secrets, self.external_configs), strict=True)
        return tuple((kind, name) for kind, names in named for name in names)

    @property
    def declared(self) -> tuple[tuple[Kind, str], ...]:
        """All that is made if it does not exist, besides the services."""
        return tuple((kind, spec.name) for kind, spec in self.declared_specs)

    @property
    def declared_specs(self) -> tuple[tuple[Kind, NetworkSpec | SecretSpec | ConfigSpec], ...]:
        """The same with what each is to be."""
        specs: tuple[tuple[NetworkSpec | SecretSpec | ConfigSpec, ...], ...] = (
            self.networks,
            self.secrets,
            self.configs,
        )
        return tuple((kind, spec) for kind, each in zip(_KINDS, specs, strict=True) for spec in each)


_KINDS: Final = (Kind.NETWORK, Kind.SECRET, Kind.CONFIG)


def bind(
    service: StackService,
    network_ids: Mapping[str, NetworkId],
    secret_ids: Mapping[str, SecretId],
    config_ids: Mapping[str, ConfigId],
) -> ServiceSpec:
    """The service's spec with its references resolved. The mappings go from full names and must hold every one."""
    container = service.spec.task.container
    credential_spec = container.credential_spec
    if service.credential_config:
        credential_spec = {"config": config_ids[service.credential_config]}
    bound = replace(
        container,
        secrets=tuple(SecretReference(secret_ids[named.name], named.name, named.file) for named in service.secrets),
        configs=tuple(ConfigReference(config_ids[named.name], named.name, named.file) for named in service.configs),
        credential_spec=credential_spec,
    )
    networks = tuple(NetworkTarget(network_ids[net.name], net.aliases, net.driver_options) for net in service.networks)
    return replace(service.spec, task=replace(service.spec.task, container=bound, networks=networks))
