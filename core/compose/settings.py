"""What an object of a stack is set to, in the words of a Compose file: for plans, which tell what differs.

`settings` gives a flat mapping such as `{"image": "web:2", "environment.COLOR": "blue", "deploy.replicas": "3"}`,
without what is as it would be if nothing were written. Entries of lists go by what tells them apart, such as
`ports[8080/tcp]`. The data of secrets and configs is told by its size alone.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, Final

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec, Subnet
from core.objects.port import PortConfig
from core.objects.secret import SecretSpec
from core.objects.service import ServiceSpec
from core.objects.task import ConfigReference, FileTarget, Mount, NetworkTarget, SecretReference, Ulimit
from core.timing import MS, SECOND

Spec = ServiceSpec | NetworkSpec | SecretSpec | ConfigSpec
Names = Mapping[str, str]
"""The name of each network, secret and config, by its id."""

KEYS: Final[dict[type, dict[str, str]]] = {
    ServiceSpec: {
        "labels": "deploy.labels",
        "mode.replicas": "deploy.replicas",
        "mode.total_completions": "deploy.replicas",
        "mode.max_concurrent": "deploy.max_concurrent",
        "mode": "deploy.mode",
        "update": "deploy.update_config",
        "rollback": "deploy.rollback_config",
        "endpoint.mode": "deploy.endpoint_mode",
        "endpoint.ports": "ports",
        "task.reservations": "deploy.resources.reservations",
        "task.limits": "deploy.resources.limits",
        "task.restart": "deploy.restart_policy",
        "task.placement.max_replicas": "deploy.placement.max_replicas_per_node",
        "task.placement": "deploy.placement",
        "task.networks": "networks",
        "task.log_driver.name": "logging.driver",
        "task.log_driver": "logging",
        "task.force_update": "forced updates",
        "task.container.command": "entrypoint",
        "task.container.args": "command",
        "task.container.env": "environment",
        "task.container.dir": "working_dir",
        "task.container.open_stdin": "stdin_open",
        "task.container.mounts": "volumes",
        "task.container.health": "healthcheck",
        "task.container.hosts": "extra_hosts",
        "task.container.dns_nameservers": "dns",
        "task.container.capability_add": "cap_add",
        "task.container.capability_drop": "cap_drop",
        "task.container": "",
    },
    NetworkSpec: {"options": "driver_opts", "subnets": "ipam.config"},
}
"""What a Compose file calls a field, where that is something else; the longest path that fits counts."""

_SEPARATELY: Final = frozenset({"task.container.env"})
"""Lists of `name=value`."""
_NOTHING: Final = "-"
_UNITS: Final = ((SECOND, "s"), (MS, "ms"), (1_000, "us"), (1, "ns"))


def settings(spec: Spec, names: Names) -> dict[str, str]:
    """All that is not as it would be if nothing were written, but for the name, by its key in a Compose file."""
    keys = KEYS.get(type(spec), {})
    found: dict[str, str] = {}
    for path, text in _of_fields(spec, "", names):
        if path != "name":
            found[_key(path, keys)] = text
    return found


def _key(path: str, keys: Mapping[str, str]) -> str:
    end = len(path)
    while end > 0 and path[:end] not in keys:
        end = max(path.rfind(".", 0, end), path.rfind("[", 0, end))
    if end <= 0:
        return path
    return f"{keys[path[:end]]}{path[end:]}".removeprefix(".")


def _of_fields(record: Struct, path: str, names: Names) -> Iterator[tuple[str, str]]:
    for field in fields(record):
        value, default = getattr(record, field.name), _default_of(field)
        if value != default:
            name, amount = _AMOUNTS.get(field.name, (field.name.removesuffix("_ns"), None))
            inner = f"{path}.{name}" if path else name
            if amount is not None:
                yield inner, amount(value)
            else:
                yield from _of_value(value, default, inner, field.name, names)


def _of_value(value: Any, default: Any, path: str, field: str, names: Names) -> Iterator[tuple[str, str]]:
    if isinstance(value, Struct):
        inner = list(_of_fields(value, path, names))
        if isinstance(tag := value.__struct_config__.tag, str) and type(value) is not type(default):
            yield path, tag  # one of several kinds
        elif default is None and not inner:
            yield path, "as by default"
        yield from inner
    elif isinstance(value, dict):
        yield from ((f"{path}.{key}", names.get(text, text)) for key, text in sorted(value.items()))
    elif path in _SEPARATELY:
        yield from ((f"{path}.{name}", text) for name, _, text in (each.partition("=") for each in value))
    elif isinstance(value, tuple) and isinstance(value[0], Struct):
        yield from ((f"{path}[{_identity(each, names)}]", _in_short(each, names)) for each in value)
    else:
        yield path, _text(value, field, names)


def _default_of(field: Any) -> Any:
    if field.default_factory is not NODEFAULT:
        return field.default_factory()
    return field.default


def _identity(item: Any, names: Names) -> str:
    return _IDENTITIES.get(type(item), _in_short)(item, names)


def _in_short(record: Struct, names: Names) -> str:
    """A record on one line, as the options of Docker's command line write one."""
    parts = []
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, FileTarget):
            parts.append(_in_short(value, names))
        elif value != _default_of(field) and field.name not in ("secret_name", "config_name"):  # the id says it
            key = "source" if field.name in ("secret_id", "config_id") else field.name.removesuffix("_id")
            parts.append(f"{key}={_text(value, field.name, names)}")
    return ",".join(part for part in parts if part)


def _text(value: Any, field: str, names: Names) -> str:
    if isinstance(value, tuple):
        return " ".join(_word(each) for each in value) or _NOTHING
    if isinstance(value, dict):
        return " ".join(f"{key}={_word(each)}" for key, each in sorted(value.items()))
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, bool):
        return str(value).lower()
    if field.endswith("_ns"):
        return next(f"{value // size_ns}{unit}" for size_ns, unit in _UNITS if value % size_ns == 0)
    if field.endswith("_id"):
        return names.get(value, value)
    return f"{value:04o}" if field == "mode" else str(value)


def _word(text: str) -> str:
    return repr(text) if not text or any(character.isspace() for character in text) else text


_AMOUNTS: Final[dict[str, tuple[str, Callable[[int], str] | None]]] = {
    "nano_cpus": ("cpus", lambda nano_cpus: f"{nano_cpus / 1e9:g}"),
    "memory_bytes": ("memory", lambda size: f"{size >> 20}m" if size % (1 << 20) == 0 else f"{size}"),
}
"""Fields that a Compose file has under another name and in another unit."""
_IDENTITIES: Final[dict[type, Callable[[Any, Names], str]]] = {
    PortConfig: lambda port, _: f"{port.published_port or f'to {port.target_port}'}/{port.protocol.value}",
    Mount: lambda mount, _: mount.target,
    Ulimit: lambda limit, _: limit.name,
    SecretReference: lambda reference, _: reference.file.name,
    ConfigReference: lambda reference, _: reference.file.name,
    NetworkTarget: lambda target, names: names.get(target.network_id, target.network_id),
    Subnet: lambda subnet, _: subnet.subnet,
}
"""What tells the entries of a list apart."""
