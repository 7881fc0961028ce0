"""From parsed Compose files to a `Stack`, by the rules of `docker stack deploy`.

Order: interpolate each file, check its version, merge, read the declarations, then the services. What cannot be meant
raises `DocumentError` with its path, everything of the kind that can be found in one go at once; what can be meant but
will not be done becomes a warning.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from core.compose import declarations
from core.compose.declarations import Declared
from core.compose.interpolation import interpolate, unset_variables
from core.compose.merging import merge
from core.compose.service import Declarations, service
from core.compose.stack import Stack, StackService
from core.compose.surroundings import FileReader, Surroundings
from core.compose.vocabulary import DEPRECATED_SERVICE_KEYS, IGNORED_SERVICE_KEYS, TOP_LEVEL_KEYS, VERSIONS
from core.document import Value
from core.mistakes import DocumentError, Mistakes
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec
from core.objects.secret import SecretSpec

Spec = TypeVar("Spec", NetworkSpec, SecretSpec, ConfigSpec)

_STACK_NAME: Final = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9_-]*[a-zA-Z0-9])?")


def load(
    documents: Sequence[object],
    read_file: FileReader,
    *,
    name: str = "",
    environment: Mapping[str, str] | None = None,
    directory: str = "/",
    unset_because: str = "",
) -> Stack:
    """The stack that these parsed files describe, later ones over earlier ones.

    `name` comes before the files' own; `environment` is for variables, and `unset_because` is told with those that are
    not in it; `read_file` reads `file:` and `env_file:`; `directory` is where relative bind mounts start.
    """
    environment = environment or {}
    root = Value("", _merged(documents, environment))
    mistakes = Mistakes()
    sections = root.known_fields(mistakes, *TOP_LEVEL_KEYS, required=["services"])
    around = Surroundings(
        mistakes.attempt(lambda: _stack_name(name, sections)) or "unnamed",
        directory,
        environment,
        read_file,
        unset_because,
    )
    around.mistakes = mistakes
    for variable in dict.fromkeys(unset_variables(root.raw)):
        around.warn(f"{around.is_not_set(variable)}, so it is empty")
    declared = _declarations(sections, around)
    services = _services(sections.get("services", Value("services", None)), declared, around)
    mistakes.settle()
    return _stack(services, declared, around)


def _services(section: Value, declared: Declarations, around: Surroundings) -> tuple[StackService, ...]:
    written = around.mistakes.attempt(section.mapping)
    if written == {} and not around.mistakes.found:
        section.fail("no service is declared")
    around.mistakes.attempt(lambda: _warn_of_unsupported(written or {}, around))
    found = [
        around.mistakes.attempt(partial(service, key, value, declared, around))
        for key, value in (written or {}).items()
    ]
    return tuple(each for each in found if each is not None)


def _merged(documents: Sequence[object], environment: Mapping[str, str]) -> object:
    merged: object = {}
    versions: list[str] = []
    for document in documents:
        if not isinstance(document, dict):
            raise DocumentError("", "a Compose file must be a mapping with the key 'services'")
        versions.append(_version(document))
        sections = {key: section for key, section in document.items() if not str(key).startswith("x-")}
        merged = merge(merged, interpolate(sections, "", environment))
    if len(set(versions)) > 1:
        raise DocumentError("version", f"the files have different versions: {', '.join(versions)}")
    return merged


def _version(document: dict[object, object]) -> str:
    version = document.get("version", VERSIONS[-1])
    if not isinstance(version, str):
        raise DocumentError("version", f"must be text; write it in quotes: '{version}'")
    if version not in VERSIONS:
        possible = f"write {VERSIONS[0]} to {VERSIONS[-1]}, or no version at all"
        raise DocumentError("version", f"unsupported Compose file version: {version!r}; {possible}")
    return version


def _stack_name(name: str, sections: dict[str, Value]) -> str:
    place = Value("", name) if name else sections.get("name", Value("", None))
    if place.is_null:
        place.fail("the stack has no name: give one, or write a top-level 'name'")
    if _STACK_NAME.fullmatch(place.text()) is None:
        place.fail(f"{place.text()!r} cannot be a stack's name: letters and digits, with '-' and '_' between them")
    return place.text()


def _declarations(sections: dict[str, Value], around: Surroundings) -> Declarations:
    def section(key: str) -> Value:
        return sections.get(key, Value(key, None))

    return Declarations(
        networks=declarations.networks(section("networks"), around),
        secrets=declarations.secrets(section("secrets"), around),
        configs=declarations.configs(section("configs"), around),
        volumes=declarations.volumes(section("volumes"), around),
    )


def _warn_of_unsupported(services: dict[str, Value], around: Surroundings) -> None:
    used = [key for value in services.values() if value.is_mapping for key in value.mapping()]
    ignored = sorted(set(used).intersection(IGNORED_SERVICE_KEYS))
    if ignored:
        around.warn(f"Ignoring unsupported options: {', '.join(ignored)}")
    deprecated = [f"{key} ({reason})" for key, reason in DEPRECATED_SERVICE_KEYS.items() if key in used]
    if deprecated:
        around.warn(f"Ignoring deprecated options: {', '.join(deprecated)}")


def _stack(services: tuple[StackService, ...], declared: Declarations, around: Surroundings) -> Stack:
    # A network that no service uses is not made, as in Docker; secrets and configs always are.
    used = {network.name for each in services for network in each.networks}
    networks = [network for network in declared.networks.values() if network.name in used]
    return Stack(
        name=around.stack,
        services=services,
        networks=_to_make(networks),
        secrets=_to_make(declared.secrets.values()),
        configs=_to_make(declared.configs.values()),
        external_networks=_external(networks),
        external_secrets=_external(declared.secrets.values()),
        external_configs=_external(declared.configs.values()),
        warnings=tuple(around.warnings),
    )


def _to_make(declared: Iterable[Declared[Spec]]) -> tuple[Spec, ...]:
    return tuple(sorted((each.spec for each in declared if each.spec is not None), key=lambda spec: spec.name))


def _external(declared: Iterable[Declared[Spec]]) -> tuple[str, ...]:
    return tuple(sorted(each.name for each in declared if each.spec is None))
