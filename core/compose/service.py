"""One service of a Compose file, with what it refers to still by name."""

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from core.compose import deploy_section
from core.compose.container import container, log_driver
from core.compose.declarations import Declared
from core.compose.lists import labels, texts
from core.compose.mounts import Volume
from core.compose.ports import ports
from core.compose.stack import IMAGE_LABEL, NamedFile, NamedNetwork, StackService
from core.compose.surroundings import Surroundings
from core.compose.vocabulary import FORBIDDEN_SERVICE_KEYS, SERVICE_KEYS
from core.document import Value
from core.mistakes import Mistakes, each, gather
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec
from core.objects.port import PortConfig, PublishMode
from core.objects.secret import SecretSpec
from core.objects.service import EndpointMode, EndpointSpec, ServiceSpec
from core.objects.task import FileTarget, TaskSpec
from core.suggestions import did_you_mean

_SERVICE_NAME: Final = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?")
_NETWORK_KEYS: Final = ("aliases", "driver_opts", "ipv4_address", "ipv6_address", "link_local_ips", "priority")


class Declarations(Struct, frozen=True, gc=False):
    """What the services of a file may refer to, by key."""

    networks: Mapping[str, Declared[NetworkSpec]]
    secrets: Mapping[str, Declared[SecretSpec]]
    configs: Mapping[str, Declared[ConfigSpec]]
    volumes: Mapping[str, Volume]


def service(key: str, value: Value, declared: Declarations, around: Surroundings) -> StackService:
    """The service that the file calls `key`."""
    mistakes = Mistakes()
    entries = value.known_fields(mistakes, *SERVICE_KEYS)
    mistakes.attempt(lambda: each(entries.items(), _refuse_forbidden))
    parts = mistakes.attempt(
        lambda: gather(
            {
                "spec": lambda: _spec(_service_name(key, value, around), value, entries, declared, around),
                "networks": lambda: _networks(key, entries, declared.networks),
                "secrets": lambda: _files(entries, "secrets", "secret", declared.secrets),
                "configs": lambda: _files(entries, "configs", "config", declared.configs),
                "credential_config": lambda: _credential_config(entries, declared),
            }
        )
    )
    mistakes.settle()
    assert parts is not None
    return StackService(**parts)


def _credential_config(entries: dict[str, Value], declared: Declarations) -> str:
    """The config that holds the credentials, if one does."""
    section = entries.get("credential_spec")
    if section is None or not section.is_mapping or "config" not in section.mapping():
        return ""
    return _resolved(section, "config", section.mapping()["config"].text(), declared.configs).name


def _refuse_forbidden(entry: tuple[str, Value]) -> None:
    key, value = entry
    if key in FORBIDDEN_SERVICE_KEYS:
        value.fail(f"unsupported option: {FORBIDDEN_SERVICE_KEYS[key]}")


def _service_name(key: str, value: Value, around: Surroundings) -> str:
    name = around.full_name(key)
    if _SERVICE_NAME.fullmatch(name) is None:
        value.fail(f"{name!r} cannot be a service's name: up to 63 letters and digits, with '-' and '_' between them")
    return name


def _spec(
    name: str, value: Value, entries: dict[str, Value], declared: Declarations, around: Surroundings
) -> ServiceSpec:
    mistakes = Mistakes()
    deploy = entries["deploy"].known_fields(mistakes, *deploy_section.DEPLOY_KEYS) if "deploy" in entries else {}
    parts = mistakes.attempt(
        lambda: gather(
            {
                "container": lambda: container(value, entries, dict(declared.volumes), around),
                "log_driver": lambda: log_driver(entries),
                "labels": lambda: deploy_section.service_labels(deploy, around),
                "resources": lambda: deploy_section.resources(deploy, around),
                "restart": lambda: deploy_section.restart_policy(deploy, entries),
                "placement": lambda: deploy_section.placement(deploy, around),
                "mode": lambda: deploy_section.mode(deploy),
                "update": lambda: deploy_section.update_config(deploy, "update_config"),
                "rollback": lambda: deploy_section.update_config(deploy, "rollback_config"),
                "endpoint": lambda: _endpoint(entries, deploy, around),
            }
        )
    )
    mistakes.settle()
    assert parts is not None
    return _assembled(name, parts, around)


def _assembled(name: str, parts: dict[str, Any], around: Surroundings) -> ServiceSpec:
    reservations, limits = parts["resources"]
    return ServiceSpec(
        name=name,
        labels={**around.with_namespace(parts["labels"]), IMAGE_LABEL: parts["container"].image},
        task=TaskSpec(
            container=parts["container"],
            reservations=reservations,
            limits=limits,
            restart=parts["restart"],
            placement=parts["placement"],
            log_driver=parts["log_driver"],
        ),
        mode=parts["mode"],
        update=parts["update"],
        rollback=parts["rollback"],
        endpoint=parts["endpoint"],
    )


def _endpoint(entries: dict[str, Value], deploy: dict[str, Value], around: Surroundings) -> EndpointSpec:
    mode = deploy_section.endpoint_mode(deploy)
    published: tuple[PortConfig, ...] = ports(entries["ports"], around) if "ports" in entries else ()
    if mode is EndpointMode.DNSRR and any(port.publish_mode is PublishMode.INGRESS for port in published):
        deploy["endpoint_mode"].fail("a service in mode dnsrr can only publish its ports in mode host")
    return EndpointSpec(mode, published)


def _networks(
    key: str, entries: dict[str, Value], declared: Mapping[str, Declared[NetworkSpec]]
) -> tuple[NamedNetwork, ...]:
    section = entries.get("networks")
    if section is None or section.raw in (None, [], {}):
        return (NamedNetwork(declared["default"].name, (key,)),)
    attached = each(_attachments(section).items(), lambda named: _attached(key, *named, declared))
    return tuple(sorted(attached, key=lambda network: network.name))


def _attached(key: str, network_key: str, value: Value, declared: Mapping[str, Declared[NetworkSpec]]) -> NamedNetwork:
    entry = value.fields(*_NETWORK_KEYS)
    aliases = texts(entry["aliases"]) if "aliases" in entry else ()
    options = labels(entry["driver_opts"]) if "driver_opts" in entry else {}
    network = _resolved(value, "network", network_key, declared)
    return NamedNetwork(network.name, (*aliases, key), options)


def _attachments(section: Value) -> dict[str, Value]:
    if section.is_list:
        return {item.text(): Value(item.path, None) for item in section.items()}
    return section.mapping()


def _files(
    entries: dict[str, Value],
    section: str,
    kind: str,
    declared: Mapping[str, Declared[SecretSpec]] | Mapping[str, Declared[ConfigSpec]],
) -> tuple[NamedFile, ...]:
    found: dict[str, NamedFile] = {}

    def add(item: Value) -> None:
        source, file = (item.text(), FileTarget(item.text())) if item.is_text else _long_file(item)
        if file.name in found:
            item.fail(f"two {section} would be at {file.name!r}")
        found[file.name] = NamedFile(_resolved(item, kind, source, declared).name, file)

    each(entries[section].items() if section in entries else [], add)
    return tuple(sorted(found.values(), key=lambda named: (named.name, named.file.name)))


def _long_file(item: Value) -> tuple[str, FileTarget]:
    entries = item.fields("source", "target", "uid", "gid", "mode", required=["source"])
    source = entries["source"].text()
    default = FileTarget(entries["target"].text() if "target" in entries else source)
    return source, FileTarget(
        name=default.name,
        uid=entries["uid"].scalar_text() if "uid" in entries else default.uid,
        gid=entries["gid"].scalar_text() if "gid" in entries else default.gid,
        mode=entries["mode"].integer(0, 0o7777) if "mode" in entries else default.mode,
    )


def _resolved(
    place: Value,
    kind: str,
    key: str,
    declared: Mapping[str, Declared[NetworkSpec]]
    | Mapping[str, Declared[SecretSpec]]
    | Mapping[str, Declared[ConfigSpec]],
) -> Declared[NetworkSpec] | Declared[SecretSpec] | Declared[ConfigSpec]:
    found = declared.get(key)
    if found is None:
        place.fail(f"{kind} {key!r} is not declared under the top-level {kind}s{did_you_mean(key, declared)}")
    return found
